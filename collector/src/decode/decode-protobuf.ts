/**
 * Protobuf `ExportTraceServiceRequest` → spans, in two passes over the bytes: the first checks all of
 * them, the second shows each span. A malformed request is thus refused whole, with no buffer and no
 * undo; docs/decisions/0004-decode-walks-twice.md has the measurement behind that.
 */

import {
  DEFAULT_DECODE_LIMITS,
  DecodeError,
  type DecodeLimits,
  type DecodeOutcome,
  tooManySpans,
} from './decode-error.ts';
import { fieldPathAt } from './field-path.ts';
import { mergeMessages } from './merge-messages.ts';
import { showSpans } from './show-spans.ts';
import { type SpanSink, SpanView } from './span-view.ts';
import { RequestValidator } from './validate-request.ts';
import { WireFault } from './wire-checker.ts';

/**
 * Decodes a request and calls `sink.span` once per span, or not at all when the request is
 * malformed or has too many spans. An error that the sink throws passes through.
 * @param view reused for every span; pass the same one again to spare its arrays.
 */
export function decodeTracesProtobuf(
  bytes: Uint8Array,
  sink: SpanSink,
  limits: DecodeLimits = DEFAULT_DECODE_LIMITS,
  view: SpanView = new SpanView(),
): DecodeOutcome {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const validator = new RequestValidator(buffer, data, limits.depthMax);
  try {
    validator.request();
  } catch (fault) {
    if (!(fault instanceof WireFault)) throw fault;
    const path = fieldPathAt(buffer, fault.offset);
    const error = new DecodeError('malformed', path, fault.reason, fault.offset);
    return { ok: false, error };
  }
  const spanCount = validator.spanCount;
  if (spanCount > limits.spansMax) return { ok: false, error: tooManySpans(spanCount, limits) };
  if (validator.needsMerge) bindMerged(view, buffer);
  else view.bind(buffer, data);
  showSpans(view, sink, limits.attributesMax);
  return { ok: true, spanCount };
}

function bindMerged(view: SpanView, buffer: Buffer): void {
  const merged = mergeMessages(buffer);
  view.bind(merged, new DataView(merged.buffer, merged.byteOffset, merged.byteLength));
}
