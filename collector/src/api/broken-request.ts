// What Node's parser refuses never becomes a request, so no route can answer it; Node alone would answer with an
// empty body. Its path may be unknown: the body is a google.rpc.Status as JSON, which OTLP clients read, and which
// says what is wrong to everybody else.
import type { Duplex } from 'node:stream';
import { Problem, type ProblemCode } from '../problems.ts';

/** By the code of the parser's error; everything else is malformed. */
const CODES: Readonly<Record<string, ProblemCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'body_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
};

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/** Answers and closes the connection; what follows on it cannot be told apart from the broken part. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const { spec } = new Problem(CODES[error.code ?? ''] ?? 'request_malformed');
  const body = JSON.stringify({ code: spec.grpc, message: spec.sentence });
  const head = [
    `HTTP/1.1 ${spec.status} ${REASONS[spec.status]}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
