/**
 * Rows that stand alone: entries without their span, one day at a time, and traces whose counts are not those of
 * their spans.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { CHECK_OPTIONS } from './check-options.ts';
import type { Difference } from './report.ts';

/**
 * The first entry of a UTC day (YYYY-MM-DD) about a span that is not stored, or is no call; of tenants whose spans of
 * that day have not expired.
 */
export async function findOrphanEntry(
  store: Store,
  day: string,
  expired: readonly string[],
): Promise<Difference | null> {
  const { database } = store;
  const [row] = await store.query<{ tenant: string; trace_id: string; span_id: string }>(
    `SELECT tenant, trace_id, span_id FROM (
       SELECT tenant, trace_id, span_id, 1 AS is_entry, 0 AS is_span FROM ${database}.ledger
       WHERE toDate(start_time) = {day:Date} AND kind != 'adjustment' AND tenant NOT IN {expired:Array(String)}
       UNION ALL
       SELECT tenant, trace_id, span_id, 0 AS is_entry, 1 AS is_span FROM ${database}.spans
       WHERE toDate(start_time) = {day:Date} AND role != 'not_llm')
     GROUP BY tenant, trace_id, span_id HAVING max(is_entry) = 1 AND max(is_span) = 0
     ORDER BY tenant, trace_id, span_id LIMIT 1`,
    { day, expired },
    CHECK_OPTIONS,
  );
  if (row === undefined) {
    return null;
  }
  const cause =
    'The ledger bills a call whose span is not stored: the span was lost or deleted, or the entry is forged.';
  return {
    where: 'spans',
    ...row,
    day,
    column: 'span_id',
    expected: row.span_id,
    found: null,
    cause,
  };
}

/**
 * The first trace whose row counts other spans than are stored. Those that began on a sealed day may have lost
 * some.
 */
export async function findTraceDifference(store: Store): Promise<Difference | null> {
  const { database } = store;
  const [row] = await store.query<{ tenant: string; trace_id: string } & Record<string, string>>(
    `SELECT tenant, trace_id, sum(all_spans) AS d_spans, sum(calls) AS d_llm_spans,
       toString(sumIf(all_spans, source = 'spans')) AS in_spans, toString(sumIf(calls, source = 'spans')) AS llm_in_spans
     FROM (
       SELECT tenant, trace_id, 'spans' AS source, toInt64(count()) AS all_spans,
         toInt64(countIf(role != 'not_llm')) AS calls, min(spans.start_time) AS first
       FROM ${database}.spans AS spans GROUP BY tenant, trace_id
       UNION ALL
       SELECT tenant, trace_id, 'traces' AS source, -sum(traces.spans) AS all_spans, -sum(llm_spans) AS calls,
         min(traces.start_time) AS first
       FROM ${database}.traces AS traces GROUP BY tenant, trace_id)
     GROUP BY tenant, trace_id
     HAVING (d_spans != 0 OR d_llm_spans != 0)
       AND (tenant, toDate(min(first))) NOT IN (SELECT tenant, day FROM ${database}.sealed_days WHERE expired = 'spans')
     ORDER BY tenant, trace_id LIMIT 1`,
    {},
    CHECK_OPTIONS,
  );
  if (row === undefined) {
    return null;
  }
  const isAll = row['d_spans'] !== '0';
  const expected = row[isAll ? 'in_spans' : 'llm_in_spans']!;
  const difference = BigInt(row[isAll ? 'd_spans' : 'd_llm_spans']!);
  return {
    where: 'traces',
    tenant: row.tenant,
    trace_id: row.trace_id,
    column: isAll ? 'spans' : 'llm_spans',
    expected,
    found: String(BigInt(expected) - difference),
    cause:
      'The trace counts other spans than are stored: a batch is missing in one of the two tables, or is in it twice.',
  };
}
