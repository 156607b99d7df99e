/**
 * One log request: decode, then each event of an LLM call, written as a span, through the stages of keep-spans.ts. This
 * is no log store: all other records are accepted, counted and dropped.
 */

import type { AcceptorParts } from './acceptor-parts.ts';
import type { TenantId } from './access.ts';
import type { DecodeLimits } from './decode/decode-error.ts';
import { transcodedLogSteps } from './decode/decode-json.ts';
import { logSteps, traceSteps } from './decode/decode-protobuf.ts';
import type { JsonThread } from './decode/json-thread.ts';
import { recordSpanId, sessionTraceId } from './decode/log-identity.ts';
import { type LogSpanIdentity, LogSpanWriter } from './decode/log-spans.ts';
import { LogView } from './decode/log-view.ts';
import type { OtlpEncoding } from './decode/otlp-response.ts';
import { SpanView } from './decode/span-view.ts';
import type { SpanKeeper } from './keep-spans.ts';
import type { Metrics } from './metrics.ts';
import { eventNameOf, serviceOf, sessionOf } from './normalise/log-events.ts';
import type { AcceptOutcome } from './receive/take-request.ts';
import { NOTHING_KEPT, takeTurns } from './take-turns.ts';
import { transcoded } from './transcoded.ts';
import { undecodable } from './undecodable.ts';

const NO_ID = new Uint8Array(0);

/** What one request is worked on with; several may be under way. */
class LogDesk {
  readonly logView = new LogView();
  readonly spanView = new SpanView();
  readonly writer = new LogSpanWriter();
}

export class LogAcceptor {
  private readonly keeper: SpanKeeper;
  private readonly metrics: Metrics;
  private readonly json: JsonThread;
  private readonly desks: LogDesk[] = [];

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
    const state = keeper.begin(tenant, 'logs');
    const limits = state.limits.decode;
    const desk = this.desks.pop() ?? new LogDesk();
    const events = await this.rewrite({ tenant, bytes, encoding }, desk, limits);
    const span = (view: SpanView): void => keeper.take(view, state);
    keeper.resume(state);
    const pause = () => keeper.pause(state);
    const resume = () => keeper.resume(state);
    const steps = traceSteps(events, { span }, limits, desk.spanView);
    const rewritten = await takeTurns(steps, { pause, resume });
    this.desks.push(desk);
    if (!rewritten.ok) {
      throw rewritten.error;
    }
    const durable = keeper.finish(state, rewritten.recordCount);
    onHandedOver?.();
    return durable;
  }

  /** The events of LLM calls as spans of a request of their own. */
  private async rewrite(
    { tenant, bytes, encoding }: { tenant: TenantId; bytes: Uint8Array; encoding: OtlpEncoding },
    { writer, logView }: LogDesk,
    limits: DecodeLimits,
  ): Promise<Buffer> {
    writer.reset();
    let others = 0;
    const log = (view: LogView): void => {
      const name = eventNameOf(view);
      if (name === undefined) others += 1;
      else writer.add(view, identityOf(view, tenant, name));
    };
    const steps =
      encoding === 'protobuf'
        ? logSteps(bytes, { log }, limits, logView)
        : transcodedLogSteps(
            await transcoded(this.json, bytes, { root: 'LogsRequest', limits }),
            { log },
            limits,
            logView,
          );
    const outcome = await takeTurns(steps, NOTHING_KEPT);
    if (!outcome.ok) {
      throw undecodable(outcome.error);
    }
    this.metrics.aicost_log_records_total.inc({ outcome: 'other' }, others);
    return writer.finish();
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
