/** Traces of one tenant that read the same counters as these spans: invocations of one agent in one session. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { COUNTER_REASON, sessionCounter } from './counters.ts';
import { RESPONSE_WINDOW_NS } from './groups.ts';
import type { SettleSpan } from './settle-span.ts';

/** Other traces within 24 h. Nothing is asked where no span reads a counter. */
export async function tracesByCounters(
  store: Store,
  question: { tenant: string; spans: readonly SettleSpan[]; traceIds: readonly string[] },
): Promise<string[]> {
  const { tenant, traceIds } = question;
  const counters = question.spans.filter((span) => sessionCounter(span) !== undefined);
  if (counters.length === 0) {
    return [];
  }
  const starts = counters.map(({ startNs }) => startNs).sort((a, b) => (a < b ? -1 : 1));
  const rows = await store.query<{ trace_id: string }>(
    `SELECT DISTINCT trace_id FROM ${store.database}.spans
     WHERE tenant = {tenant:String} AND service IN {services:Array(String)}
       AND session IN {sessions:Array(String)} AND role = 'aggregate'
       AND startsWith(role_reason, {reason:String})
       AND trace_id NOT IN {traceIds:Array(String)}
       AND start_time >= fromUnixTimestamp64Nano({from:Int64}, 'UTC')
       AND start_time <= fromUnixTimestamp64Nano({to:Int64}, 'UTC')`,
    {
      tenant,
      services: [...new Set(counters.map(({ service }) => service))],
      sessions: [...new Set(counters.map(({ attribution }) => attribution.session))],
      reason: COUNTER_REASON,
      traceIds,
      from: String(starts[0]! > RESPONSE_WINDOW_NS ? starts[0]! - RESPONSE_WINDOW_NS : 0n),
      to: String(starts.at(-1)! + RESPONSE_WINDOW_NS),
    },
    { timeoutMs: 600_000 },
  );
  return rows.map(({ trace_id: traceId }) => traceId);
}
