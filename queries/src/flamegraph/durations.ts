/** How long the billed calls took: told by their spans, while those are kept. */
import type { Source } from '../dimensions.ts';
import { inRangeSql } from '../instant-sql.ts';
import { name, type Sql, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { type AskedEntries, entriesSql, traceSql } from './entries.ts';

/** Nanoseconds of the calls of a group of `withDurations`. */
export const SUM_DURATION: Sql = sql`sum(toInt128(calls) * duration) AS sum_duration`;

/** Entries with their `trace_key` and the duration of the newest version of their span; 0 where none is kept. */
export function withDurations(scope: TenantScope, entries: AskedEntries, source: Source): Sql {
  const key = sql`${scope.traceKey} AS trace_key`;
  const spans = sql`SELECT ${key}, span_id, argMax(duration_ns, received_at) AS duration ${scope.from('spans')}${inRangeSql(entries.range)}${traceSql(entries.traceId)} AND ${name('dialect')} != '' GROUP BY trace_key, span_id`;
  return sql`FROM (SELECT *, ${key} ${entriesSql(scope, entries, source)}) AS entries LEFT ANY JOIN (${spans}) AS timed USING (trace_key, span_id)`;
}
