/** The rows of `sealed_days`: what of a tenant's day is about to be deleted, and what the ledger says of it. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { entryFacts, type FactsQuestion, HASH_VERSION, spanFacts } from '../verify/day-facts.ts';
import type { Expiring } from './kept-time.ts';

const NO_SPANS = { spans: '0', llm_spans: '0', spans_hash: '0' };
const NO_ENTRIES = {
  entries: '0',
  entries_hash: '0',
  calls: '0',
  unpriced_calls: '0',
  list_usd: '0',
  cost_usd: '0',
  book_versions: [],
  rules_versions: [],
};

interface Sealing extends FactsQuestion {
  readonly expired: Exclude<Expiring, 'content'>;
  readonly sealedAtMs: number;
}

/** Writes a row for each tenant: durable when it resolves. */
export async function sealDay(store: Store, sealing: Sealing): Promise<void> {
  const { day, tenants, throughNs, expired } = sealing;
  const spans = expired === 'spans' ? await spanFacts(store, sealing) : new Map();
  const entries = await entryFacts(store, sealing);
  const rows = tenants.map((tenant) => ({
    tenant,
    day,
    expired,
    through: instantText(throughNs),
    sealed_at: new Date(sealing.sealedAtMs).toISOString(),
    ...NO_SPANS,
    ...spans.get(tenant),
    ...NO_ENTRIES,
    ...entries?.get(tenant),
    hash_version: HASH_VERSION,
  }));
  await store.insertRows(`${store.database}.sealed_days`, rows);
}

/** Notes that the content of these tenants' day is replaced: of so many spans each. */
export async function noteContentGone(
  store: Store,
  note: {
    readonly day: string;
    readonly throughNs: bigint;
    readonly sealedAtMs: number;
    readonly spansOf: ReadonlyMap<string, number>;
  },
): Promise<void> {
  const rows = [...note.spansOf].map(([tenant, spans]) => ({
    tenant,
    day: note.day,
    expired: 'content',
    through: instantText(note.throughNs),
    sealed_at: new Date(note.sealedAtMs).toISOString(),
    ...NO_ENTRIES,
    ...NO_SPANS,
    spans: String(spans),
    hash_version: HASH_VERSION,
  }));
  await store.insertRows(`${store.database}.sealed_days`, rows);
}

/** Tenants whose content of a day is gone, and when that was noted last: `tenant day` → milliseconds since 1970. */
export async function contentGone(store: Store): Promise<ReadonlyMap<string, number>> {
  const rows = await store.query<{ tenant: string; of: string; at: string }>(
    `SELECT tenant, toString(day) AS of, toString(toUnixTimestamp64Milli(max(sealed_at))) AS at
     FROM ${store.database}.sealed_days WHERE expired = 'content' GROUP BY tenant, day`,
  );
  return new Map(rows.map(({ tenant, of, at }) => [contentKey(tenant, of), Number(at)]));
}

export function contentKey(tenant: string, day: string): string {
  return `${tenant} ${day}`;
}

/** RFC 3339 with nine digits of a second. */
function instantText(ns: bigint): string {
  const seconds = new Date(Number(ns / 1_000_000_000n) * 1_000).toISOString().slice(0, 19);
  return `${seconds}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`;
}
