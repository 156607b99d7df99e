import zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeExportResponse } from '../decode/otlp-response.ts';
import { badRequest, unavailable } from '../problems.ts';
import { callWith, frame, GrpcReceiver, LIMIT } from './test-grpc-receiver.ts';

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';
const BAD_REQUEST = 'type.googleapis.com/google.rpc.BadRequest';

let receiver: GrpcReceiver;

beforeEach(() => {
  receiver = new GrpcReceiver();
});

afterEach(async () => {
  await receiver.close(AbortSignal.abort());
});

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
      await receiver.start();
      const body = Buffer.alloc(300_000, 'span ');
      expect(await receiver.raw(pack(body), headers)).toMatchObject({
        ':status': 200,
        'grpc-status': '0',
      });
      expect(receiver.accepted).toMatchObject([{ tenant: 'acme', encoding: 'protobuf' }]);
      expect(receiver.accepted[0]?.bytes.equals(body)).toBe(true);
      expect(await receiver.heldBytes()).toBe(0);
    },
  );

  test('of a gRPC client is answered, in each service, also when it is empty', async () => {
    await receiver.start();
    for (const method of [
      'trace.v1.TraceService',
      'logs.v1.LogsService',
      'metrics.v1.MetricsService',
    ]) {
      const path = `/opentelemetry.proto.collector.${method}/Export`;
      expect(await receiver.call(Buffer.alloc(0), {}, path)).toEqual({
        code: 0,
        answer: Buffer.alloc(0),
      });
    }
    const { values } = await receiver.metrics.aicost_otlp_requests_total.get();
    const signals = values.map(({ labels }) => `${labels.signal} ${labels.transport}`);
    expect(signals).toEqual(['traces grpc', 'logs grpc', 'metrics grpc']);
  });

  test('is one of very many on a connection', async () => {
    await receiver.start();
    const client = receiver.client();
    const sent = Array.from({ length: 400 }, () => callWith(client, { body: Buffer.alloc(9) }));
    const ends = await Promise.all(sent);
    client.close();
    expect(ends.filter(({ code }) => code !== 0)).toEqual([]);
    expect(receiver.accepted).toHaveLength(400);
  });

  test('tells refused records as partial success', async () => {
    await receiver.start();
    receiver.accept = async () => ({ rejected: 2, message: 'two are broken' });
    const { answer } = await receiver.call(Buffer.from('x'));
    const outcome = { signal: 'traces' as const, rejected: 2, message: 'two are broken' };
    expect(answer).toEqual(encodeExportResponse(outcome, 'protobuf'));
  });

  test('may be as large as the limit and not a byte larger', async () => {
    await receiver.start();
    expect(await receiver.call(Buffer.alloc(LIMIT))).toMatchObject({ code: 0 });
    expect(await receiver.call(Buffer.alloc(LIMIT + 1))).toMatchObject({ code: 8 });
  });
});

describe('a refused call', () => {
  test.for([
    ['has no key', { 'x-api-key': '' }, 16],
    ['has an unknown key', { 'x-api-key': 'aicost_nobody_0123456789abcdef' }, 16],
  ] as const)('that %s is told before its message is read', async ([, metadata, code]) => {
    await receiver.start();
    // The message never comes: an answer shows that nobody waits for it.
    expect(await receiver.raw(null, metadata)).toMatchObject({
      ':status': 200,
      'grpc-status': String(code),
    });
    expect(await receiver.call(Buffer.alloc(LIMIT), metadata)).toMatchObject({ code });
    expect(receiver.accepted).toHaveLength(0);
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
    await receiver.start();
    const told = await receiver.raw(body, headers);
    expect(told).toMatchObject({ ':status': 200, 'grpc-status': String(code) });
    const details = Buffer.from(String(told['grpc-status-details-bin'] ?? ''), 'base64');
    expect(details.includes(RETRY_INFO)).toBe(false);
    expect(details.includes(BAD_REQUEST)).toBe(code === 3);
    expect(receiver.accepted).toHaveLength(0);
    expect(await receiver.heldBytes()).toBe(0);
  });

  test.for([
    ['by GET', { ':method': 'GET' }, 405],
    ['of another content type', { 'content-type': 'application/json' }, 415],
    ['of another serialisation', { 'content-type': 'application/grpc+json' }, 415],
  ] as const)('that is no gRPC, %s, is told as HTTP', async ([, headers, status]) => {
    await receiver.start();
    expect(await receiver.raw(Buffer.alloc(0), headers)).toMatchObject({ ':status': status });
  });

  test.for([
    ['bad data', () => badRequest('span 3: 100 % wrong, „ja“'), 3, null],
    ['a full journal', () => unavailable('journal_unavailable', undefined, 300), 14, 300],
    ['a fault of ours', () => new TypeError('secret internals'), 13, null],
  ] as const)('for %s says whether to come back', async ([, error, code, retryAfter]) => {
    await receiver.start();
    receiver.accept = async () => {
      throw error();
    };
    const told = await receiver.call(Buffer.from('x'));
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
    receiver.bodyTimeoutMs = 30;
    await receiver.start();
    expect(await receiver.raw(null)).toMatchObject({ 'grpc-status': '4' });
    expect(await receiver.heldBytes()).toBe(0);
  });
});
