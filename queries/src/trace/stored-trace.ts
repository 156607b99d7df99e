/**
 * What is stored of one trace. Its row in `traces` is found by the key, and says from when to when its spans are: so
 * only the partitions of those days are looked into, by the filters on trace ids.
 */
import { USAGE_KEYS } from '@ai-cost-profiler/clickhouse/usage.ts';
import { instantSql } from '../instant-sql.ts';
import { markSql } from '../provisional.ts';
import type { InstantNs } from '../range.ts';
import { bound, join, name, type Sql, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { ENTRIES_MAX, SPANS_MAX } from './trace-too-large.ts';

/** Of all spans of the trace, as text. */
interface StoredBounds {
  readonly start_ns: string;
  readonly end_ns: string;
  readonly received_ns: string;
  readonly spans: string;
}

const SPAN_TEXTS = [
  'span_id',
  'parent_span_id',
  'name',
  'kind',
  'service',
  'environment',
  'status_code',
  'status_message',
  'operation',
  'provider',
  'request_model',
  'response_model',
  'response_id',
  'role',
  'role_reason',
  'missing_usage_reason',
  'agent',
  'tool',
  'feature',
  'prompt',
  'user',
  'session',
] as const;

export interface StoredSpan extends Readonly<Record<(typeof SPAN_TEXTS)[number], string>> {
  readonly start_ns: string;
  readonly duration_ns: string;
  readonly tag_map: Readonly<Record<string, string>>;
  /** Quantities by bucket or unit, as plain decimals. */
  readonly quantities: Readonly<Record<string, string>>;
}

const ENTRY_TEXTS = [
  'entry_id',
  'kind',
  'span_id',
  'role',
  'role_reason',
  'provider',
  'model',
  'agent',
  'tool',
  'feature',
  'prompt',
  'user',
  'session',
  'service_tier',
  'unpriced_reason',
  'unpriced_detail',
  'basis',
  'evidence',
  'book_version',
  'rules_version',
  'note',
] as const;

const ENTRY_MONEY = [
  'list_usd',
  'cost_usd',
  'cost_low_usd',
  'cost_high_usd',
  'reported_usd',
] as const;

export interface StoredEntry
  extends Readonly<Record<(typeof ENTRY_TEXTS)[number], string>>,
    Readonly<Record<(typeof ENTRY_MONEY)[number], string | null>> {
  readonly reverses: string | null;
  readonly recorded_ns: string;
  readonly start_ns: string;
  readonly calls: string;
  readonly unpriced_calls: string;
  readonly batch: boolean;
  readonly inexact: boolean;
  /** Quantities in the order of USAGE_KEYS, as plain decimals; '' where there is none. */
  readonly told: readonly string[];
}

export interface StoredTrace {
  /** Undefined: no span of it is stored. */
  readonly bounds: StoredBounds | undefined;
  /** Every version, the one received last at the end; one more than SPANS_MAX at most. */
  readonly spans: readonly StoredSpan[];
  /** As they were recorded; one more than ENTRIES_MAX at most. */
  readonly entries: readonly StoredEntry[];
  /** Every span received up to then is settled; 0: nothing ever was. */
  readonly settledNs: InstantNs;
}

/** Nothing of another tenant's trace is found, by the same statements as nothing of one that never was. */
export async function readStoredTrace(
  scope: TenantScope,
  traceId: string,
  nowNs: InstantNs,
): Promise<StoredTrace> {
  const ofTrace = sql` AND trace_id = ${bound('String', traceId)}`;
  const [[row], entries] = await Promise.all([
    scope.query<StoredBounds & { settled_ns: string }>(boundsSql(scope, ofTrace, nowNs)),
    scope.query<StoredEntry>(entriesSql(scope, ofTrace)),
  ]);
  const bounds = row === undefined || row.spans === '0' ? undefined : row;
  const spans = bounds === undefined ? [] : await readSpans(scope, ofTrace, bounds);
  return { bounds, spans, entries, settledNs: BigInt(row?.settled_ns ?? 0) };
}

async function readSpans(scope: TenantScope, ofTrace: Sql, bounds: StoredBounds) {
  const since = sql`${ofTrace} AND start_time >= ${instantSql(BigInt(bounds.start_ns))}`;
  const within = sql`${since} AND start_time <= ${instantSql(BigInt(bounds.end_ns))}`;
  const spans = await scope.query<StoredSpan>(spansSql(scope, within));
  // A span may claim to end before it starts, and so start after the end of all.
  const isWhole = spans.length > SPANS_MAX || BigInt(spans.length) >= BigInt(bounds.spans);
  return isWhole ? spans : await scope.query<StoredSpan>(spansSql(scope, since));
}

/** One row, whether there is such a trace or not: each statement takes a turn of the engine. */
function boundsSql(scope: TenantScope, ofTrace: Sql, nowNs: InstantNs): Sql {
  const ns = (time: Sql) => sql`toString(toUnixTimestamp64Nano(${time}))`;
  return sql`SELECT ${ns(sql`min(start_time)`)} AS start_ns, ${ns(sql`max(end_time)`)} AS end_ns,
      ${ns(sql`max(last_received_at)`)} AS received_ns, toString(sum(traces.spans)) AS spans,
      ${ns(sql`assumeNotNull((${markSql(scope, nowNs)}))`)} AS settled_ns
    ${scope.from('traces')}${ofTrace}`;
}

const texts = (columns: readonly string[]): Sql =>
  join(
    columns.map((column) => sql`toString(${name(column)}) AS ${name(column)}`),
    ', ',
  );

function spansSql(scope: TenantScope, which: Sql): Sql {
  return sql`SELECT ${texts(SPAN_TEXTS)}, toString(toUnixTimestamp64Nano(start_time)) AS start_ns,
      toString(duration_ns) AS duration_ns, CAST(tags, 'Map(String, String)') AS tag_map,
      mapApply((bucket, quantity) -> (toString(bucket), toString(quantity)), usage) AS quantities
    ${scope.from('spans')}${which}
    ORDER BY received_at, batch_seq LIMIT ${bound('UInt64', SPANS_MAX + 1)}`;
}

function entriesSql(scope: TenantScope, ofTrace: Sql): Sql {
  const told = join(
    USAGE_KEYS.map((key) => sql`ifNull(toString(${name(key)}), '')`),
    ', ',
  );
  return sql`SELECT ${texts(ENTRY_TEXTS)}, ${join(ENTRY_MONEY.map(name), ', ')}, reverses, batch, inexact,
      toString(calls) AS calls, toString(unpriced_calls) AS unpriced_calls,
      toString(toUnixTimestamp64Nano(recorded_at)) AS recorded_ns,
      toString(toUnixTimestamp64Nano(start_time)) AS start_ns,
      [${told}] AS told
    ${scope.from('ledger')}${ofTrace}
    ORDER BY recorded_at, entry_id LIMIT ${bound('UInt64', ENTRIES_MAX + 1)}`;
}
