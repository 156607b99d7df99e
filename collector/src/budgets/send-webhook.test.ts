/** Receivers that answer otherwise than with a response, on real connections. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { sendWebhook } from './send-webhook.ts';

const sent = { secret: Buffer.alloc(24, 1), timestamp: 1, signal: new AbortController().signal };

test('a webhook is not called at a private address unless that is allowed, whatever its name says', async () => {
  let called = 0;
  const receiver = createServer(() => {
    called += 1;
  });
  await new Promise<void>((resolve) => receiver.listen(0, resolve));
  const { port } = receiver.address() as AddressInfo;
  const message = { id: 'msg_1', body: '{}' };
  for (const host of [
    'no-such-name.invalid',
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0x7f.1',
  ]) {
    const url = `http://${host}:${port}/`;
    const options = { ...sent, url, timeoutMs: 5_000, mayBePrivate: false };
    const outcome = await sendWebhook(message, options);
    expect([host, outcome.status, outcome.error]).toEqual([
      host,
      0,
      expect.stringMatching(/^\S+ has no public address that could be found$/),
    ]);
  }
  expect(called).toBe(0);
  await new Promise((resolve) => receiver.close(resolve));
});

test('a webhook that changes the protocol is an attempt that failed, and not one without an end', async () => {
  const upgrading = createServer((_, response) => {
    const head = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n';
    response.socket?.end(head);
  });
  await new Promise<void>((resolve) => upgrading.listen(0, '127.0.0.1', resolve));
  const { port } = upgrading.address() as AddressInfo;
  const options = { ...sent, timeoutMs: 60_000, mayBePrivate: true };
  const url = `http://127.0.0.1:${port}/`;
  expect(await sendWebhook({ id: 'msg_1', body: '{}' }, { ...options, url })).toEqual({
    status: 0,
    error: 'the connection ended without an answer',
  });
  await new Promise((resolve) => upgrading.close(resolve));
});

test('a webhook that does not answer in time is an attempt that failed', async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  const options = { ...sent, url, timeoutMs: 200, mayBePrivate: true };
  expect(await sendWebhook({ id: 'msg_1', body: '{}' }, options)).toEqual({
    status: 0,
    error: 'no answer within 200 ms',
  });
  silent.closeAllConnections();
  await new Promise((resolve) => silent.close(resolve));
  expect(await sendWebhook({ id: 'msg_1', body: '{}' }, options)).toEqual({
    status: 0,
    error: 'ECONNREFUSED',
  });
});
