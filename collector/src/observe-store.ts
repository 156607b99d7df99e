/** The calls to ClickHouse, as metrics and own traces. Invariant: no statement and no text of a sender is told. */
import type { StoreCall } from '@ai-cost-profiler/clickhouse/observed-store.ts';
import type { Metrics } from './metrics.ts';
import type { OwnTraces } from './own-traces.ts';

/** What the calls to ClickHouse took, and how they failed. `onUp` is told whether it answers. */
export function observeStoreCalls(
  metrics: Metrics,
  ownTraces: OwnTraces,
  onUp: (isUp: boolean) => void,
): (call: StoreCall) => void {
  return ({ call, startMs, endMs, error }) => {
    if (error === undefined) {
      metrics.aicost_store_call_seconds.observe({ call }, (endMs - startMs) / 1000);
    } else {
      const code = error.code === null ? 'none' : String(error.code);
      metrics.aicost_store_errors_total.inc({ call, code });
    }
    onUp(error === undefined || error.answered);
    const faultCode = error === undefined ? undefined : `clickhouse ${error.code ?? 'no answer'}`;
    if (call !== 'ping')
      ownTraces.record({ name: `clickhouse ${call}`, startMs, endMs, faultCode });
  };
}
