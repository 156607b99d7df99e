// How a gRPC call ends: trailers with a status, and for what may be sent again a google.rpc.RetryInfo, which is how
// OTLP 1.11 tells a client that it may, and when ("OTLP/gRPC Throttling").
import type { OutgoingHttpHeaders } from 'node:http2';
import type { Problem } from '../problems.ts';
import { CODINGS } from './codings.ts';
import type { EncodeStatus } from './otlp-problem.ts';

/** grpc-status codes that no problem has, or that mean something else over gRPC than in an HTTP Status. */
export const GRPC_OK = 0;
const GRPC_UNIMPLEMENTED = 12;

/** Clients bound the size of all headers together (8 KiB in some), and percent-encoding makes text up to 9× longer. */
const MESSAGE_CHARS_MAX = 400;

/** Header of the encodings that we take (gRPC "Message-Accept-Encoding"). */
export const ACCEPT_ENCODING = `identity, ${CODINGS}`;

/** The trailers that tell a problem. */
export function problemTrailers(problem: Problem, encodeStatus: EncodeStatus): OutgoingHttpHeaders {
  const code = grpcCodeOf(problem);
  const message = problem.message.slice(0, MESSAGE_CHARS_MAX);
  const retryAfterSeconds = Number(problem.headers['retry-after'] ?? Number.NaN);
  const trailers: OutgoingHttpHeaders = {
    'grpc-status': code,
    'grpc-message': percentEncode(message),
  };
  if (code === GRPC_UNIMPLEMENTED) trailers['grpc-accept-encoding'] = ACCEPT_ENCODING;
  if (problem.spec.retryable && Number.isSafeInteger(retryAfterSeconds)) {
    const status = encodeStatus(code, message, 'protobuf') as Uint8Array;
    const details = Buffer.concat([status, retryDetail(retryAfterSeconds)]);
    trailers['grpc-status-details-bin'] = details.toString('base64');
  }
  return trailers;
}

/** The code of a call that ends with a problem. */
export function grpcCodeOf(problem: Problem): number {
  // gRPC, "Compression": an encoding that is not supported is UNIMPLEMENTED, with the ones that are.
  const isCoding = problem.code === 'content_encoding_unsupported';
  return isCoding ? GRPC_UNIMPLEMENTED : problem.spec.grpc;
}

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/** Field 3 of google.rpc.Status: an Any that holds RetryInfo{retry_delay: Duration{seconds}}. */
function retryDetail(seconds: number): Buffer {
  const duration = Buffer.concat([Buffer.of(0x08), varint(seconds)]);
  const any = Buffer.concat([
    field(0x0a, Buffer.from(RETRY_INFO)),
    field(0x12, field(0x0a, duration)),
  ]);
  return field(0x1a, any);
}

const field = (tag: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.of(tag), varint(content.length), content]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** gRPC over HTTP/2, "Percent-Encoded": space to `~` but `%` stand for themselves. */
function percentEncode(text: string): string {
  return [...Buffer.from(text, 'utf8')]
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
}
