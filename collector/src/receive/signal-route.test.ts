import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import zlib from 'node:zlib';
import express from 'express';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SCOPES, type Scope, type TenantId } from '../access.ts';
import { createAuthenticate } from '../authenticate/authenticate.ts';
import { BufferPool } from '../buffer-pool.ts';
import { hashKey } from '../key-format.ts';
import { createLog } from '../log.ts';
import { createMetrics, type Metrics } from '../metrics.ts';
import { badRequest, unavailable } from '../problems.ts';
import { createHeldBytes } from './held-bytes.ts';
import { createSignalRoute, type OtlpResponses } from './signal-route.ts';
import { type AcceptRequest, createTakeRequest } from './take-request.ts';
import { openDoor } from './test-admission.ts';

const LIMIT = 1_000_000;
const KEY = 'aicost_ingester_0123456789abcdef0123456789abcdef';
const READER = 'aicost_reader_0123456789abcdef0123456789abcdef';
const JSON_TYPE = 'application/json';
const PROTOBUF_TYPE = 'application/x-protobuf';

/** Readable stand-ins for the wire encoders, so that a test sees what it was given. */
const responses: OtlpResponses = {
  encodeStatus: (code, message, encoding) => JSON.stringify({ code, message, encoding }),
  encodeExportResponse: (outcome, encoding) => JSON.stringify({ ...outcome, encoding }),
};

let server: Server;
let origin: string;
let metrics: Metrics;
let accepted: { tenant: TenantId; bytes: Buffer; encoding: string }[];
let accept: AcceptRequest;

function findKey(id: string) {
  const keys: Record<string, { key: string; scopes: Scope[] }> = {
    ingester: { key: KEY, scopes: ['ingest'] },
    reader: { key: READER, scopes: SCOPES.filter((scope) => scope !== 'ingest') },
  };
  const found = keys[id];
  return found === undefined
    ? undefined
    : {
        id,
        tenant: 'acme',
        scopes: found.scopes,
        sha256: hashKey(found.key).toString('hex'),
        name: null,
        createdAt: '2026-01-01T00:00:00Z',
        createdBy: 'test',
        expiresAt: null,
        sqlUser: false,
        revokedAt: null,
      };
}

beforeEach(async () => {
  accepted = [];
  accept = async (tenant, bytes, encoding) => {
    accepted.push({ tenant, bytes: Buffer.from(bytes), encoding });
    return { rejected: 0, message: '' };
  };
  metrics = createMetrics();
  const app = express();
  const held = createHeldBytes(3 * LIMIT, (total) => metrics.aicost_otlp_held_bytes.set(total));
  const acceptAny: AcceptRequest = (...given) => accept(...given);
  const take = createTakeRequest({
    buffers: new BufferPool(),
    admission: openDoor(held),
    authenticate: createAuthenticate({ findKey, now: () => new Date(0) }),
    accept: { traces: acceptAny, logs: acceptAny, metrics: acceptAny },
    metrics,
    log: createLog('silent', process.stderr),
  });
  const limits = { bytesMax: LIMIT, timeoutMs: 10_000 };
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    const route = createSignalRoute({ signal, take, responses, limits });
    app.all(`/v1/${signal}`, route);
  }
  server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function post(
  body: Uint8Array | string,
  headers: Record<string, string> = {},
  method = 'POST',
) {
  const response = await fetch(`${origin}/v1/traces`, {
    method,
    headers: { 'x-api-key': KEY, 'content-type': PROTOBUF_TYPE, ...headers },
    ...(method === 'GET' ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  });
  const text = await response.text();
  return { response, status: response.status, answer: JSON.parse(text) as Record<string, unknown> };
}

describe('an accepted request', () => {
  test.for([
    ['plain', undefined, (b: Buffer) => b],
    ['identity', 'identity', (b: Buffer) => b],
    ['gzip', 'gzip', (b: Buffer) => zlib.gzipSync(b)],
    ['gzip in other case', ' GZIP', (b: Buffer) => zlib.gzipSync(b)],
    [
      'gzip of two members',
      'gzip',
      (b: Buffer) => Buffer.concat([zlib.gzipSync(b.subarray(0, 9)), zlib.gzipSync(b.subarray(9))]),
    ],
    ['deflate', 'deflate', (b: Buffer) => zlib.deflateSync(b)],
    ['zstd', 'zstd', (b: Buffer) => zlib.zstdCompressSync(b)],
  ] as const)(
    'reaches the pipeline unchanged when its body is %s',
    async ([, encoding, compress]) => {
      const body = Buffer.alloc(300_000, 'span ');
      const { status, answer } = await post(
        compress(body),
        encoding === undefined ? {} : { 'content-encoding': encoding },
      );
      expect({ status, answer }).toEqual({
        status: 200,
        answer: { signal: 'traces', rejected: 0, message: '', encoding: 'protobuf' },
      });
      expect(accepted).toHaveLength(1);
      expect(accepted[0]?.bytes.equals(body)).toBe(true);
      expect(accepted[0]?.tenant).toBe('acme');
    },
  );

  test.for([
    [PROTOBUF_TYPE, 'protobuf'],
    ['application/json; charset=utf-8', 'json'],
    ['Application/JSON', 'json'],
  ] as const)('of type %s is answered in its own encoding, %s', async ([type, encoding]) => {
    const { response, answer } = await post('{}', { 'content-type': type });
    expect(answer['encoding']).toBe(encoding);
    expect(accepted[0]?.encoding).toBe(encoding);
    expect(response.headers.get('content-type')).toBe(type.split(';')[0]?.toLowerCase());
  });

  test('may be empty', async () => {
    expect((await post(new Uint8Array())).status).toBe(200);
    expect(accepted[0]?.bytes).toHaveLength(0);
  });

  test('may be as large as the limit and not a byte larger', async () => {
    expect((await post(Buffer.alloc(LIMIT))).status).toBe(200);
    expect((await post(Buffer.alloc(LIMIT + 1))).status).toBe(413);
  });

  test('tells its sender about refused spans, in a message of bounded size', async () => {
    accept = async () => ({ rejected: 2, message: 'x'.repeat(100_000) });
    const { status, answer } = await post('');
    expect({ status, rejected: answer['rejected'] }).toEqual({ status: 200, rejected: 2 });
    expect(String(answer['message']).length).toBeLessThanOrEqual(4_096);
  });

  test.for(['logs', 'metrics'])('of %s goes the same way and is counted apart', async (signal) => {
    const response = await fetch(`${origin}/v1/${signal}`, {
      method: 'POST',
      headers: { 'x-api-key': KEY, 'content-type': JSON_TYPE },
      body: '{}',
    });
    expect(await response.json()).toMatchObject({ signal, rejected: 0, encoding: 'json' });
    const { values } = await metrics.aicost_otlp_bytes_total.get();
    expect(values).toContainEqual({
      labels: { signal, transport: 'http', form: 'wire' },
      value: 2,
    });
    const refused = await fetch(`${origin}/v1/${signal}`, { method: 'POST', body: '{}' });
    expect(refused.status).toBe(401);
  });

  test('gives back every byte it held', async () => {
    await post(Buffer.alloc(1000));
    await post(Buffer.alloc(LIMIT + 1));
    await post('broken', { 'content-encoding': 'gzip' });
    expect((await metrics.aicost_otlp_held_bytes.get()).values[0]?.value).toBe(0);
  });
});

describe('a refused request', () => {
  test.for([
    ['has no key', { 'x-api-key': '' }, 401, 16],
    ['has an unknown key', { 'x-api-key': 'aicost_nobody_0123456789abcdef' }, 401, 16],
    [
      'has the secret of another key',
      { 'x-api-key': READER.replace('reader', 'ingester1') },
      401,
      16,
    ],
    ['has a key without the scope', { 'x-api-key': READER }, 403, 7],
    ['is of another content type', { 'content-type': 'text/plain' }, 415, 3],
    ['is compressed in an unknown way', { 'content-encoding': 'br' }, 415, 3],
    ['is compressed twice', { 'content-encoding': 'gzip, gzip' }, 415, 3],
    ['names a property of Object as encoding', { 'content-encoding': 'constructor' }, 415, 3],
    ['does not decompress', { 'content-encoding': 'gzip' }, 400, 3],
    ['does not inflate', { 'content-encoding': 'deflate' }, 400, 3],
  ] as const)('that %s gets its status and a Status', async ([, headers, status, code]) => {
    const { response, ...got } = await post('not compressed', headers);
    expect({ status: got.status, code: got.answer['code'] }).toEqual({ status, code });
    expect(response.headers.get('www-authenticate') !== null).toBe(status === 401);
    expect(response.headers.get('retry-after')).toBeNull();
    expect(JSON.stringify(got.answer)).not.toContain('0123456789abcdef');
    expect(accepted).toHaveLength(0);
  });

  test.for(['GET', 'PUT', 'DELETE'])('by the method %s is 405 and names POST', async (method) => {
    const { response, status } = await post('', {}, method);
    expect({ status, allow: response.headers.get('allow') }).toEqual({
      status: 405,
      allow: 'POST',
    });
  });

  test('for cut-off gzip is 400', async () => {
    const cut = zlib.gzipSync(Buffer.from('0123456789'.repeat(100))).subarray(0, 20);
    expect((await post(cut, { 'content-encoding': 'gzip' })).status).toBe(400);
  });

  test('for a declared length above the limit is refused before its body is sent', async () => {
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(`${origin}/v1/traces`, {
        method: 'POST',
        headers: { 'x-api-key': KEY, 'content-type': JSON_TYPE, 'content-length': LIMIT + 1 },
      });
      request.on('response', (response) => resolve(response.statusCode)).on('error', reject);
      request.flushHeaders();
    });
    expect(status).toBe(413);
  });

  test('for a gzip bomb is 413, however far it would expand, and the process stays well', async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(100_000_000));
    let highest = 0;
    const set = metrics.aicost_otlp_held_bytes.set.bind(metrics.aicost_otlp_held_bytes);
    metrics.aicost_otlp_held_bytes.set = (value: unknown) => {
      highest = Math.max(highest, Number(value));
      set(Number(value));
    };
    const { status, answer } = await post(bomb, { 'content-encoding': 'gzip' });
    expect({ status, code: answer['code'] }).toEqual({ status: 413, code: 8 });
    expect(highest).toBeLessThanOrEqual(LIMIT);
    expect((await post('')).status).toBe(200);
  });

  test.for([
    ['bad data', () => badRequest('span 3: trace_id has 15 bytes, expected 16'), 400, 3, null],
    ['a full journal', () => unavailable('journal_unavailable', undefined, 7), 503, 14, '7'],
    ['a fault of ours', () => new TypeError('secret internals'), 500, 13, null],
  ] as const)('for %s has the right status', async ([, error, status, code, retryAfter]) => {
    accept = async () => {
      throw error();
    };
    const { response, ...got } = await post('');
    expect({ status: got.status, code: got.answer['code'] }).toEqual({ status, code });
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    const RPC = 'type.googleapis.com/google.rpc';
    const retry = [{ '@type': `${RPC}.RetryInfo`, retryDelay: '7s' }];
    const bad = [
      { '@type': `${RPC}.BadRequest`, fieldViolations: [{ description: expect.any(String) }] },
    ];
    expect(got.answer['details']).toEqual(
      status === 503 ? retry : status === 400 ? bad : undefined,
    );
    expect(JSON.stringify(got.answer)).not.toContain('secret internals');
  });

  test('when all requests together hold too much is 503 and can be sent again', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const reached: (() => void)[] = [];
    accept = async () => {
      reached.pop()?.();
      await gate;
      return { rejected: 0, message: '' };
    };
    const holding = [];
    for (let i = 0; i < 3; i += 1) {
      const isIn = new Promise<void>((resolve) => reached.push(resolve));
      holding.push(post(Buffer.alloc(LIMIT)));
      await isIn;
    }
    const { response, status } = await post(Buffer.alloc(10));
    expect({ status, retry: response.headers.get('retry-after') }).toEqual({
      status: 503,
      retry: '1',
    });
    open();
    expect((await Promise.all(holding)).map((one) => one.status)).toEqual([200, 200, 200]);
    expect((await post(Buffer.alloc(10))).status).toBe(200);
  });
});

test('a client that goes away in the middle of its body leaves nothing behind', async () => {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  socket.write(
    `POST /v1/traces HTTP/1.1\r\nhost: x\r\nx-api-key: ${KEY}\r\ncontent-type: ${JSON_TYPE}\r\ncontent-length: 1000\r\n\r\n{"half`,
  );
  await expect
    .poll(async () => (await metrics.aicost_otlp_held_bytes.get()).values[0]?.value)
    .toBe(6);
  socket.destroy();
  await expect
    .poll(async () => (await metrics.aicost_otlp_held_bytes.get()).values[0]?.value)
    .toBe(0);
  expect(accepted).toHaveLength(0);
});
