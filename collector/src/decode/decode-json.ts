/**
 * OTLP/JSON export requests → spans or log records, through the same views as protobuf: the request is parsed, checked
 * and written as protobuf into an arena of its own, which the view then refers to. A wrong value refuses the whole
 * request, but an id that is no id refuses its record alone, later.
 */

import {
  DEFAULT_DECODE_LIMITS,
  DecodeError,
  type DecodeLimits,
  type DecodeOutcome,
} from './decode-error.ts';
import { ExactNumber, InexactNumber } from './json-scalars.ts';
import type { LogSink, LogView } from './log-view.ts';
import type { MessageName } from './message-schema.ts';
import { MessageWriter } from './message-writer.ts';
import { LOGS, type RecordSignal, refuseTooMany, TRACES } from './record-signal.ts';
import type { RecordView } from './record-view.ts';
import { type SpanSink, SpanView } from './span-view.ts';
import { runToEnd, type Steps } from './steps.ts';
import { JsonTranscoder } from './transcode-json.ts';

/** Decodes a request as `decodeTracesProtobuf` does; `bytes` are UTF-8 JSON. */
export function decodeTracesJson(
  bytes: Uint8Array,
  sink: SpanSink,
  limits: DecodeLimits = DEFAULT_DECODE_LIMITS,
  view: SpanView = new SpanView(),
): DecodeOutcome {
  let written: Transcoded;
  try {
    written = transcodeJson(bytes, TRACES.root, limits.depthMax);
  } catch (error) {
    if (error instanceof DecodeError) return { ok: false, error };
    throw error;
  }
  return runToEnd(transcodedTraceSteps(written, sink, limits, view));
}

/** As `decodeTracesJson`, of a request that was written as protobuf, in steps. */
export function* transcodedTraceSteps(
  transcoded: Transcoded,
  sink: SpanSink,
  limits: DecodeLimits,
  view: SpanView,
): Steps<DecodeOutcome> {
  const outcome = bindTranscoded(transcoded, { view, signal: TRACES, limits });
  if (outcome.ok) yield* TRACES.show(view, sink, limits.attributesMax);
  return outcome;
}

/** The same of a request of log records. */
export function* transcodedLogSteps(
  transcoded: Transcoded,
  sink: LogSink,
  limits: DecodeLimits,
  view: LogView,
): Steps<DecodeOutcome> {
  const outcome = bindTranscoded(transcoded, { view, signal: LOGS, limits });
  if (outcome.ok) yield* LOGS.show(view, sink, limits.attributesMax);
  return outcome;
}

interface Binding {
  readonly view: RecordView;
  readonly signal: RecordSignal;
  readonly limits: DecodeLimits;
}

function bindTranscoded(
  { written, recordCount }: Transcoded,
  { view, signal, limits }: Binding,
): DecodeOutcome {
  const refused = refuseTooMany(recordCount, signal, limits);
  if (refused !== undefined) return refused;
  view.bind(written, new DataView(written.buffer, written.byteOffset, written.byteLength));
  return { ok: true, recordCount };
}

/** A JSON request, written as protobuf. */
export interface Transcoded {
  readonly written: Buffer;
  readonly recordCount: number;
}

/** Writes a JSON request of any signal as protobuf. @throws DecodeError */
export function transcodeJson(bytes: Uint8Array, root: MessageName, depthMax: number): Transcoded {
  const text = textOf(bytes);
  // Protobuf is nearly always shorter than the JSON it came from, so the arena rarely grows.
  const writer = new MessageWriter(bytes.length + 1024);
  const write = (body: unknown): Transcoded => {
    const transcoder = new JsonTranscoder(writer, depthMax);
    transcoder.request(root, body);
    return { written: writer.written(), recordCount: transcoder.recordCount };
  };
  try {
    return write(parse(text));
  } catch (error) {
    if (!(error instanceof InexactNumber)) throw error;
    writer.reset();
    return write(parse(text, keepDigits));
  }
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
