/** A small receiver that is right about the cases of the test beside it, but for the fault it is given. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

export type Fault =
  | 'none'
  | 'takes everything'
  | '500 for bad data'
  | 'answers JSON to protobuf'
  | 'errors as text'
  | 'no gzip'
  | 'no limit after decompression'
  | 'asks for no key'
  | 'sets partial_success always'
  | 'upper-case ids refused'
  | 'closes without an answer';

export const LIMIT_BYTES = 100_000;
export const KEY = 'the-key';

/** Starts it on a free port. */
export function startWrongReceiver(fault: Fault): Promise<Server> {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      if (fault === 'closes without an answer') request.socket.destroy();
      else answer(request, response, { fault, body: Buffer.concat(pieces) });
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

interface Given {
  readonly fault: Fault;
  readonly body: Buffer;
}

function answer(request: IncomingMessage, response: ServerResponse, given: Given): void {
  const isJson = request.headers['content-type'] === 'application/json';
  const status = given.fault === 'takes everything' ? 200 : statusOf(request, given, isJson);
  const told = isJson || given.fault === 'answers JSON to protobuf';
  const type = told ? 'application/json' : 'application/x-protobuf';
  if (status !== 200 && given.fault === 'errors as text') {
    response.writeHead(status, { 'content-type': 'text/plain' }).end('no');
    return;
  }
  response.writeHead(status, { 'content-type': type, allow: 'POST' });
  response.end(status === 200 ? success(told, given.fault) : failure(told));
}

function success(isJson: boolean, fault: Fault): string | Buffer {
  if (fault !== 'sets partial_success always') return isJson ? '{}' : Buffer.alloc(0);
  return isJson ? '{"partialSuccess":{}}' : Buffer.from([0x0a, 0]);
}

const failure = (isJson: boolean): string | Buffer =>
  isJson ? '{"code":3,"message":"no"}' : Buffer.from([0x08, 3, 0x12, 2, 0x6e, 0x6f]);

function statusOf(request: IncomingMessage, { fault, body }: Given, isJson: boolean): number {
  if (request.method !== 'POST') return 405;
  if (request.headers['x-api-key'] !== KEY && fault !== 'asks for no key') return 401;
  const bad = fault === '500 for bad data' ? 500 : 400;
  const coding = request.headers['content-encoding'] ?? 'identity';
  const isGzip = coding.toLowerCase() === 'gzip';
  if (!isGzip && coding !== 'identity') return 415;
  if (isGzip && fault === 'no gzip') return bad;
  const bound = fault === 'no limit after decompression' ? 1e9 : LIMIT_BYTES;
  try {
    const plain = isGzip ? gunzipSync(body, { maxOutputLength: bound }) : body;
    if (plain.length > bound) return 413;
    return isRead(plain, isJson, fault) ? 200 : bad;
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return isTooLarge ? 413 : bad;
  }
}

/** Whether it is JSON, or fields of protobuf one after the other. */
function isRead(bytes: Buffer, isJson: boolean, fault: Fault): boolean {
  if (isJson) {
    const text = bytes.toString('utf8');
    JSON.parse(text || '{}');
    return !(fault === 'upper-case ids refused' && /"traceId":"[^"]*[A-F]/.test(text));
  }
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) reader.skipType(reader.uint32() & 7);
  return true;
}
