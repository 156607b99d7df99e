/**
 * The statements that delete. A mutation within the partition: a part of which all rows go is not read, but replaced by
 * an empty one, so that a day which expires for everybody costs as little as dropping it, and rows that came in
 * meanwhile are left alone. Each can be repeated.
 */
import { PATIENT_CHANGE } from '@ai-cost-profiler/clickhouse/cluster/cluster-settings.ts';
import { changedTable } from '@ai-cost-profiler/clickhouse/cluster/table-places.ts';
import { quoteName, quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';

interface Expired {
  readonly day: string;
  readonly tenants: readonly string[];
  /** Received, or recorded, up to here. */
  readonly throughNs: bigint;
}

const literals = (texts: readonly string[]): string => texts.map(quoteString).join(', ');
const instant = (ns: bigint): string => `fromUnixTimestamp64Nano(toInt64('${ns}'), 'UTC')`;

export async function deleteSpans(
  store: Store,
  { day, tenants, throughNs }: Expired,
): Promise<void> {
  await store.command(
    `ALTER TABLE ${changedTable(store, 'spans')} DELETE IN PARTITION ${quoteString(day)}
     WHERE tenant IN (${literals(tenants)}) AND received_at <= ${instant(throughNs)}`,
    PATIENT_CHANGE,
  );
}

/** The partition is a month: its other days are written anew. */
export async function deleteEntries(
  store: Store,
  { day, tenants, throughNs }: Expired,
): Promise<void> {
  const month = day.slice(0, 7).replace('-', '');
  await store.command(
    `ALTER TABLE ${changedTable(store, 'ledger')} DELETE IN PARTITION ${quoteString(month)}
     WHERE tenant IN (${literals(tenants)}) AND toDate(start_time) = toDate(${quoteString(day)})
       AND recorded_at <= ${instant(throughNs)}`,
    PATIENT_CHANGE,
  );
}

/**
 * Traces that ended before `kept` (YYYY-MM-DD) and of which no span is left. Rows are masked, and go when parts merge:
 * the table is not partitioned, and to write it anew for a day's traces would be to write it anew every day. A trace
 * of which any day is kept keeps its rows: they tell that the rest has expired. Resolves with how many traces went.
 */
export async function deleteTraces(
  store: Store,
  { tenants, kept }: { tenants: readonly string[]; kept: string },
): Promise<number> {
  // The rows to delete would be looked for on each replica by itself, and two replicas may not be equally far. A row of
  // this table is a map of spans, no money and no content: it may stay.
  if (store.cluster !== null) return 0;
  const database = quoteName(store.database);
  const own = `tenant IN (${literals(tenants)})`;
  const from = `toDateTime64(${quoteString(`${kept} 00:00:00`)}, 9, 'UTC')`;
  // A span that ends before it starts may start later than its trace ends.
  const left = `SELECT tenant, trace_id FROM ${database}.spans WHERE ${own}
    AND (start_time < ${from} OR duration_ns < 0 AND start_time < ${from} + INTERVAL 1 DAY)`;
  const ended = `SELECT tenant, trace_id FROM ${database}.traces AS one WHERE ${own}
    AND (tenant, trace_id) NOT IN (${left})
    GROUP BY tenant, trace_id HAVING max(one.end_time) < ${from} AND min(one.start_time) < ${from}`;
  const [row] = await store.query<{ traces: string }>(
    `SELECT count() AS traces FROM (${ended})`,
    {},
    { timeoutMs: PATIENT_CHANGE.timeoutMs },
  );
  const traces = Number(row?.traces ?? 0);
  if (traces > 0) {
    await store.command(
      `DELETE FROM ${database}.traces WHERE ${own} AND (tenant, trace_id) IN (${ended})`,
      PATIENT_CHANGE,
    );
  }
  return traces;
}
