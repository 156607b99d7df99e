/** One trace request: decode, then span by span through the stages of keep-spans.ts, in turns with others. */

import type { AcceptorParts } from './acceptor-parts.ts';
import type { TenantId } from './access.ts';
import type { DecodeOutcome } from './decode/decode-error.ts';
import { transcodedTraceSteps } from './decode/decode-json.ts';
import { traceSteps } from './decode/decode-protobuf.ts';
import type { JsonThread } from './decode/json-thread.ts';
import { KeyShapes } from './decode/key-shapes.ts';
import type { OtlpEncoding } from './decode/otlp-response.ts';
import { SpanView } from './decode/span-view.ts';
import type { Steps } from './decode/steps.ts';
import type { SpanKeeper } from './keep-spans.ts';
import type { KeptRequest } from './kept-request.ts';
import type { Metrics } from './metrics.ts';
import type { AcceptOutcome } from './receive/take-request.ts';
import { takeTurns } from './take-turns.ts';
import { transcoded } from './transcoded.ts';
import { undecodable } from './undecodable.ts';

export class TraceAcceptor {
  private readonly keeper: SpanKeeper;
  private readonly metrics: Metrics;
  private readonly json: JsonThread;
  private readonly keyShapes = new KeyShapes();
  /** Of requests that are done: a view shows one request, and several may be under way. */
  private readonly views: SpanView[] = [];

  constructor({ keeper, metrics, json }: AcceptorParts) {
    this.keeper = keeper;
    this.metrics = metrics;
    this.json = json;
  }

  /** @throws Problem bad_request for bytes that are no OTLP, journal_unavailable where a resend may succeed */
  async accept(
    tenant: TenantId,
    bytes: Uint8Array,
    encoding: OtlpEncoding,
    onHandedOver?: () => void,
  ): Promise<AcceptOutcome> {
    const { keeper } = this;
    const state = keeper.begin(tenant, 'traces');
    const view = this.views.pop() ?? new SpanView(this.keyShapes);
    const steps = await this.stepsOf({ bytes, encoding, view }, state);
    keeper.resume(state);
    const pause = () => keeper.pause(state);
    const resume = () => keeper.resume(state);
    const outcome = await takeTurns(steps, { pause, resume });
    this.views.push(view);
    if (!outcome.ok) {
      throw undecodable(outcome.error);
    }
    this.metrics.aicost_spans_received_total.inc(outcome.recordCount);
    const durable = keeper.finish(state, outcome.recordCount);
    onHandedOver?.();
    return durable;
  }

  private async stepsOf(
    { bytes, encoding, view }: { bytes: Uint8Array; encoding: OtlpEncoding; view: SpanView },
    state: KeptRequest,
  ): Promise<Steps<DecodeOutcome>> {
    const sink = { span: (seen: SpanView) => this.keeper.take(seen, state) };
    const limits = state.limits.decode;
    if (encoding === 'protobuf') {
      return traceSteps(bytes, sink, limits, view);
    }
    const written = await transcoded(this.json, bytes, { root: 'TracesRequest', limits });
    return transcodedTraceSteps(written, sink, limits, view);
  }
}
