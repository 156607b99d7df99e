/** Traces that hang together with these because they show one of their responses too. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { RESPONSE_WINDOW_NS } from './groups.ts';
import type { StartRange } from './load-spans.ts';

/** Other traces of the tenant, within 24 h, in which these responses are seen too. */
export async function tracesSharingResponses(
  store: Store,
  question: {
    tenant: string;
    responseIds: readonly string[];
    traceIds: readonly string[];
    between: StartRange;
  },
): Promise<string[]> {
  const { tenant, responseIds, traceIds, between } = question;
  const { fromNs, toNs } = between;
  const rows = await store.query<{ trace_id: string }>(
    `SELECT DISTINCT trace_id FROM ${store.database}.spans
     WHERE tenant = {tenant:String} AND response_id IN {responseIds:Array(String)}
       AND trace_id NOT IN {traceIds:Array(String)}
       AND start_time >= fromUnixTimestamp64Nano({from:Int64}, 'UTC')
       AND start_time < fromUnixTimestamp64Nano({to:Int64}, 'UTC')`,
    {
      tenant,
      responseIds,
      traceIds,
      from: String(fromNs > RESPONSE_WINDOW_NS ? fromNs - RESPONSE_WINDOW_NS : 0n),
      to: String(toNs + RESPONSE_WINDOW_NS),
    },
    { timeoutMs: 600_000 },
  );
  return rows.map(({ trace_id: traceId }) => traceId);
}
