/**
 * Protobuf export requests → spans or log records, in two passes over the bytes: the first checks all of them, the
 * second shows each record. A malformed request is thus refused whole, with no buffer and no undo;
 * docs/decisions/0004-decode-walks-twice.md has the measurement behind that.
 */

import {
  DEFAULT_DECODE_LIMITS,
  DecodeError,
  type DecodeLimits,
  type DecodeOutcome,
} from './decode-error.ts';
import { fieldPathAt } from './field-path.ts';
import type { LogSink, LogView } from './log-view.ts';
import { mergeMessages } from './merge-messages.ts';
import { LOGS, type RecordSignal, refuseTooMany, TRACES } from './record-signal.ts';
import type { RecordView } from './record-view.ts';
import { type SpanSink, SpanView } from './span-view.ts';
import { runToEnd, type Steps } from './steps.ts';
import { RequestValidator } from './validate-request.ts';
import { WireFault } from './wire-checker.ts';

/**
 * Decodes `ExportTraceServiceRequest` and calls `sink.span` once per span, or not at all when the request is malformed
 * or has too many spans. An error that the sink throws passes through.
 * @param view reused for every span; pass the same one again to spare its arrays.
 */
export function decodeTracesProtobuf(
  bytes: Uint8Array,
  sink: SpanSink,
  limits: DecodeLimits = DEFAULT_DECODE_LIMITS,
  view: SpanView = new SpanView(),
): DecodeOutcome {
  return runToEnd(traceSteps(bytes, sink, limits, view));
}

/** As `decodeTracesProtobuf`, in steps: `view` must show nothing else between them. */
export function* traceSteps(
  bytes: Uint8Array,
  sink: SpanSink,
  limits: DecodeLimits,
  view: SpanView,
): Steps<DecodeOutcome> {
  const outcome = yield* bindRequest(bytes, { view, signal: TRACES, limits });
  if (outcome.ok) yield* TRACES.show(view, sink, limits.attributesMax);
  return outcome;
}

/** Decodes `ExportLogsServiceRequest` in steps and calls `sink.log` once per log record, as `traceSteps` does. */
export function* logSteps(
  bytes: Uint8Array,
  sink: LogSink,
  limits: DecodeLimits,
  view: LogView,
): Steps<DecodeOutcome> {
  const outcome = yield* bindRequest(bytes, { view, signal: LOGS, limits });
  if (outcome.ok) yield* LOGS.show(view, sink, limits.attributesMax);
  return outcome;
}

/** Checks the request and points the view at it. */
function* bindRequest(
  bytes: Uint8Array,
  options: { view: RecordView; signal: RecordSignal; limits: DecodeLimits },
): Steps<DecodeOutcome> {
  const { view, signal, limits } = options;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { kind, root } = signal;
  const validator = new RequestValidator(buffer, data, { kind, depthMax: limits.depthMax });
  try {
    yield* validator.request();
  } catch (fault) {
    if (!(fault instanceof WireFault)) throw fault;
    const path = fieldPathAt(buffer, fault.offset, root);
    const error = new DecodeError('malformed', path, fault.reason, fault.offset);
    return { ok: false, error };
  }
  const { recordCount } = validator;
  const refused = refuseTooMany(recordCount, signal, limits);
  if (refused !== undefined) return refused;
  if (validator.needsMerge) {
    const merged = mergeMessages(buffer, root);
    view.bind(merged, new DataView(merged.buffer, merged.byteOffset, merged.byteLength));
  } else view.bind(buffer, data);
  return { ok: true, recordCount };
}
