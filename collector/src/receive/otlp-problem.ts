// Problems of OTLP paths: a google.rpc.Status in the encoding of the request (OTLP 1.11), JSON where it has none.
import type { Request, Response } from 'express';
import type { Problem } from '../problems.ts';
import { problemStatus } from './status-details.ts';

export type OtlpEncoding = 'protobuf' | 'json';

const MEDIA_TYPE: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** Encodes a google.rpc.Status: decode/otlp-response.ts. */
export type EncodeStatus = (
  code: number,
  message: string,
  encoding: OtlpEncoding,
) => Uint8Array | string;

/** The media type without its parameters (RFC 9110 §8.3.1), compared without regard to case. */
export function encodingOf(request: Request): OtlpEncoding | undefined {
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType === MEDIA_TYPE.protobuf) return 'protobuf';
  return mediaType === MEDIA_TYPE.json ? 'json' : undefined;
}

/** Sends an OTLP body of either encoding. */
export function sendOtlp(
  response: Response,
  status: number,
  encoding: OtlpEncoding,
  body: Uint8Array | string,
): void {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  response.writeHead(status, {
    'content-type': MEDIA_TYPE[encoding],
    'content-length': bytes.length,
  });
  response.end(bytes);
}

/** Makes the function that answers a problem on any path under /v1/. */
export function createAnswerOtlpProblem(encodeStatus: EncodeStatus) {
  return (request: Request, response: Response, problem: Problem): void => {
    const encoding = encodingOf(request) ?? 'json';
    response.set(problem.headers);
    const told = { problem, code: problem.spec.grpc, message: problem.message };
    const body = problemStatus(told, encodeStatus, encoding);
    sendOtlp(response, problem.spec.status, encoding, body);
  };
}
