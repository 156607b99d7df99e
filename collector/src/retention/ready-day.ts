/** Whether a day may expire now: settle has passed all of it, and verify finds nothing wrong with it. */
import type { Difference } from '../verify/report.ts';
import type { RetentionDeps, Waiting } from './day-outcome.ts';
import {
  dayAfter,
  type ExpiringTable,
  type StoredDay,
  storedDays,
  unsettledTenants,
} from './stored-days.ts';

/** What of a day can expire, and what has to wait. */
export interface ReadyDay {
  /** What is stored of the tenants whose day is settled. */
  readonly ready: readonly StoredDay[];
  readonly waiting: Partial<Record<Waiting, readonly string[]>>;
  /** Rows received, or recorded, up to here are stored and settled. */
  readonly throughNs: bigint;
}

const NS_PER_MS = 1_000_000n;

/** Looks once everything that came in is stored; nothing may settle meanwhile. */
export async function readyDay(
  deps: RetentionDeps,
  table: ExpiringTable,
  { day, tenants }: { day: string; tenants: readonly string[] },
): Promise<ReadyDay> {
  const { store, nowMs } = deps;
  await deps.stored();
  const markedNs = await deps.settledThroughNs();
  // A mark in the future says that a clock was set back since: what is settled is not known until it has passed.
  const throughNs = markedNs < BigInt(nowMs()) * NS_PER_MS ? markedNs : 0n;
  const stored = await storedDays(store, { table, tenants, from: day, to: dayAfter(day) });
  const unsettled = await unsettledTenants(store, { tenants, day, throughNs });
  const isReady = ({ tenant, lastNs }: StoredDay) => lastNs <= throughNs && !unsettled.has(tenant);
  const late = stored.filter((one) => !isReady(one)).map(({ tenant }) => tenant);
  return {
    ready: stored.filter(isReady),
    waiting: late.length === 0 ? {} : { not_settled: late },
    throughNs,
  };
}

/** A day that is not right is kept: its spans are what shows where the fault is. */
export function heldBack(
  ready: ReadyDay,
  day: string,
  { what, difference }: { what: 'spans' | 'ledger'; difference: Difference },
) {
  const differs = ready.ready.map(({ tenant }) => tenant);
  const waiting = { ...ready.waiting, differs };
  return { what, day, tenants: [], rows: 0, waiting, difference };
}
