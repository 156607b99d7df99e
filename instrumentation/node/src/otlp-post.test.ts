/** What becomes of one attempt, answer by answer (OTLP 1.11: 429, 502, 503 and 504 may be sent again). */
import { createServer, globalAgent, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { type PostTarget, postOtlp } from './otlp-post.ts';

const BODY = Buffer.from('spans');
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function listen(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
}

const target = (url: string, more: Partial<PostTarget> = {}): PostTarget => ({
  url,
  timeoutMs: 60_000,
  isGzip: false,
  headers: async () => ({ 'x-api-key': 'k' }),
  agent: () => globalAgent,
  ...more,
});

test.for([
  [200, { kind: 'sent' }],
  [400, { kind: 'refused', status: 400 }],
  [401, { kind: 'refused', status: 401 }],
  [500, { kind: 'refused', status: 500 }],
  [429, { kind: 'later', status: 429, afterMs: 7000 }],
  [502, { kind: 'later', status: 502 }],
  [503, { kind: 'later', status: 503 }],
  [504, { kind: 'later', status: 504 }],
] as const)('%i', async ([status, expected]) => {
  const url = await listen((_request, reply) => {
    reply.writeHead(status, { 'retry-after': '7' }).end();
  });
  expect(await postOtlp(target(url), BODY)).toMatchObject(expected);
});

test.for([
  ['7', 7000],
  ['86400', 300_000],
  ['Fri, 31 Dec 9999 23:59:59 GMT', 300_000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', undefined],
] as const)('Retry-After: %s asks for %s ms', async ([header, afterMs]) => {
  const url = await listen((_request, reply) => {
    reply.writeHead(503, { 'retry-after': header }).end();
  });
  expect(await postOtlp(target(url), BODY)).toMatchObject({ kind: 'later', afterMs });
});

test('nothing listens', async () => {
  const url = await listen(() => undefined);
  server?.close();
  expect(await postOtlp(target(url), BODY)).toMatchObject({ kind: 'later', code: 'ECONNREFUSED' });
});

test('the connection is cut', async () => {
  const url = await listen((request) => request.destroy());
  expect(await postOtlp(target(url), BODY)).toMatchObject({ kind: 'later', code: 'ECONNRESET' });
});

test('no answer comes in time', async () => {
  const url = await listen(() => undefined);
  const outcome = await postOtlp(target(url, { timeoutMs: 1 }), BODY);
  expect(outcome).toMatchObject({ kind: 'later', code: 'ETIMEDOUT' });
});

test('an address that is none', async () => {
  expect(await postOtlp(target('nowhere'), BODY)).toMatchObject({ kind: 'later' });
});

test.for([false, true])('the body arrives, gzip: %s', async (isGzip) => {
  const got: Buffer[] = [];
  const url = await listen((request, reply) => {
    expect(request.headers['x-api-key']).toBe('k');
    const isZipped = request.headers['content-encoding'] === 'gzip';
    void buffer(request).then((bytes) => {
      got.push(isZipped ? gunzipSync(bytes) : bytes);
      reply.end();
    });
  });
  await postOtlp(target(url, { isGzip }), BODY);
  expect(got).toEqual([BODY]);
});
