/** What takes the requests of each OTLP signal. */
import { LogAcceptor } from './accept-logs.ts';
import { MetricAcceptor } from './accept-metrics.ts';
import { TraceAcceptor } from './accept-traces.ts';
import type { AcceptorParts } from './acceptor-parts.ts';
import type { AcceptRequest, Signal } from './receive/take-request.ts';
import type { ControlTotals } from './totals/control-totals.ts';

export type AcceptSignals = Readonly<Record<Signal, AcceptRequest>>;

export function acceptSignals(
  parts: AcceptorParts & { readonly totals: ControlTotals },
): AcceptSignals {
  const traces = new TraceAcceptor(parts);
  const logs = new LogAcceptor(parts);
  const metrics = new MetricAcceptor(parts);
  return {
    traces: (...request) => traces.accept(...request),
    logs: (...request) => logs.accept(...request),
    metrics: (tenant, bytes, encoding) => metrics.accept(tenant, bytes, encoding),
  };
}
