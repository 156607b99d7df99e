/**
 * One log request: decode, then each event of an LLM call, written as a span, through the stages of keep-spans.ts. This
 * is no log store: all other records are accepted, counted and dropped.
 */
import type { TenantId } from './access.ts';
import { decodeLogsJson } from './decode/decode-json.ts';
import { decodeLogsProtobuf, decodeTracesProtobuf } from './decode/decode-protobuf.ts';
import { recordSpanId, sessionTraceId } from './decode/log-identity.ts';
import { type LogSpanIdentity, LogSpanWriter } from './decode/log-spans.ts';
import { LogView } from './decode/log-view.ts';
import type { OtlpEncoding } from './decode/otlp-response.ts';
import { SpanView } from './decode/span-view.ts';
import type { SpanKeeper } from './keep-spans.ts';
import type { Metrics } from './metrics.ts';
import { eventNameOf, serviceOf, sessionOf } from './normalise/log-events.ts';
import type { AcceptOutcome } from './receive/take-request.ts';
import { undecodable } from './undecodable.ts';

const NO_ID = new Uint8Array(0);

export class LogAcceptor {
  private readonly keeper: SpanKeeper;
  private readonly metrics: Metrics;
  private readonly logView = new LogView();
  private readonly spanView = new SpanView();
  private readonly writer = new LogSpanWriter();

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
    const { keeper, writer } = this;
    const state = keeper.begin(tenant, 'logs');
    writer.reset();
    let others = 0;
    const log = (view: LogView): void => {
      const name = eventNameOf(view);
      if (name === undefined) others += 1;
      else writer.add(view, identityOf(view, tenant, name));
    };
    const decode = encoding === 'json' ? decodeLogsJson : decodeLogsProtobuf;
    const outcome = decode(bytes, { log }, state.limits.decode, this.logView);
    if (!outcome.ok) {
      throw undecodable(outcome.error);
    }
    this.metrics.aicost_log_records_total.inc({ outcome: 'other' }, others);
    const span = (view: SpanView): void => keeper.take(view, state);
    const rewritten = decodeTracesProtobuf(
      writer.finish(),
      { span },
      state.limits.decode,
      this.spanView,
    );
    if (!rewritten.ok) {
      throw rewritten.error;
    }
    return keeper.finish(state, rewritten.recordCount);
  }
}

/**
 * The ids and the time of an event: of the trace of its session; without a session, below the span it was made in; with
 * neither, of a trace of its own.
 */
function identityOf(view: LogView, tenant: string, name: string): LogSpanIdentity {
  const timeNs = view.timeUnixNano === 0n ? view.observedTimeUnixNano : view.timeUnixNano;
  const spanId = recordSpanId(view, name, timeNs);
  const session = sessionOf(view);
  const service = serviceOf(view);
  const hasContext =
    view.traceIdEnd - view.traceIdStart === 16 && view.spanIdEnd - view.spanIdStart === 8;
  if (session === '' && hasContext) {
    const traceId = view.bytes.subarray(view.traceIdStart, view.traceIdEnd);
    const parentSpanId = view.bytes.subarray(view.spanIdStart, view.spanIdEnd);
    return { traceId, spanId, parentSpanId, name, timeNs };
  }
  const key = session === '' ? `record ${spanId.toString('hex')}` : `session ${session}`;
  return {
    traceId: sessionTraceId(tenant, service, key),
    spanId,
    parentSpanId: NO_ID,
    name,
    timeNs,
  };
}
