/** What the calls of one connection may leave behind in it, however many they are: nothing that cuts off the next. */
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { badRequest } from '../problems.ts';
import { callWith, frame, GrpcReceiver, KEY, LIMIT, TRACES } from './test-grpc-receiver.ts';

let receiver: GrpcReceiver;

beforeEach(() => {
  receiver = new GrpcReceiver();
});

afterEach(async () => {
  await receiver.close(AbortSignal.abort());
});

/** As little memory as Node lets a session have: what calls leave in its account is soon too much. */
const SMALL = { sessionMegabytesMax: 1 };
const HEADERS = {
  ...{ ':method': 'POST', ':path': TRACES, te: 'trailers' },
  ...{ 'content-type': 'application/grpc', 'x-api-key': KEY },
};
const BAD = Buffer.from('bad');
const IN_FLIGHT = 24;

/** Calls of all kinds in turn, and the code that each must have. */
const KINDS: readonly { body: Buffer; metadata?: Record<string, string>; code: number }[] = [
  { body: Buffer.alloc(2_000), code: 0 },
  { body: BAD, code: 3 },
  { body: Buffer.alloc(20_000), code: 0 },
  { body: Buffer.alloc(9_000), metadata: { 'x-api-key': '' }, code: 16 },
];

test('thousands of calls of one gRPC client over one connection, half of them refused, have their own answers', async () => {
  await receiver.start(SMALL, 1);
  receiver.accept = async (_tenant, bytes) => {
    if (BAD.equals(bytes)) throw badRequest('bad');
    return { rejected: 0, message: '' };
  };
  const client = receiver.client();
  const wrong: unknown[] = [];
  let next = 0;
  const callOnAndOn = async (): Promise<void> => {
    while (next < 3_000) {
      const n = next++;
      // Now and then one that is refused while it still comes.
      const kind =
        n % 200 === 0 ? { body: Buffer.alloc(LIMIT + 1), code: 8 } : KINDS[n % KINDS.length]!;
      const end = await callWith(client, kind);
      if (end.code !== kind.code) wrong.push({ n, ...end });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, callOnAndOn));
  client.close();
  expect(wrong).toEqual([]);
  expect(receiver.refusedConnections).toBe(0);
});

test('messages that do not decompress, over one connection, are each told so', async () => {
  await receiver.start(SMALL);
  const session = sessionOf(receiver);
  const told = new Map<string, number>();
  const body = frame(Buffer.alloc(5_000, 'no gzip'), 1);
  const callOnAndOn = async (): Promise<void> => {
    for (let n = 0; n < 100; n++) {
      const status = await statusOf(session, body);
      told.set(status, (told.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, callOnAndOn));
  session.destroy();
  expect([...told]).toEqual([['3', IN_FLIGHT * 100]]);
});

test('a connection whose calls are given up before their answers are sent is closed in time, and none of its calls refused', async () => {
  await receiver.start(SMALL);
  receiver.accept = async () => ({ rejected: 1, message: 'x'.repeat(4_000) });
  // Room for no answer: each waits until its call is given up.
  const session = sessionOf(receiver, { initialWindowSize: 0 });
  const goaway = new Promise((resolve) => session.once('goaway', resolve));
  const resets: (number | undefined)[] = [];
  while (!session.closed) {
    const stream = session.request(HEADERS);
    stream.on('error', () => undefined);
    stream.end(frame(Buffer.from('x')));
    await new Promise((resolve) => stream.once('response', resolve).once('close', resolve));
    resets.push(stream.rstCode);
    stream.close();
    if (!stream.destroyed) await new Promise((resolve) => stream.once('close', resolve));
  }
  expect(await goaway).toBe(0);
  // A call that was on its way then is REFUSED_STREAM, which clients send again by themselves.
  expect(resets).not.toContain(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  session.destroy();
});

function sessionOf({ port }: GrpcReceiver, settings = {}): ClientHttp2Session {
  // As gRPC's client has it: the memory that is looked at is the server's.
  const session = connect(`http://127.0.0.1:${port}`, {
    settings,
    maxSessionMemory: Number.MAX_SAFE_INTEGER,
  });
  session.on('error', () => undefined);
  return session;
}

/** The `grpc-status`, or why there is none. */
function statusOf(session: ClientHttp2Session, body: Buffer): Promise<string> {
  const stream = session.request({ ...HEADERS, 'grpc-encoding': 'gzip' });
  let status = '';
  stream.on('response', (headers) => {
    status = String(headers['grpc-status']);
  });
  stream.on('error', (error) => {
    status = error.message;
  });
  stream.resume().end(body);
  return new Promise((resolve) => stream.once('close', () => resolve(status)));
}
