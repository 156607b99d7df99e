// How a gRPC call ends: trailers with a code, a message, and the google.rpc.Status that holds the details, of which
// RetryInfo is how a client learns that it may send again, and when (OTLP 1.11, "OTLP/gRPC Throttling").
import type { OutgoingHttpHeaders } from 'node:http2';
import type { Problem } from '../problems.ts';
import { CODINGS } from './codings.ts';
import type { EncodeStatus } from './otlp-problem.ts';
import { problemStatus } from './status-details.ts';

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
  const status = problemStatus({ problem, code, message }, encodeStatus, 'protobuf') as Uint8Array;
  const trailers: OutgoingHttpHeaders = {
    'grpc-status': code,
    'grpc-message': percentEncode(message),
    'grpc-status-details-bin': Buffer.from(status).toString('base64'),
  };
  if (code === GRPC_UNIMPLEMENTED) trailers['grpc-accept-encoding'] = ACCEPT_ENCODING;
  return trailers;
}

/** The code of a call that ends with a problem. */
export function grpcCodeOf(problem: Problem): number {
  // gRPC, "Compression": an encoding that is not supported is UNIMPLEMENTED, with the ones that are.
  const isCoding = problem.code === 'content_encoding_unsupported';
  return isCoding ? GRPC_UNIMPLEMENTED : problem.spec.grpc;
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
