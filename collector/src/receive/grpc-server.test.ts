import { connect } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { frame, GrpcReceiver, KEY, TRACES } from './test-grpc-receiver.ts';

const noDeadline = AbortSignal.any([]);
let receiver: GrpcReceiver;

beforeEach(() => {
  receiver = new GrpcReceiver();
});

afterEach(async () => {
  await receiver.close(AbortSignal.abort());
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
  await receiver.start();
  const pseudo = { ':method': 'POST', ':path': TRACES, ':scheme': 'http', ':authority': 'x' };
  const fields = { ...pseudo, 'x-api-key': KEY };
  const headers = Object.entries({ ...fields, 'content-type': 'application/grpc' }).map(
    // HPACK: a literal that is not indexed, lengths in one byte.
    ([name, value]) => Buffer.from(`\0${lengthed(name)}${lengthed(value)}`, 'latin1'),
  );
  const socket = connectTcp(receiver.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(h2Frame(4, 0, 0));
  socket.write(h2Frame(1, 4, 1, Buffer.concat(headers)));
  socket.write(h2Frame(0, 0, 1, frame(Buffer.alloc(100), 0, 1_000)));
  await expect.poll(() => receiver.heldBytes()).toBe(100);
  if (end === 'reset') socket.write(h2Frame(3, 0, 1, Buffer.from([0, 0, 0, 8])));
  else socket.destroy();
  await expect.poll(() => receiver.heldBytes()).toBe(0);
  expect(await receiver.call(Buffer.from('x'))).toMatchObject({ code: 0 });
  expect((await receiver.metrics.aicost_otlp_requests_refused_total.get()).values).toEqual([]);
  expect(receiver.accepted).toHaveLength(1);
  socket.destroy();
});

const lengthed = (text: string): string => String.fromCharCode(text.length) + text;

describe('a connection', () => {
  test('that does not speak HTTP/2 in time, or goes idle, is closed', async () => {
    await receiver.start({ idleMs: 30 });
    const session = connect(`http://127.0.0.1:${receiver.port}`);
    await new Promise((resolve) => session.once('close', resolve));
    expect(session.closed).toBe(true);
  });

  test('that does not answer a ping is cut, and one that does is kept to its age', async () => {
    await receiver.start({ pingEveryMs: 10, pingTimeoutMs: 5_000, ageMs: 100 });
    const session = connect(`http://127.0.0.1:${receiver.port}`);
    let pings = 0;
    session.on('ping', () => {
      pings += 1;
    });
    const code = await new Promise((resolve) => session.once('goaway', resolve));
    expect(code).toBe(0);
    expect(pings).toBeGreaterThan(0);
  });

  test('above the limit is refused and counted', async () => {
    await receiver.start({}, 1);
    const first = connect(`http://127.0.0.1:${receiver.port}`);
    await new Promise((resolve) => first.once('remoteSettings', resolve));
    const second = connect(`http://127.0.0.1:${receiver.port}`);
    await new Promise((resolve) => second.once('error', resolve).once('close', resolve));
    expect(receiver.refusedConnections).toBe(1);
    first.destroy();
  });

  test('is cut at the deadline of a drain, though its peer never closes', async () => {
    await receiver.start();
    const socket = connectTcp(receiver.port, '127.0.0.1');
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.write(h2Frame(4, 0, 0));
    await new Promise((resolve) => socket.once('readable', resolve));
    await receiver.close(AbortSignal.abort());
    socket.destroy();
  });

  test('is drained: what runs is finished, and then it is closed', async () => {
    await receiver.start();
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    receiver.accept = async () => {
      reached.resolve();
      await gate.promise;
      return { rejected: 0, message: '' };
    };
    const running = receiver.call(Buffer.from('x'));
    await reached.promise;
    const closed = receiver.close(noDeadline);
    gate.resolve();
    expect(await running).toMatchObject({ code: 0 });
    await closed;
  });
});
