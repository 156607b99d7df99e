/** Stored spans with everything that was received of them, not only what was read. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { ReceivedSpan } from '../rows/append-stored-span.ts';
import { STORED_SPAN_COLUMNS, type StoredSpan } from '../settle/stored-span.ts';

export type WholeSpan = StoredSpan & ReceivedSpan;

/** Every stored version of every span of these traces. */
export function loadWholeSpans(
  store: Store,
  { tenant, traceIds }: { tenant: string; traceIds: readonly string[] },
): Promise<WholeSpan[]> {
  return store.query<WholeSpan>(
    `SELECT ${STORED_SPAN_COLUMNS}, trace_state, toUInt8(status_code) AS status_number, status_message, flags,
       scope_version, resource_attributes, attributes, events, links,
       dropped_attributes_count, dropped_events_count, dropped_links_count, content_hash,
       prompt_maker, hex(prompt_sketch) AS prompt_sketch_hex, prompt_boundaries
     FROM ${store.database}.spans
     WHERE tenant = {tenant:String} AND trace_id IN {traceIds:Array(String)}`,
    { tenant, traceIds },
    { timeoutMs: 600_000 },
  );
}
