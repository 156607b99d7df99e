/**
 * What is stored of one trace. Its row in `traces` is found by the key, and says from when to when its spans are: so
 * only those minutes are looked into. Columns are asked for as they are stored, because each function on one of a
 * hundred columns is planned anew for every question, and the engine writes them as text in JSON by itself.
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
  readonly tags: Readonly<Record<string, string>>;
  /** Quantities by bucket or unit, as plain decimals. */
  readonly usage: Readonly<Record<string, string>>;
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
  'cache_saved_usd',
  'cache_missed_usd',
] as const;

/** Quantities by bucket or unit, as plain decimals; null where there is none. */
export type StoredQuantities = Readonly<Record<(typeof USAGE_KEYS)[number], string | null>>;

export interface StoredEntry
  extends Readonly<Record<(typeof ENTRY_TEXTS)[number], string>>,
    Readonly<Record<(typeof ENTRY_MONEY)[number], string | null>>,
    StoredQuantities {
  readonly reverses: string | null;
  readonly recorded_ns: string;
  readonly start_ns: string;
  readonly calls: string;
  readonly unpriced_calls: string;
  readonly cache_priced_calls: string;
  /** What each bucket or unit cost, as plain decimals. */
  readonly bucket_usd: Readonly<Record<string, string>>;
  readonly batch: boolean;
  readonly inexact: boolean;
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
  const [row] = await scope.query<StoredBounds & { settled_ns: string }>(
    boundsSql(scope, ofTrace, nowNs),
  );
  const settledNs = BigInt(row?.settled_ns ?? 0);
  if (row === undefined || row.spans === '0') {
    // Log records are booked without a span.
    const entries = await scope.query<StoredEntry>(entriesSql(scope, ofTrace));
    return { bounds: undefined, spans: [], entries, settledNs };
  }
  return { bounds: row, ...(await readRows(scope, ofTrace, row)), settledNs };
}

async function readRows(
  scope: TenantScope,
  ofTrace: Sql,
  bounds: StoredBounds,
): Promise<Pick<StoredTrace, 'spans' | 'entries'>> {
  const since = sql`${ofTrace} AND start_time >= ${instantSql(BigInt(bounds.start_ns))}`;
  const within = sql`${since} AND start_time <= ${instantSql(BigInt(bounds.end_ns))}`;
  const read = async (which: Sql) => {
    const [spans, entries] = await Promise.all([
      scope.query<StoredSpan>(spansSql(scope, which)),
      scope.query<StoredEntry>(entriesSql(scope, which)),
    ]);
    return { spans, entries };
  };
  const rows = await read(within);
  // A span may claim to end before it starts, and so start after the end of all.
  const isWhole =
    rows.spans.length > SPANS_MAX || BigInt(rows.spans.length) >= BigInt(bounds.spans);
  return isWhole ? rows : await read(since);
}

/** One row, whether there is such a trace or not: each statement takes a turn of the engine. */
function boundsSql(scope: TenantScope, ofTrace: Sql, nowNs: InstantNs): Sql {
  const ns = (time: Sql) => sql`toString(toUnixTimestamp64Nano(${time}))`;
  return sql`SELECT ${ns(sql`min(start_time)`)} AS start_ns, ${ns(sql`max(end_time)`)} AS end_ns,
      ${ns(sql`max(last_received_at)`)} AS received_ns, toString(sum(traces.spans)) AS spans,
      ${ns(sql`assumeNotNull((${markSql(scope, nowNs)}))`)} AS settled_ns
    ${scope.from('traces')}${ofTrace}`;
}

const columns = (names: readonly string[]): Sql => join(names.map(name), ', ');

function spansSql(scope: TenantScope, which: Sql): Sql {
  return sql`SELECT ${columns(SPAN_TEXTS)}, toUnixTimestamp64Nano(start_time) AS start_ns, duration_ns, tags, usage
    ${scope.from('spans')}${which}
    ORDER BY received_at, batch_seq LIMIT ${bound('UInt64', SPANS_MAX + 1)}`;
}

function entriesSql(scope: TenantScope, which: Sql): Sql {
  return sql`SELECT ${columns(ENTRY_TEXTS)}, ${columns(ENTRY_MONEY)}, ${columns(USAGE_KEYS)}, reverses, batch, inexact,
      calls, unpriced_calls, cache_priced_calls, bucket_usd, toUnixTimestamp64Nano(recorded_at) AS recorded_ns, toUnixTimestamp64Nano(start_time) AS start_ns
    ${scope.from('ledger')}${which}
    ORDER BY recorded_at, entry_id LIMIT ${bound('UInt64', ENTRIES_MAX + 1)}`;
}
