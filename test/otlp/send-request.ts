/** Sends one request one way and brings back what came: over HTTP/1.1, or as a gRPC call over bare HTTP/2. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect, type IncomingHttpHeaders as Http2Headers } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import zlib from 'node:zlib';
import type { Framing, Receiver, RequestData, Signal, Way } from './conformance-case.ts';
import { encodeRequest } from './encode-request.ts';

export interface Answer {
  /** Of HTTP. */
  readonly status: number;
  /** Of gRPC; undefined where none came, or over HTTP. */
  readonly grpcStatus: number | undefined;
  /** Headers and trailers together. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, or the message of a gRPC answer. */
  readonly body: Buffer;
}

const ANSWER_TIMEOUT_MS = 30_000;
const PREFIX_BYTES = 5;
const UNKNOWN_KEY = 'aicost_unknownkey_0123456789abcdef0123456789abcdef';
const CONTENT_TYPES = {
  'http/protobuf': 'application/x-protobuf',
  'http/json': 'application/json',
  grpc: 'application/grpc',
} as const;
const METHODS: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

/** @throws Error when the connection ends, or nothing comes in time */
export function sendRequest(request: RequestData, way: Way, receiver: Receiver): Promise<Answer> {
  const body = encodeRequest(request, way, receiver);
  const headers = headersOf(request, way, receiver);
  return way.transport === 'grpc'
    ? callGrpc(receiver.grpcUrl!, { request, headers, body })
    : postHttp(receiver.httpUrl!, { request, headers, body });
}

interface Outgoing {
  readonly request: RequestData;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Those that the specification asks for, then what the case says instead. */
function headersOf(request: RequestData, way: Way, receiver: Receiver): Record<string, string> {
  const codingHeader = way.transport === 'grpc' ? 'grpc-encoding' : 'content-encoding';
  const key =
    request.key === 'unknown' ? UNKNOWN_KEY : request.key === 'none' ? null : receiver.key;
  const all: Record<string, string | null> = {
    'content-type': CONTENT_TYPES[way.transport],
    [codingHeader]: way.coding === 'none' ? null : way.coding,
    'x-api-key': key,
    ...request.headers,
  };
  const present = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== null);
  return Object.fromEntries(present);
}

function postHttp(url: string, { request, headers, body }: Outgoing): Promise<Answer> {
  const path = request.path ?? `/v1/${request.signal ?? 'traces'}`;
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  const method = request.method ?? 'POST';
  const hasBody = !/^(GET|HEAD|OPTIONS)$/.test(method);
  return new Promise((resolve, reject) => {
    // Told for every method: Node would send the body of a DELETE without.
    const length = { 'content-length': hasBody ? body.length : 0 };
    const options = { method, headers: { ...headers, ...length }, agent: false };
    const outgoing = send(new URL(path, url), options, (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.on('error', reject);
      incoming.on('end', () => {
        resolve({
          status: incoming.statusCode ?? 0,
          grpcStatus: undefined,
          headers: textsOf(incoming.headers),
          body: Buffer.concat(pieces),
        });
      });
    });
    outgoing.setTimeout(ANSWER_TIMEOUT_MS, () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('error', reject);
    outgoing.end(hasBody ? body : undefined);
  });
}

function callGrpc(url: string, { request, headers, body }: Outgoing): Promise<Answer> {
  const session = connect(url);
  const told: Http2Headers = {};
  return new Promise<Answer>((resolve, reject) => {
    session.on('error', reject);
    const stream = session.request({
      ':method': request.method ?? 'POST',
      ':path': request.path ?? METHODS[request.signal ?? 'traces'],
      te: 'trailers',
      ...headers,
    });
    const pieces: Buffer[] = [];
    stream.setTimeout(ANSWER_TIMEOUT_MS, () => reject(new Error('no answer in time')));
    stream.on('response', (given) => Object.assign(told, given));
    stream.on('trailers', (given) => Object.assign(told, given));
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('error', (error) => (told[':status'] === undefined ? reject(error) : undefined));
    stream.on('close', () => resolve(grpcAnswer(told, Buffer.concat(pieces))));
    stream.end(framed(body, headers['grpc-encoding'] !== undefined, request.framing));
  }).finally(() => session.destroy());
}

function grpcAnswer(told: Http2Headers, bytes: Buffer): Answer {
  if (told[':status'] === undefined) throw new Error('the stream was closed without an answer');
  const status = told['grpc-status'];
  return {
    status: Number(told[':status']),
    grpcStatus: status === undefined ? undefined : Number(status),
    headers: textsOf(told),
    body: messageOf(bytes, told),
  };
}

/** The message of an answer, which a server may compress as the request was. */
function messageOf(bytes: Buffer, told: Http2Headers): Buffer {
  const message = bytes.subarray(PREFIX_BYTES);
  if (bytes[0] !== 1) return message;
  const decompress = DECOMPRESS[String(told['grpc-encoding'])];
  if (decompress === undefined)
    throw new Error(`the answer is compressed as ${told['grpc-encoding']}`);
  return decompress(message);
}

const DECOMPRESS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => zlib.gunzipSync(bytes),
  deflate: (bytes) => zlib.inflateSync(bytes),
  zstd: (bytes) => zlib.zstdDecompressSync(bytes),
};

const textsOf = (headers: IncomingHttpHeaders | Http2Headers): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

function framed(message: Buffer, isCompressed: boolean, framing: Framing | undefined): Buffer {
  const frame = (flag: number, bytes = message.length): Buffer => {
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.writeUInt8(flag, 0);
    prefix.writeUInt32BE(bytes, 1);
    return Buffer.concat([prefix, message]);
  };
  const whole = frame(isCompressed ? 1 : 0);
  switch (framing) {
    case undefined:
      return whole;
    case 'no message':
      return Buffer.alloc(0);
    case 'half a prefix':
      return whole.subarray(0, 3);
    case 'cut off':
      return whole.subarray(0, -1);
    case 'twice':
      return Buffer.concat([whole, whole]);
    case 'flag 2':
      return frame(2);
    case 'flag 1 without grpc-encoding':
      return frame(1);
    case 'flag 0 though grpc-encoding is named':
      return frame(0);
    case 'declares 4 GiB':
      return frame(0, 0xffff_ffff);
  }
}
