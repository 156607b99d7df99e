/**
 * OTLP/JSON `ExportTraceServiceRequest` → spans, through the same view as protobuf: the request is
 * parsed, checked and written as protobuf into an arena of its own, which the view then refers to.
 * A wrong value refuses the whole request, but an id that is no id refuses its span alone, later.
 */

import {
  DEFAULT_DECODE_LIMITS,
  DecodeError,
  type DecodeLimits,
  type DecodeOutcome,
  tooManySpans,
} from './decode-error.ts';
import { ExactNumber, InexactNumber } from './json-scalars.ts';
import { MessageWriter } from './message-writer.ts';
import { showSpans } from './show-spans.ts';
import { type SpanSink, SpanView } from './span-view.ts';
import { JsonTranscoder } from './transcode-json.ts';

/** Decodes a request as `decodeTracesProtobuf` does; `bytes` are UTF-8 JSON. */
export function decodeTracesJson(
  bytes: Uint8Array,
  sink: SpanSink,
  limits: DecodeLimits = DEFAULT_DECODE_LIMITS,
  view: SpanView = new SpanView(),
): DecodeOutcome {
  let transcoded: Transcoded;
  try {
    transcoded = transcode(bytes, limits);
  } catch (error) {
    if (error instanceof DecodeError) return { ok: false, error };
    throw error;
  }
  const { writer, spanCount } = transcoded;
  if (spanCount > limits.spansMax) return { ok: false, error: tooManySpans(spanCount, limits) };
  const written = writer.written();
  view.bind(written, new DataView(written.buffer, written.byteOffset, written.byteLength));
  showSpans(view, sink, limits.attributesMax);
  return { ok: true, spanCount };
}

interface Transcoded {
  readonly writer: MessageWriter;
  readonly spanCount: number;
}

function transcode(bytes: Uint8Array, limits: DecodeLimits): Transcoded {
  const text = textOf(bytes);
  // Protobuf is nearly always shorter than the JSON it came from, so the arena rarely grows.
  const writer = new MessageWriter(bytes.length + 1024);
  try {
    return write(parse(text), writer, limits);
  } catch (error) {
    if (!(error instanceof InexactNumber)) throw error;
    writer.reset();
    return write(parse(text, keepDigits), writer, limits);
  }
}

function write(body: unknown, writer: MessageWriter, limits: DecodeLimits): Transcoded {
  const transcoder = new JsonTranscoder(writer, limits.depthMax);
  transcoder.request(body);
  return { writer, spanCount: transcoder.spanCount };
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new DecodeError('malformed', '', 'the body is not valid UTF-8');
  }
}

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

function parse(text: string, reviver?: Reviver): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch (error) {
    const reason =
      error instanceof RangeError
        ? 'nested too deeply'
        : error instanceof Error
          ? error.message
          : '';
    throw new DecodeError('malformed', '', `the body is not JSON: ${reason}`);
  }
}

/** Keeps the digits of numbers that a float cannot hold; the second parse only, for it is slow. */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
  return context?.source === undefined ? value : new ExactNumber(context.source);
}
