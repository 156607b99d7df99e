// OTLP/gRPC (OTLP 1.11): the Export methods of the three services, as unary gRPC over one HTTP/2 stream. What is
// particular to gRPC stands here; what a request goes through on every transport is take-request.ts.
// Invariants: the key is verified before a byte of the message is read; every call that is answered ends with a
// grpc-status. Why this is not @grpc/grpc-js: docs/decisions/0009-grpc-on-node-http2.md.
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Logger } from '../log.ts';
import type { Problem } from '../problems.ts';
import { saneRequestId } from '../request-id.ts';
import { type BodyLimits, type BodySource, readBody } from './body.ts';
import { openFramed, PREFIX_BYTES } from './grpc-frame.ts';
import { ACCEPT_ENCODING, GRPC_OK, grpcCodeOf, problemTrailers } from './grpc-status.ts';
import type { OtlpResponses } from './signal-route.ts';
import type { AcceptOutcome, Signal, TakeRequest } from './take-request.ts';
import { watchAnswer } from './unsent-answers.ts';

export interface GrpcCallDeps {
  readonly take: TakeRequest;
  readonly responses: OtlpResponses;
  readonly limits: BodyLimits;
  readonly log: Logger;
  readonly newRequestId: () => string;
}

const METHODS: Readonly<Record<string, Signal>> = {
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export': 'traces',
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export': 'logs',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': 'metrics',
};

/** `application/grpc`, with or without `+proto` and parameters; other sub-types are other serialisations. */
const CONTENT_TYPE = /^application\/grpc(\+proto)?\s*(;|$)/i;

const UNIMPLEMENTED = 12;
const NO_ERROR = 0;

/** One call on its way: its stream, what it was asked with, and how its end is counted. */
interface Call {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly requestId: string;
  readonly signal: Signal;
}

/** Makes the listener for `stream` events of an HTTP/2 server. */
export function createGrpcCalls(deps: GrpcCallDeps) {
  return (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    // A broken stream is told by `close`; without a listener its error would end the process.
    stream.on('error', () => undefined);
    const refusal = transportRefusal(headers);
    if (refusal !== undefined) {
      respondAlone(stream, refusal);
      return;
    }
    const signal = METHODS[String(headers[':path'])];
    if (signal === undefined) {
      const message = 'There is no such method; expected Export of an OTLP service.';
      respondAlone(stream, { 'grpc-status': UNIMPLEMENTED, 'grpc-message': message });
      return;
    }
    const given = headers['x-request-id'];
    const requestId = saneRequestId(given) ?? deps.newRequestId();
    void answer({ stream, headers, requestId, signal }, deps);
  };
}

/** What is no gRPC call at all is answered as plain HTTP, so that the one who sent it can read why. */
function transportRefusal(headers: IncomingHttpHeaders): OutgoingHttpHeaders | undefined {
  if (headers[':method'] !== 'POST') return { ':status': 405, allow: 'POST' };
  if (CONTENT_TYPE.test(headers['content-type'] ?? '')) return undefined;
  return { ':status': 415, accept: 'application/grpc' };
}

async function answer(call: Call, deps: GrpcCallDeps): Promise<void> {
  const { stream, headers, requestId, signal } = call;
  const result = await deps.take({
    signal,
    transport: 'grpc',
    headers,
    // Of the message, not of the stream: it is told by the prefix, and checked there.
    declaredBytes: undefined,
    requestId,
    encoding: () => 'protobuf',
    readBody: (place) => readBody(messageOf(call, deps), limitsOf(headers, deps.limits), place),
  });
  if (result.kind === 'accepted') respond(call, result.outcome, deps);
  else if (result.kind === 'refused') respondProblem(call, result.problem, deps);
  else stream.destroy();
  const code = result.kind === 'refused' ? grpcCodeOf(result.problem) : GRPC_OK;
  const status = result.kind === 'gone' ? 'aborted' : code;
  deps.log.debug({ request_id: requestId, signal, grpc_status: status }, 'gRPC call');
}

function messageOf({ stream, headers }: Call, { limits }: GrpcCallDeps): BodySource {
  const coding = String(headers['grpc-encoding'] ?? '');
  return {
    stream,
    declaredBytes: undefined,
    framingBytes: PREFIX_BYTES,
    openIntake: (flow) => openFramed(coding, limits, flow),
    isWhole: () => stream.readableEnded && !stream.aborted && stream.rstCode === NO_ERROR,
  };
}

const TIMEOUT_UNITS_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/** Nobody waits for a call beyond its `grpc-timeout`, so its message is not waited for either. */
function limitsOf(headers: IncomingHttpHeaders, limits: BodyLimits): BodyLimits {
  const match = /^(\d{1,8})([HMSmun])$/.exec(String(headers['grpc-timeout'] ?? ''));
  if (match === null) return limits;
  const toldMs = Number(match[1]) * TIMEOUT_UNITS_MS[match[2]!]!;
  return { ...limits, timeoutMs: Math.min(limits.timeoutMs, toldMs) };
}

function respond(call: Call, outcome: AcceptOutcome, { responses }: GrpcCallDeps): void {
  const { stream, signal, requestId } = call;
  if (stream.destroyed) return;
  const message = responses.encodeExportResponse({ signal, ...outcome }, 'protobuf') as Uint8Array;
  const framed = Buffer.alloc(PREFIX_BYTES + message.length);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, PREFIX_BYTES);
  watchAnswer(stream, framed.length);
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-accept-encoding': ACCEPT_ENCODING,
      'x-request-id': requestId,
    },
    { waitForTrailers: true },
  );
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': GRPC_OK }));
  stream.end(framed);
}

function respondProblem(call: Call, problem: Problem, { responses }: GrpcCallDeps): void {
  const trailers = problemTrailers(problem, responses.encodeStatus);
  respondAlone(call.stream, { ...trailers, 'x-request-id': call.requestId });
}

/** What remains of an answered request is read this long; then its sender is told that it is not wanted. */
const LINGER_MS = 1_000;

/**
 * An answer without a message ("Trailers-Only"). What remains of the request is read and thrown away: a stream that is
 * reset while its data is under way counts as an offence at either end, and for many of them a whole connection is cut
 * off, with the calls of others on it (ENHANCE_YOUR_CALM, which clients do not try again).
 */
function respondAlone(stream: ServerHttp2Stream, headers: OutgoingHttpHeaders): void {
  if (stream.destroyed) return;
  stream.respond(
    { ':status': 200, 'content-type': 'application/grpc', ...headers },
    { endStream: true },
  );
  if (stream.readableEnded) return;
  stream.resume();
  // RFC 9113 §8.1: a server that needs no more of a request ends it with NO_ERROR after its whole response.
  const linger = setTimeout(() => stream.close(), LINGER_MS);
  linger.unref();
  stream.once('close', () => clearTimeout(linger));
}
