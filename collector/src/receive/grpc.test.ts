import { type ClientHttp2Session, connect } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import zlib from 'node:zlib';
import {
  Client,
  credentials,
  Metadata as Meta,
  type Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAuthenticate } from '../authenticate/authenticate.ts';
import type { Listener } from '../bind.ts';
import { encodeExportResponse, encodeStatus } from '../decode/otlp-response.ts';
import { hashKey } from '../key-format.ts';
import { createLog } from '../log.ts';
import { createMetrics, type Metrics } from '../metrics.ts';
import { badRequest, unavailable } from '../problems.ts';
import { createGrpcCalls } from './grpc-call.ts';
import { type GrpcServerLimits, listenGrpc } from './grpc-server.ts';
import { createHeldBytes } from './held-bytes.ts';
import { type AcceptRequest, createTakeRequest } from './take-request.ts';
import { openDoor } from './test-admission.ts';

const LIMIT = 1_000_000;
const KEY = 'aicost_ingester_0123456789abcdef0123456789abcdef';
const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';
const BAD_REQUEST = 'type.googleapis.com/google.rpc.BadRequest';
const LIMITS: GrpcServerLimits = {
  streamsMax: 8,
  streamWindowBytes: 65_535,
  connectionWindowBytes: 65_535,
  headerBytesMax: 16_384,
  prefaceTimeoutMs: 10_000,
  pingEveryMs: 10_000,
  pingTimeoutMs: 10_000,
  idleMs: 10_000,
  ageMs: 60_000,
};
const noDeadline = AbortSignal.any([]);

let listener: Listener;
let metrics: Metrics;
let accepted: { tenant: string; bytes: Buffer; encoding: string }[];
let accept: AcceptRequest;
let bodyTimeoutMs: number;
let refusedConnections: number;

async function start(limits: Partial<GrpcServerLimits> = {}, connectionsMax = 100): Promise<void> {
  const held = createHeldBytes(3 * LIMIT, (total) => metrics.aicost_otlp_held_bytes.set(total));
  const log = createLog('silent', process.stderr);
  const record = {
    id: 'ingester',
    tenant: 'acme',
    scopes: ['ingest' as const],
    sha256: hashKey(KEY).toString('hex'),
    name: null,
    createdAt: '2026-01-01T00:00:00Z',
    createdBy: 'test',
    expiresAt: null,
    revokedAt: null,
  };
  const findKey = (id: string) => (id === 'ingester' ? record : undefined);
  const acceptAny: AcceptRequest = (...given) => accept(...given);
  const take = createTakeRequest({
    admission: openDoor(held),
    authenticate: createAuthenticate({ findKey, now: () => new Date(0) }),
    accept: { traces: acceptAny, logs: acceptAny, metrics: acceptAny },
    metrics,
    log,
  });
  const calls = createGrpcCalls({
    take,
    responses: { encodeStatus, encodeExportResponse },
    limits: { bytesMax: LIMIT, timeoutMs: bodyTimeoutMs },
    log,
    newRequestId: () => 'request-1',
  });
  listener = await listenGrpc({
    address: { host: '127.0.0.1', port: 0 },
    calls,
    tls: undefined,
    limits: { ...LIMITS, ...limits },
    connections: {
      connectionsMax,
      onRefused: () => {
        refusedConnections += 1;
      },
    },
  });
}

beforeEach(() => {
  accepted = [];
  refusedConnections = 0;
  bodyTimeoutMs = 10_000;
  metrics = createMetrics();
  accept = async (tenant, bytes, encoding) => {
    accepted.push({ tenant, bytes: Buffer.from(bytes), encoding });
    return { rejected: 0, message: '' };
  };
});

afterEach(async () => {
  await listener.close(AbortSignal.abort());
});

const heldBytes = async () => (await metrics.aicost_otlp_held_bytes.get()).values[0]?.value;

/** Through gRPC's own client. */
function call(body: Buffer, metadata: Record<string, string> = {}, method = TRACES) {
  const { host, port } = listener.address;
  const client = new Client(`${host}:${port}`, credentials.createInsecure());
  const given = new Meta();
  for (const [name, value] of Object.entries({ 'x-api-key': KEY, ...metadata }))
    given.set(name, value);
  const asIs = (bytes: Buffer) => bytes;
  return new Promise<{ code: number; answer?: Buffer; details?: string; metadata?: Metadata }>(
    (resolve) => {
      client.makeUnaryRequest(
        method,
        asIs,
        asIs,
        body,
        given,
        (error: ServiceError | null, answer?: Buffer) => {
          client.close();
          if (error === null) resolve({ code: 0, ...(answer ? { answer } : {}) });
          else resolve(error);
        },
      );
    },
  );
}

function frame(message: Buffer, flag = 0, declared = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(declared, 1);
  return Buffer.concat([prefix, message]);
}

let session: ClientHttp2Session;

/** The bytes of a stream as they are given, through nothing but HTTP/2. */
async function raw(body: Buffer | null, headers: Record<string, string> = {}) {
  session = connect(`http://127.0.0.1:${listener.address.port}`);
  session.on('error', () => undefined);
  const stream = session.request({
    ':method': 'POST',
    ':path': TRACES,
    'content-type': 'application/grpc',
    te: 'trailers',
    'x-api-key': KEY,
    ...headers,
  });
  stream.on('error', () => undefined);
  const told: Record<string, unknown> = {};
  stream.on('response', (given) => Object.assign(told, given));
  stream.on('trailers', (given) => Object.assign(told, given));
  stream.resume();
  if (body === null) stream.write(frame(Buffer.alloc(0), 0, 10));
  else stream.end(body);
  await new Promise((resolve) => stream.once('close', resolve));
  session.destroy();
  return told;
}

describe('a call', () => {
  test.for([
    ['plain', {}, (b: Buffer) => frame(b)],
    ['plain though an encoding is named', { 'grpc-encoding': 'gzip' }, (b: Buffer) => frame(b)],
    ['gzip', { 'grpc-encoding': 'gzip' }, (b: Buffer) => frame(zlib.gzipSync(b), 1)],
    ['deflate', { 'grpc-encoding': 'deflate' }, (b: Buffer) => frame(zlib.deflateSync(b), 1)],
    ['zstd', { 'grpc-encoding': 'zstd' }, (b: Buffer) => frame(zlib.zstdCompressSync(b), 1)],
  ] as const)(
    'reaches the pipeline unchanged when its message is %s',
    async ([, headers, pack]) => {
      await start();
      const body = Buffer.alloc(300_000, 'span ');
      expect(await raw(pack(body), headers)).toMatchObject({ ':status': 200, 'grpc-status': '0' });
      expect(accepted).toMatchObject([{ tenant: 'acme', encoding: 'protobuf' }]);
      expect(accepted[0]?.bytes.equals(body)).toBe(true);
      expect(await heldBytes()).toBe(0);
    },
  );

  test('of a gRPC client is answered, in each service, also when it is empty', async () => {
    await start();
    for (const method of [
      'trace.v1.TraceService',
      'logs.v1.LogsService',
      'metrics.v1.MetricsService',
    ]) {
      const path = `/opentelemetry.proto.collector.${method}/Export`;
      expect(await call(Buffer.alloc(0), {}, path)).toEqual({ code: 0, answer: Buffer.alloc(0) });
    }
    const { values } = await metrics.aicost_otlp_requests_total.get();
    const signals = values.map(({ labels }) => `${labels.signal} ${labels.transport}`);
    expect(signals).toEqual(['traces grpc', 'logs grpc', 'metrics grpc']);
  });

  test('tells refused records as partial success', async () => {
    await start();
    accept = async () => ({ rejected: 2, message: 'two are broken' });
    const { answer } = await call(Buffer.from('x'));
    const outcome = { signal: 'traces' as const, rejected: 2, message: 'two are broken' };
    expect(answer).toEqual(encodeExportResponse(outcome, 'protobuf'));
  });

  test('may be as large as the limit and not a byte larger', async () => {
    await start();
    expect(await call(Buffer.alloc(LIMIT))).toMatchObject({ code: 0 });
    expect(await call(Buffer.alloc(LIMIT + 1))).toMatchObject({ code: 8 });
  });
});

describe('a refused call', () => {
  test.for([
    ['has no key', { 'x-api-key': '' }, 16],
    ['has an unknown key', { 'x-api-key': 'aicost_nobody_0123456789abcdef' }, 16],
  ] as const)('that %s is told before its message is read', async ([, metadata, code]) => {
    await start();
    // The message never comes: an answer shows that nobody waits for it.
    expect(await raw(null, metadata)).toMatchObject({
      ':status': 200,
      'grpc-status': String(code),
    });
    expect(await call(Buffer.alloc(LIMIT), metadata)).toMatchObject({ code });
    expect(accepted).toHaveLength(0);
  });

  const gzip = { 'grpc-encoding': 'gzip' };
  test.for([
    ['is of an unknown method', { ':path': '/x.Y/Z' }, frame(Buffer.alloc(0)), 12],
    ['is compressed in an unknown way', { 'grpc-encoding': 'br' }, frame(Buffer.from('x'), 1), 12],
    ['says compressed and not how', {}, frame(Buffer.from('x'), 1), 3],
    ['has another flag', {}, frame(Buffer.from('x'), 2), 3],
    ['does not decompress', gzip, frame(Buffer.from('plain'), 1), 3],
    ['has cut-off gzip', gzip, frame(zlib.gzipSync(Buffer.alloc(99)).subarray(0, 20), 1), 3],
    ['has nothing where gzip should be', gzip, frame(Buffer.alloc(0), 1), 3],
    ['has no message', {}, Buffer.alloc(0), 3],
    ['has half a prefix', {}, Buffer.alloc(3), 3],
    ['ends before its message does', {}, frame(Buffer.from('x'), 0, 9), 3],
    ['has two messages', {}, Buffer.concat([frame(Buffer.from('x')), frame(Buffer.from('y'))]), 3],
    ['declares more than may be sent', {}, frame(Buffer.from('x'), 0, LIMIT + 1), 8],
    ['is a gzip bomb', gzip, frame(zlib.gzipSync(Buffer.alloc(50_000_000)), 1), 8],
  ] as const)('that %s has its code, and holds nothing', async ([, headers, body, code]) => {
    await start();
    const told = await raw(body, headers);
    expect(told).toMatchObject({ ':status': 200, 'grpc-status': String(code) });
    const details = Buffer.from(String(told['grpc-status-details-bin'] ?? ''), 'base64');
    expect(details.includes(RETRY_INFO)).toBe(false);
    expect(details.includes(BAD_REQUEST)).toBe(code === 3);
    expect(accepted).toHaveLength(0);
    expect((await heldBytes()) ?? 0).toBe(0);
  });

  test.for([
    ['by GET', { ':method': 'GET' }, 405],
    ['of another content type', { 'content-type': 'application/json' }, 415],
    ['of another serialisation', { 'content-type': 'application/grpc+json' }, 415],
  ] as const)('that is no gRPC, %s, is told as HTTP', async ([, headers, status]) => {
    await start();
    expect(await raw(Buffer.alloc(0), headers)).toMatchObject({ ':status': status });
  });

  test.for([
    ['bad data', () => badRequest('span 3: 100 % wrong, „ja“'), 3, null],
    ['a full journal', () => unavailable('journal_unavailable', undefined, 300), 14, 300],
    ['a fault of ours', () => new TypeError('secret internals'), 13, null],
  ] as const)('for %s says whether to come back', async ([, error, code, retryAfter]) => {
    await start();
    accept = async () => {
      throw error();
    };
    const told = await call(Buffer.from('x'));
    expect(told.code).toBe(code);
    expect(told.details).not.toContain('secret internals');
    if (code === 3) expect(told.details).toBe('span 3: 100 % wrong, „ja“');
    const details = (told.metadata?.get('grpc-status-details-bin') ?? [])[0] as Buffer | undefined;
    expect(details?.includes(RETRY_INFO) ?? false).toBe(retryAfter !== null);
    // RetryInfo{retry_delay{seconds: 300}}: the last bytes of the Status.
    if (retryAfter !== null)
      expect(details?.subarray(-5)).toEqual(Buffer.from([0x0a, 3, 8, 0xac, 2]));
  });

  test('whose message comes too slowly is DEADLINE_EXCEEDED', async () => {
    bodyTimeoutMs = 30;
    await start();
    expect(await raw(null)).toMatchObject({ 'grpc-status': '4' });
    expect(await heldBytes()).toBe(0);
  });
});

const NOTHING = Buffer.alloc(0);

/** One frame of HTTP/2 on stream 1, or 0 for the connection. Node's own client never resets without ending first. */
function h2Frame(type: number, flags: number, stream: number, payload: Buffer = NOTHING): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.set([type, flags], 3);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

test.for(['reset', 'cut'] as const)('a call that is %s leaves nothing behind', async (end) => {
  await start();
  const pseudo = { ':method': 'POST', ':path': TRACES, ':scheme': 'http', ':authority': 'x' };
  const fields = { ...pseudo, 'x-api-key': KEY };
  const headers = Object.entries({ ...fields, 'content-type': 'application/grpc' }).map(
    // HPACK: a literal that is not indexed, lengths in one byte.
    ([name, value]) => Buffer.from(`\0${lengthed(name)}${lengthed(value)}`, 'latin1'),
  );
  const socket = connectTcp(listener.address.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(h2Frame(4, 0, 0));
  socket.write(h2Frame(1, 4, 1, Buffer.concat(headers)));
  socket.write(h2Frame(0, 0, 1, frame(Buffer.alloc(100), 0, 1_000)));
  await expect.poll(heldBytes).toBe(100);
  if (end === 'reset') socket.write(h2Frame(3, 0, 1, Buffer.from([0, 0, 0, 8])));
  else socket.destroy();
  await expect.poll(heldBytes).toBe(0);
  expect(await call(Buffer.from('x'))).toMatchObject({ code: 0 });
  expect((await metrics.aicost_otlp_requests_refused_total.get()).values).toEqual([]);
  expect(accepted).toHaveLength(1);
  socket.destroy();
});

const lengthed = (text: string): string => String.fromCharCode(text.length) + text;

describe('a connection', () => {
  test('that does not speak HTTP/2 in time, or goes idle, is closed', async () => {
    await start({ idleMs: 30 });
    session = connect(`http://127.0.0.1:${listener.address.port}`);
    await new Promise((resolve) => session.once('close', resolve));
    expect(session.closed).toBe(true);
  });

  test('that does not answer a ping is cut, and one that does is kept to its age', async () => {
    await start({ pingEveryMs: 10, pingTimeoutMs: 5_000, ageMs: 100 });
    session = connect(`http://127.0.0.1:${listener.address.port}`);
    let pings = 0;
    session.on('ping', () => {
      pings += 1;
    });
    const code = await new Promise((resolve) => session.once('goaway', resolve));
    expect(code).toBe(0);
    expect(pings).toBeGreaterThan(0);
  });

  test('above the limit is refused and counted', async () => {
    await start({}, 1);
    const first = connect(`http://127.0.0.1:${listener.address.port}`);
    await new Promise((resolve) => first.once('remoteSettings', resolve));
    const second = connect(`http://127.0.0.1:${listener.address.port}`);
    await new Promise((resolve) => second.once('error', resolve).once('close', resolve));
    expect(refusedConnections).toBe(1);
    first.destroy();
  });

  test('is cut at the deadline of a drain, though its peer never closes', async () => {
    await start();
    const socket = connectTcp(listener.address.port, '127.0.0.1');
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.write(h2Frame(4, 0, 0));
    await new Promise((resolve) => socket.once('readable', resolve));
    await listener.close(AbortSignal.abort());
    socket.destroy();
  });

  test('is drained: what runs is finished, and then it is closed', async () => {
    await start();
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    accept = async () => {
      reached.resolve();
      await gate.promise;
      return { rejected: 0, message: '' };
    };
    const running = call(Buffer.from('x'));
    await reached.promise;
    const closed = listener.close(noDeadline);
    gate.resolve();
    expect(await running).toMatchObject({ code: 0 });
    await closed;
  });
});
