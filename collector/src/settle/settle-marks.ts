/** How far settle is, as it says itself: the rows of `settle_marks`, of which the newest instants count. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';

const NS_PER_MS = 1_000_000n;

/** A row; times are RFC 3339. */
export interface SettleMark {
  readonly through?: string;
  readonly begun?: string;
  readonly stored?: Readonly<Record<string, string>>;
}

/** Up to when received spans are settled; 0 when nothing ever was. */
export async function readThroughNs(store: Store): Promise<bigint> {
  const [row] = await store.query<{ through: string }>(
    `SELECT toUnixTimestamp64Nano(max(through)) AS through FROM ${store.database}.settle_marks`,
  );
  return BigInt(row?.through ?? 0);
}

/** Up to when received spans may have been looked at; 0 when none ever was. */
export async function readBegunNs(store: Store): Promise<bigint> {
  const [row] = await store.query<{ begun: string }>(
    `SELECT toUnixTimestamp64Nano(max(begun)) AS begun FROM ${store.database}.settle_marks`,
  );
  return BigInt(row?.begun ?? 0);
}

export async function insertMark(store: Store, mark: SettleMark, nowMs: number): Promise<void> {
  const row = { ...mark, recorded_at: new Date(nowMs).toISOString() };
  await store.insertRows(`${store.database}.settle_marks`, [row]);
}

export function isoOf(ns: bigint): string {
  return new Date(Number(ns / NS_PER_MS)).toISOString();
}
