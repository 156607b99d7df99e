/** What settle reads: traces that came to rest, their spans, and the entries that stand for them. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import { RESPONSE_WINDOW_NS } from './groups.ts';
import type { SettleSpan } from './settle-span.ts';
import { STORED_ENTRY_COLUMNS, type StoredEntry, toLedgerEntry } from './stored-entry.ts';
import { STORED_SPAN_COLUMNS, type StoredSpan, toSettleSpan } from './stored-span.ts';

export interface TraceName {
  tenant: string;
  traceId: string;
}

/** Traces with LLM spans whose last span came in within (afterNs, throughNs], oldest first, a tenant at a time. */
export async function* tracesReceived(
  store: Store,
  { afterNs, throughNs }: { afterNs: bigint; throughNs: bigint },
): AsyncGenerator<TraceName> {
  const rows = store.queryStream<{ tenant: string; trace_id: string }>(
    `SELECT tenant, trace_id, toUnixTimestamp64Nano(max(last_received_at)) AS received_ns
     FROM ${store.database}.traces
     WHERE (tenant, trace_id) IN (
       SELECT tenant, trace_id FROM ${store.database}.traces
       WHERE last_received_at > fromUnixTimestamp64Nano({after:Int64})
         AND last_received_at <= fromUnixTimestamp64Nano({through:Int64}))
     GROUP BY tenant, trace_id
     HAVING received_ns <= {through:Int64} AND sum(llm_spans) > 0
     ORDER BY tenant, received_ns, trace_id`,
    { after: String(afterNs), through: String(throughNs) },
    { timeoutMs: 3_600_000 },
  );
  for await (const row of rows) {
    yield { tenant: row.tenant, traceId: row.trace_id };
  }
}

interface SpanQuestion {
  tenant: string;
  traceIds: readonly string[];
}

/** Starts in [fromNs, toNs), in nanoseconds since 1970. */
interface StartRange {
  fromNs: bigint;
  toNs: bigint;
}

/**
 * Every stored version of every span of these traces; with `between`, of those that start there: other days are
 * not read.
 */
export async function loadSpans(
  store: Store,
  { tenant, traceIds, between }: SpanQuestion & { between?: StartRange },
): Promise<SettleSpan[]> {
  const isBetween = `AND start_time >= fromUnixTimestamp64Nano({from:Int64}, 'UTC')
       AND start_time < fromUnixTimestamp64Nano({to:Int64}, 'UTC')`;
  const range = { from: String(between?.fromNs ?? 0n), to: String(between?.toNs ?? 0n) };
  const rows = await store.query<StoredSpan>(
    `SELECT ${STORED_SPAN_COLUMNS} FROM ${store.database}.spans
     WHERE tenant = {tenant:String} AND trace_id IN {traceIds:Array(String)}
       ${between === undefined ? '' : isBetween}`,
    { tenant, traceIds, ...(between === undefined ? {} : range) },
    { timeoutMs: 600_000 },
  );
  return rows.map(toSettleSpan);
}

/** Every entry of these traces. */
export async function loadEntries(
  store: Store,
  { tenant, traceIds }: SpanQuestion,
): Promise<LedgerEntry[]> {
  const rows = await store.query<StoredEntry>(
    `SELECT ${STORED_ENTRY_COLUMNS} FROM ${store.database}.ledger
     WHERE tenant = {tenant:String} AND trace_id IN {traceIds:Array(String)}`,
    { tenant, traceIds },
    { timeoutMs: 600_000 },
  );
  return rows.map(toLedgerEntry);
}

/** Other traces of the tenant, within 24 h, in which these responses are seen too. */
export async function tracesSharingResponses(
  store: Store,
  question: {
    tenant: string;
    responseIds: readonly string[];
    traceIds: readonly string[];
    startNs: bigint;
    endNs: bigint;
  },
): Promise<string[]> {
  const { tenant, responseIds, traceIds, startNs, endNs } = question;
  if (responseIds.length === 0) {
    return [];
  }
  const rows = await store.query<{ trace_id: string }>(
    `SELECT DISTINCT trace_id FROM ${store.database}.spans
     WHERE tenant = {tenant:String} AND response_id IN {responseIds:Array(String)}
       AND trace_id NOT IN {traceIds:Array(String)}
       AND start_time >= fromUnixTimestamp64Nano({from:Int64}, 'UTC')
       AND start_time <= fromUnixTimestamp64Nano({to:Int64}, 'UTC')`,
    {
      tenant,
      responseIds,
      traceIds,
      from: String(startNs > RESPONSE_WINDOW_NS ? startNs - RESPONSE_WINDOW_NS : 0n),
      to: String(endNs + RESPONSE_WINDOW_NS),
    },
    { timeoutMs: 600_000 },
  );
  return rows.map(({ trace_id: traceId }) => traceId);
}
