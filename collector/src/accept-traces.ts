/** One trace request: decode, then span by span through the stages of keep-spans.ts. */
import type { TenantId } from './access.ts';
import { decodeTracesJson } from './decode/decode-json.ts';
import { decodeTracesProtobuf } from './decode/decode-protobuf.ts';
import type { OtlpEncoding } from './decode/otlp-response.ts';
import { SpanView } from './decode/span-view.ts';
import type { SpanKeeper } from './keep-spans.ts';
import type { Metrics } from './metrics.ts';
import type { AcceptOutcome } from './receive/take-request.ts';
import { undecodable } from './undecodable.ts';

export class TraceAcceptor {
  private readonly keeper: SpanKeeper;
  private readonly metrics: Metrics;
  private readonly view = new SpanView();

  constructor({ keeper, metrics }: { keeper: SpanKeeper; metrics: Metrics }) {
    this.keeper = keeper;
    this.metrics = metrics;
  }

  /** @throws Problem bad_request for bytes that are no OTLP, journal_unavailable where a resend may succeed */
  async accept(
    tenant: TenantId,
    bytes: Uint8Array,
    encoding: OtlpEncoding,
  ): Promise<AcceptOutcome> {
    const { keeper } = this;
    const state = keeper.begin(tenant, 'traces');
    const sink = { span: (view: SpanView) => keeper.take(view, state) };
    const decode = encoding === 'json' ? decodeTracesJson : decodeTracesProtobuf;
    const outcome = decode(bytes, sink, state.limits.decode, this.view);
    if (!outcome.ok) {
      throw undecodable(outcome.error);
    }
    this.metrics.aicost_spans_received_total.inc(outcome.recordCount);
    return keeper.finish(state, outcome.recordCount);
  }
}
