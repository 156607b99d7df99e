/**
 * Which traces stand on a page, and in which order: one statement over `traces` and, where money or calls decide, the
 * ledger. A row of `traces` is what is known of the trace by now; where that is more than the snapshot holds, the
 * trace is put together from its spans. Planning that costs more than all the rest, and there is seldom such a trace
 * when the snapshot has just been taken: then the statement goes without, and `changedSql` tells whether it might.
 */
import { filterSql } from '../dimensions.ts';
import { instantSql } from '../instant-sql.ts';
import { NS_PER_SECOND, type Range } from '../range.ts';
import { bound, type Sql, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import type { Sort, TracesInput } from './input.ts';
import { holdsEntries, holdsSpans, holdsTraces, type Snapshots } from './snapshots.ts';

/** A trace of a page: what the list is sorted by (ns, calls or USD), and when it was. */
export type KeyRow = Readonly<
  Record<'trace_id' | 'value' | 'start_ns' | 'end_ns' | 'received_ns', string>
>;

/** What a statement is to find its traces in. */
export interface Looked {
  readonly snapshots: Snapshots;
  /** Only these; null: all. */
  readonly among: readonly string[] | null;
  /** Whether traces that have changed since the snapshot are put together from their spans; left out otherwise. */
  readonly rewinds: boolean;
}

/** Rows are of KeyRow. */
export function pageSql(scope: TenantScope, input: TracesInput, looked: Looked): Sql {
  const { snapshots } = looked;
  const { sort, minCostUsd } = input;
  const value = VALUES[sort];
  const isOfCalls =
    sort === 'cost' || sort === 'calls' || filtersCalls(input) || minCostUsd !== null;
  const calls = isOfCalls
    ? sql` ${filtersCalls(input) ? sql`INNER` : sql`LEFT`} JOIN (${callsSql(scope, input, snapshots)}) AS booked ON booked.trace_id = found.trace_id`
    : sql``;
  return sql`SELECT found.trace_id AS trace_id, toString(${value}) AS value, ${TIMES}
    FROM (${foundSql(scope, input, looked)}) AS found${calls}
    WHERE true${leastSql(input)}${errorSql(scope, input, snapshots)}${afterSql(input, value)}
    ORDER BY ${value} DESC, found.trace_id LIMIT ${bound('UInt64', input.limit + 1)}`;
}

/**
 * Of all traces with calls since the range began those with the highest value above 0, as `trace_id` and `value` in the
 * order of the list: which of them begin in the range is not known here. For a list sorted by cost or calls.
 */
export function highestSql(
  scope: TenantScope,
  input: TracesInput,
  { snapshots, limit }: { readonly snapshots: Snapshots; readonly limit: number },
): Sql {
  const value = VALUES[input.sort];
  return sql`SELECT trace_id, toString(${value}) AS value FROM (${callsSql(scope, input, snapshots)}) AS found
    WHERE ${value} > 0${leastSql(input)}${afterSql(input, value)}
    ORDER BY ${value} DESC, trace_id LIMIT ${bound('UInt64', limit)}`;
}

/** Those of the named traces that begin in the range; rows are of KeyRow, without a value and in no order. */
export function namedSql(scope: TenantScope, input: TracesInput, named: Looked): Sql {
  return sql`SELECT trace_id, ${TIMES} FROM (${foundSql(scope, input, named)})`;
}

/** One row with `changed`: how many rows of `traces` tell more than the snapshot holds. */
export function changedSql(scope: TenantScope, { snapshots }: Pick<Looked, 'snapshots'>): Sql {
  return sql`SELECT toString(count()) AS changed ${scope.from('traces')} AND NOT ${holdsTraces(snapshots)}`;
}

const TIMES = sql`toString(toUnixTimestamp64Nano(first_at)) AS start_ns,
  toString(toUnixTimestamp64Nano(last_at)) AS end_ns, toString(toUnixTimestamp64Nano(received)) AS received_ns`;

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

/** Unknown costs are not above any. */
function leastSql({ minCostUsd }: TracesInput): Sql {
  return minCostUsd === null
    ? sql``
    : sql` AND cost >= toDecimal128(${bound('String', minCostUsd)}, 18) AND NOT (calls_sum > 0 AND calls_sum = unpriced_sum AND cost = 0)`;
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
function foundSql(scope: TenantScope, input: TracesInput, looked: Looked): Sql {
  const { range } = input;
  const { traceKey } = scope;
  const inRange = sql`start_time >= ${instantSql(range.fromNs)} AND start_time < ${instantSql(range.toNs)}`;
  // A trace has a row for each writer and for parts that are not merged: the first of them may be before the range.
  const which =
    looked.among === null
      ? sql` AND ${traceKey} IN (SELECT ${traceKey} ${scope.from('traces')} AND ${inRange})`
      : namedCondition(looked);
  const unchanged = sql`SELECT trace_id, min(start_time) AS first_at, max(end_time) AS last_at, max(last_received_at) AS received
      ${scope.from('traces')}${which}
      GROUP BY trace_id HAVING ${beginsIn(range)} AND min(${holdsTraces(looked.snapshots)}) = 1`;
  if (!looked.rewinds) return unchanged;
  return sql`${unchanged} UNION ALL ${rewoundSql(scope, input, looked)}`;
}

const beginsIn = ({ fromNs, toNs }: Range): Sql =>
  sql`first_at >= ${instantSql(fromNs)} AND first_at < ${instantSql(toNs)}`;

const namedCondition = ({ among }: Looked): Sql =>
  among === null ? sql`` : sql` AND trace_id IN ${bound('Array(String)', among)}`;

/** The traces that have changed since the snapshot, as they were then. */
function rewoundSql(scope: TenantScope, { range }: TracesInput, looked: Looked): Sql {
  const { snapshots } = looked;
  const named = namedCondition(looked);
  const latest = instantSql(BigInt(snapshots.spans.asOf) + CLOCKS_APART_NS);
  const changed = sql`(SELECT trace_id ${scope.from('traces')}${named} AND NOT ${holdsTraces(snapshots)})`;
  const begun = sql`(SELECT trace_id ${scope.from('traces')} AND first_received_at <= ${latest} AND trace_id IN ${changed})`;
  // Mostly nothing has changed: then no day is looked into, not even by its filters.
  const since = sql`(SELECT if(count() = 0, toDateTime64('2200-01-01', 9, 'UTC'), min(traces.start_time)) ${scope.from('traces')}
    AND trace_id IN ${changed})`;
  return sql`SELECT trace_id, min(start_time) AS first_at, max(end_time) AS last_at, max(received_at) AS received
      ${scope.from('spans')} AND start_time >= ${since} AND trace_id IN ${begun} AND ${holdsSpans(snapshots)}
      GROUP BY trace_id HAVING ${beginsIn(range)}`;
}

/** Calls and cost by trace; an entry has the start of its span, which is not before that of the trace. */
function callsSql(scope: TenantScope, { range, filters }: TracesInput, snapshots: Snapshots): Sql {
  return sql`SELECT trace_id, sum(calls) AS calls_sum, sum(unpriced_calls) AS unpriced_sum,
      sum(coalesce(cost_usd, 0)) AS cost
    ${scope.from('ledger')} AND start_time >= ${instantSql(range.fromNs)} AND ${holdsEntries(snapshots)}${filterSql(filters, 'ledger')}
    GROUP BY trace_id`;
}

function errorSql(scope: TenantScope, { range, error }: TracesInput, snapshots: Snapshots): Sql {
  if (error === null) return sql``;
  const failed = sql`(SELECT trace_id ${scope.from('spans')} AND start_time >= ${instantSql(range.fromNs)}
    AND status_code = 'ERROR' AND ${holdsSpans(snapshots)})`;
  return sql` AND found.trace_id ${error ? sql`IN` : sql`NOT IN`} ${failed}`;
}
