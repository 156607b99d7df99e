/**
 * One metrics request: checked whole; its token and cost counters become control totals. This is no metric store: all
 * other points are accepted, counted and dropped.
 */
import type { TenantId } from './access.ts';
import { decodeMetrics, type MetricPoint } from './decode/decode-metrics.ts';
import type { OtlpEncoding } from './decode/otlp-response.ts';
import { DECODE_LIMITS } from './limits.ts';
import type { Metrics } from './metrics.ts';
import type { AcceptOutcome } from './receive/take-request.ts';
import type { ControlTotals } from './totals/control-totals.ts';
import { unitOfMetric } from './totals/token-metrics.ts';
import { undecodable } from './undecodable.ts';

export class MetricAcceptor {
  private readonly totals: ControlTotals;
  private readonly metrics: Metrics;

  constructor({ totals, metrics }: { totals: ControlTotals; metrics: Metrics }) {
    this.totals = totals;
    this.metrics = metrics;
  }

  /** @throws Problem bad_request for bytes that are no OTLP */
  async accept(
    tenant: TenantId,
    bytes: Uint8Array,
    encoding: OtlpEncoding,
  ): Promise<AcceptOutcome> {
    let kept = 0;
    const sink = {
      wants: (name: string) => unitOfMetric(name) !== undefined,
      point: (point: MetricPoint) => {
        if (this.totals.add(tenant, point)) kept += 1;
      },
    };
    const outcome = decodeMetrics(bytes, encoding, sink, DECODE_LIMITS);
    if (!outcome.ok) {
      throw undecodable(outcome.error);
    }
    const { metrics } = this;
    const others = outcome.recordCount - kept;
    metrics.aicost_metric_points_total.inc({ outcome: 'kept' }, kept);
    metrics.aicost_metric_points_total.inc({ outcome: 'other' }, others);
    return { rejected: 0, message: '' };
  }
}
