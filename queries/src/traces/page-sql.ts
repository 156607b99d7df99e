/**
 * Which traces stand on a page, and in which order: one statement over `traces` and, where money or calls decide, the
 * ledger. A row of `traces` is what is known of the trace by now; where that is more than the snapshot holds, the
 * trace is put together from its spans.
 */
import { filterSql } from '../dimensions.ts';
import { instantSql } from '../instant-sql.ts';
import { NS_PER_SECOND } from '../range.ts';
import { holdsEntries, holdsSpans, holdsTraces, type Snapshot } from '../snapshot.ts';
import { bound, type Sql, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import type { Sort, TracesInput } from './input.ts';

/** Columns `trace_id`, `value` (what the list is sorted by), `start_ns`, `end_ns`, `received_ns`, all as text. */
export function pageSql(scope: TenantScope, input: TracesInput, snapshot: Snapshot): Sql {
  const { sort, minCostUsd } = input;
  const value = VALUES[sort];
  const isOfCalls =
    sort === 'cost' || sort === 'calls' || filtersCalls(input) || minCostUsd !== null;
  const calls = isOfCalls
    ? sql` ${filtersCalls(input) ? sql`INNER` : sql`LEFT`} JOIN (${callsSql(scope, input, snapshot)}) AS booked ON booked.trace_id = found.trace_id`
    : sql``;
  const least =
    minCostUsd === null
      ? sql``
      : sql` AND cost >= toDecimal128(${bound('String', minCostUsd)}, 18) AND NOT (calls_sum > 0 AND calls_sum = unpriced_sum AND cost = 0)`;
  return sql`SELECT found.trace_id AS trace_id, toString(${value}) AS value,
      toString(toUnixTimestamp64Nano(first_at)) AS start_ns, toString(toUnixTimestamp64Nano(last_at)) AS end_ns,
      toString(toUnixTimestamp64Nano(received)) AS received_ns
    FROM (${foundSql(scope, input, snapshot)}) AS found${calls}
    WHERE true${least}${errorSql(scope, input, snapshot)}${afterSql(input, value)}
    ORDER BY ${value} DESC, found.trace_id LIMIT ${bound('UInt64', input.limit + 1)}`;
}

/** Traces that came later altogether are left out, unless clocks of collectors differ by more. */
const CLOCKS_APART_NS = 300n * NS_PER_SECOND;

const VALUES: Readonly<Record<Sort, Sql>> = {
  start: sql`toUnixTimestamp64Nano(first_at)`,
  duration: sql`(toUnixTimestamp64Nano(last_at) - toUnixTimestamp64Nano(first_at))`,
  cost: sql`cost`,
  calls: sql`calls_sum`,
};

export function filtersCalls({ filters }: TracesInput): boolean {
  return filters.some(({ dimension }) => dimension !== 'tenant');
}

function afterSql({ after, sort }: TracesInput, value: Sql): Sql {
  if (after === null) return sql``;
  const last =
    sort === 'cost'
      ? sql`toDecimal128(${bound('String', after.value)}, 18)`
      : bound('Int64', after.value);
  return sql` AND (${value} < ${last} OR (${value} = ${last} AND found.trace_id > ${bound('String', after.traceId)}))`;
}

/** The traces that begin in the range. */
function foundSql(scope: TenantScope, { range }: TracesInput, snapshot: Snapshot): Sql {
  const { traceKey } = scope;
  const begins = sql`first_at >= ${instantSql(range.fromNs)} AND first_at < ${instantSql(range.toNs)}`;
  const inRange = sql`start_time >= ${instantSql(range.fromNs)} AND start_time < ${instantSql(range.toNs)}`;
  const latest = instantSql(BigInt(snapshot.asOf) + CLOCKS_APART_NS);
  const changed = sql`(SELECT trace_id ${scope.from('traces')} AND NOT ${holdsTraces(snapshot)})`;
  const begun = sql`(SELECT trace_id ${scope.from('traces')} AND first_received_at <= ${latest} AND trace_id IN ${changed})`;
  // A trace has a row for each writer and for parts that are not merged: the first of them may be before the range.
  return sql`SELECT trace_id, min(start_time) AS first_at, max(end_time) AS last_at, max(last_received_at) AS received
      ${scope.from('traces')} AND trace_id NOT IN ${changed}
      AND ${traceKey} IN (SELECT ${traceKey} ${scope.from('traces')} AND ${inRange})
      GROUP BY trace_id HAVING ${begins}
    UNION ALL
    SELECT trace_id, min(start_time) AS first_at, max(end_time) AS last_at, max(received_at) AS received
      ${scope.from('spans')} AND trace_id IN ${begun} AND ${holdsSpans(snapshot)}
      GROUP BY trace_id HAVING ${begins}`;
}

/** Calls and cost by trace; an entry has the start of its span, which is not before that of the trace. */
function callsSql(scope: TenantScope, { range, filters }: TracesInput, snapshot: Snapshot): Sql {
  return sql`SELECT trace_id, sum(calls) AS calls_sum, sum(unpriced_calls) AS unpriced_sum,
      sum(coalesce(cost_usd, 0)) AS cost
    ${scope.from('ledger')} AND start_time >= ${instantSql(range.fromNs)} AND ${holdsEntries(snapshot)}${filterSql(filters, 'ledger')}
    GROUP BY trace_id`;
}

function errorSql(scope: TenantScope, { range, error }: TracesInput, snapshot: Snapshot): Sql {
  if (error === null) return sql``;
  const failed = sql`(SELECT trace_id ${scope.from('spans')} AND start_time >= ${instantSql(range.fromNs)}
    AND status_code = 'ERROR' AND ${holdsSpans(snapshot)})`;
  return sql` AND found.trace_id ${error ? sql`IN` : sql`NOT IN`} ${failed}`;
}
