/** Whole traces, where it is known when they were: a table that is sorted by time is read only there. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { loadSpans, type StartRange } from './load-spans.ts';
import type { SettleSpan } from './settle-span.ts';

/** What the table `traces` tells of one. Nanoseconds since 1970. */
export interface TracePlace {
  readonly traceId: string;
  /** Stored rows: every version of a span is one. */
  readonly spans: number;
  readonly startNs: bigint;
  /** When its last span ended; one that ends before it starts may start later. */
  readonly endNs: bigint;
}

/** Every stored version of every span of these traces. The count tells whether a trace has spans elsewhere. */
export async function loadTraces(
  store: Store,
  { tenant, traces }: { tenant: string; traces: readonly TracePlace[] },
): Promise<SettleSpan[]> {
  if (traces.length === 0) {
    return [];
  }
  const traceIds = traces.map(({ traceId }) => traceId);
  const found = await loadSpans(store, { tenant, traceIds, between: rangeOfTraces(traces) });
  const counts = new Map<string, number>();
  for (const { traceId } of found) {
    counts.set(traceId, (counts.get(traceId) ?? 0) + 1);
  }
  const elsewhere = traces
    .filter(({ traceId, spans }) => (counts.get(traceId) ?? 0) < spans)
    .map(({ traceId }) => traceId);
  if (elsewhere.length === 0) {
    return found;
  }
  const whole = new Set(elsewhere);
  return [
    ...found.filter(({ traceId }) => !whole.has(traceId)),
    ...(await loadSpans(store, { tenant, traceIds: elsewhere })),
  ];
}

interface PlaceRow {
  trace_id: string;
  stored: string;
  start_ns: string;
  end_ns: string;
}

/** Where these traces are; one of which nothing is stored is absent. */
export async function readPlaces(
  store: Store,
  { tenant, traceIds }: { tenant: string; traceIds: readonly string[] },
): Promise<TracePlace[]> {
  if (traceIds.length === 0) {
    return [];
  }
  const rows = await store.query<PlaceRow>(
    `SELECT trace_id, sum(spans) AS stored, toUnixTimestamp64Nano(min(start_time)) AS start_ns,
       toUnixTimestamp64Nano(max(end_time)) AS end_ns
     FROM ${store.database}.traces
     WHERE tenant = {tenant:String} AND trace_id IN {traceIds:Array(String)} GROUP BY trace_id`,
    { tenant, traceIds },
    { timeoutMs: 600_000 },
  );
  return rows.map((row) => ({
    traceId: row.trace_id,
    spans: Number(row.stored),
    startNs: BigInt(row.start_ns),
    endNs: BigInt(row.end_ns),
  }));
}

/** Where the spans of these traces start, unless one ends before it starts. */
export function rangeOfTraces(traces: readonly TracePlace[]): StartRange {
  let [fromNs, lastNs] = [traces[0]!.startNs, traces[0]!.startNs];
  for (const { startNs, endNs } of traces) {
    if (startNs < fromNs) fromNs = startNs;
    if (startNs > lastNs) lastNs = startNs;
    if (endNs > lastNs) lastNs = endNs;
  }
  return { fromNs, toNs: lastNs + 1n };
}
