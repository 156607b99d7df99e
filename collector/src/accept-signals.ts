/** What takes the requests of each OTLP signal. */
import { LogAcceptor } from './accept-logs.ts';
import { MetricAcceptor } from './accept-metrics.ts';
import { TraceAcceptor } from './accept-traces.ts';
import type { SpanKeeper } from './keep-spans.ts';
import type { Metrics } from './metrics.ts';
import type { AcceptRequest, Signal } from './receive/take-request.ts';
import type { ControlTotals } from './totals/control-totals.ts';

export type AcceptSignals = Readonly<Record<Signal, AcceptRequest>>;

export function acceptSignals(parts: {
  keeper: SpanKeeper;
  totals: ControlTotals;
  metrics: Metrics;
}): AcceptSignals {
  const traces = new TraceAcceptor(parts);
  const logs = new LogAcceptor(parts);
  const metrics = new MetricAcceptor(parts);
  return {
    traces: (...request) => traces.accept(...request),
    logs: (...request) => logs.accept(...request),
    metrics: (...request) => metrics.accept(...request),
  };
}
