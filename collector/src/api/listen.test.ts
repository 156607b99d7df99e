import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Listener } from '../bind.ts';
import { listenForTest } from '../test-listen.ts';

let listener: Listener;
let socket: Socket | undefined;

afterEach(async () => {
  socket?.destroy();
  await listener.close(AbortSignal.abort());
});

/** What a connection answers to these bytes until it closes, or until `until` has come. */
async function exchange(bytes: string, until = '\u0000'): Promise<string> {
  socket = connect(listener.address.port, '127.0.0.1');
  socket.write(bytes);
  let answer = '';
  for await (const piece of socket) {
    answer += String(piece);
    if (answer.includes(until)) break;
  }
  return answer;
}

const statusOf = (answer: string) => Number(answer.split(' ')[1]);
const bodyOf = (answer: string): unknown =>
  JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));

describe('what is no request', () => {
  test.for([
    ['is not HTTP', 'hello\r\n\r\n', 400, 3],
    [
      'has two lengths',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      400,
      3,
    ],
    ['has headers without end', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}`, 431, 8],
  ] as const)(
    'because it %s is answered with a Status, and closed',
    async ([, bytes, status, code]) => {
      listener = await listenForTest((_request, response) => void response.end());
      const answer = await exchange(bytes);
      expect(statusOf(answer)).toBe(status);
      expect(bodyOf(answer)).toMatchObject({ code, message: expect.stringMatching(/\w/) });
      expect(answer).toContain('connection: close');
    },
  );

  test('because its head never ends is 408', async () => {
    const timeouts = { headersTimeoutMs: 10, requestTimeoutMs: 1_000, keepAliveMs: 1_000 };
    listener = await listenForTest((_request, response) => void response.end(), { timeouts });
    const answer = await exchange('POST / HTTP/1.1\r\nhost:');
    expect(statusOf(answer)).toBe(408);
    expect(bodyOf(answer)).toMatchObject({ code: 4 });
  });
});

test.for([
  ['by the route alone, where that looks first', '/v1/traces', /^HTTP\/1\.1 401/],
  ['at once elsewhere', '/api', /^HTTP\/1\.1 100 Continue\r\n\r\n/],
] as const)('a client that asks whether to send its body is told %s', async ([, path, told]) => {
  const asksForBody = (url: string) => url.startsWith('/v1/');
  const refuse: RequestListener = (_request, response) => response.writeHead(401).end();
  listener = await listenForTest(refuse, { asksForBody });
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n`;
  expect(await exchange(head, '\r\n\r\n')).toMatch(told);
});

test('a connection above the limit is closed as it comes, and counted', async () => {
  let refused = 0;
  const onRefused = () => {
    refused += 1;
  };
  const connections = { connectionsMax: 1, onRefused };
  listener = await listenForTest((_request, response) => void response.end(), { connections });
  const kept = connect(listener.address.port, '127.0.0.1');
  await new Promise((resolve) => kept.once('connect', resolve));
  await expect(exchange('GET / HTTP/1.1\r\nhost: x\r\n\r\n')).resolves.toBe('');
  expect(refused).toBe(1);
  kept.destroy();
});

test('closing waits for an answer that is under way, and not for its connection to get idle', async () => {
  const { promise: asked, resolve: answer } = Promise.withResolvers<() => void>();
  const keepAliveMs = 3_600_000;
  const timeouts = { headersTimeoutMs: keepAliveMs, requestTimeoutMs: keepAliveMs, keepAliveMs };
  listener = await listenForTest((_request, response) => answer(() => response.end('whole')), {
    timeouts,
  });
  const whole = exchange('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  const end = await asked;
  const closed = listener.close(new AbortController().signal);
  end();
  await closed;
  expect(await whole).toMatch(/whole/);
});

test('closing does not wait for a connection on which nothing was asked', async () => {
  listener = await listenForTest((_request, response) => void response.end());
  const silent = connect(listener.address.port, '127.0.0.1');
  await new Promise((resolve) => silent.once('connect', resolve));
  const ended = new Promise((resolve) => silent.once('close', resolve));
  await listener.close(new AbortController().signal);
  await ended;
});
