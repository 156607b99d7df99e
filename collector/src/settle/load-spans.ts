/** What settle reads of traces: their spans, and the entries that stand for them. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import type { SettleSpan } from './settle-span.ts';
import { STORED_ENTRY_COLUMNS, type StoredEntry, toLedgerEntry } from './stored-entry.ts';
import { readRows } from './stored-rows.ts';
import { STORED_SPAN_COLUMNS, type StoredSpan, toSettleSpan } from './stored-span.ts';

/** Starts in [fromNs, toNs), in nanoseconds since 1970. */
export interface StartRange {
  readonly fromNs: bigint;
  readonly toNs: bigint;
}

interface TracesQuestion {
  tenant: string;
  traceIds: readonly string[];
  /** Only what starts there: the rest of a table, which is sorted by time, is not read. */
  between?: StartRange;
}

/** Every stored version of every span of these traces. */
export async function loadSpans(store: Store, question: TracesQuestion): Promise<SettleSpan[]> {
  const spans: SettleSpan[] = [];
  const from = `${store.database}.spans`;
  for await (const rows of readTraces<StoredSpan>(store, STORED_SPAN_COLUMNS, from, question)) {
    for (const row of rows) spans.push(toSettleSpan(row));
  }
  return spans;
}

/** Every entry of these traces. */
export async function loadEntries(store: Store, question: TracesQuestion): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  const from = `${store.database}.ledger`;
  for await (const rows of readTraces<StoredEntry>(store, STORED_ENTRY_COLUMNS, from, question)) {
    for (const row of rows) entries.push(toLedgerEntry(row));
  }
  return entries;
}

function readTraces<Row>(
  store: Store,
  columns: string,
  from: string,
  { tenant, traceIds, between }: TracesQuestion,
): AsyncGenerator<Row[]> {
  const isBetween = `AND start_time >= fromUnixTimestamp64Nano({from:Int64}, 'UTC')
       AND start_time < fromUnixTimestamp64Nano({to:Int64}, 'UTC')`;
  const range = { from: String(between?.fromNs ?? 0n), to: String(between?.toNs ?? 0n) };
  return readRows<Row>(
    store,
    `SELECT ${columns} FROM ${from}
     WHERE tenant = {tenant:String} AND trace_id IN {traceIds:Array(String)}
       ${between === undefined ? '' : isBetween}`,
    { tenant, traceIds, ...(between === undefined ? {} : range) },
    // Within a range thousands of ids are in nearly every granule: asking its filter for each costs more than reading.
    between === undefined ? {} : { use_skip_indexes: 0 },
  );
}
