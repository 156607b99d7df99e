/** The stream over real sockets: the hub behind its route, with timers that the test runs. */
import { connect } from 'node:net';
import type { Writable } from 'node:stream';
import express from 'express';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Authenticate, Principal } from '../access.ts';
import { answerErrors } from '../api/errors.ts';
import { liveRoutes } from '../api/live-routes.ts';
import type { Listener } from '../bind.ts';
import type { LiveFeed } from '../live-feed.ts';
import { createLog } from '../log.ts';
import { Problem } from '../problems.ts';
import { requestIds } from '../request-id.ts';
import { listenForTest } from '../test-listen.ts';
import { type HubOptions, LiveHub } from './live-hub.ts';

interface Seen {
  event: string;
  id: string;
  data: Record<string, unknown>;
}

let hub: LiveHub;
let listener: Listener;
let port: number;
let ticks: Map<number, () => void>;
let clockMs: number;
let missed: number;
let revoked: Set<string>;
/** The answers that were opened, as the server sees them. */
let answers: Writable[];

const authenticate: Authenticate = (headers, anyOf) => {
  const [tenant = '', scope] = String(headers['x-api-key'] ?? '').split('-');
  if (tenant === '' || revoked.has(tenant)) throw new Problem('key_unknown');
  if (!anyOf.some((one) => one === scope)) throw new Problem('scope_missing');
  const scopes = new Set(anyOf.filter((one) => one === scope));
  return { tenant: tenant as Principal['tenant'], scopes, keyId: tenant };
};

function openHub(changed: Partial<HubOptions> = {}): LiveHub {
  return new LiveHub({
    clientsMax: 5,
    clientsPerKeyMax: 3,
    callsPerSecondMax: 100,
    ringBytesMax: 1 << 20,
    pieceBytesMax: 4096,
    retryMs: 2000,
    resumeMs: 60_000,
    flushMs: 1,
    heartbeatMs: 2,
    keyCheckMs: 3,
    timers: {
      every: (ms, work) => {
        ticks.set(ms, work);
        return () => ticks.delete(ms);
      },
    },
    nowMs: () => clockMs,
    newEpoch: () => Math.random().toString(16).slice(2),
    onClients: () => undefined,
    onSent: () => undefined,
    onMissed: (events) => {
      missed += events;
    },
    ...changed,
  });
}

async function serve(changed: Partial<HubOptions> = {}): Promise<void> {
  await listener?.close(AbortSignal.abort());
  hub = openHub(changed);
  const app = express().use(requestIds(() => 'r'));
  answers = [];
  const live: LiveFeed = {
    isHeard: true,
    publish: (...event) => hub.publish(...event),
    checkRoom: (keyId) => hub.checkRoom(keyId),
    open: (subscriber) => {
      answers.push(subscriber.answer);
      hub.open(subscriber);
    },
  };
  app.use(liveRoutes({ authenticate, live }));
  app.use(answerErrors(createLog('silent', process.stderr), () => undefined));
  listener = await listenForTest(app);
  port = listener.address.port;
}

beforeEach(async () => {
  [ticks, clockMs, missed, revoked] = [new Map(), 0, 0, new Set()];
  await serve();
});
afterEach(() => listener.close(AbortSignal.abort()));

const flush = () => ticks.get(1)?.();
const beat = () => ticks.get(2)?.();
const checkKeys = () => ticks.get(3)?.();

/** A client that reads as a browser does: events, and the id it would come back with. */
class Client {
  text = '';
  lastId = '';
  readonly events: Seen[] = [];
  isOver = false;
  head: Headers | undefined;
  status = 0;
  private readonly stop = new AbortController();
  private rest = '';

  static async open(query = '', key = 'acme-read', lastId = ''): Promise<Client> {
    const client = new Client();
    const headers = { 'x-api-key': key, ...(lastId === '' ? {} : { 'last-event-id': lastId }) };
    const url = `http://127.0.0.1:${port}/api/v1/live${query}`;
    const answer = await fetch(url, { headers, signal: client.stop.signal });
    client.head = answer.headers;
    client.status = answer.status;
    client.lastId = lastId;
    client.read(answer).catch(() => undefined);
    if (answer.status === 200) await client.until(() => client.lastId !== '');
    return client;
  }

  async until(what: () => boolean): Promise<void> {
    while (!what()) {
      if (this.isOver && !what()) throw new Error(`the stream ended: ${this.text}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  types(): string[] {
    return this.events.map(({ event }) => event);
  }

  close(): void {
    this.stop.abort();
  }

  private async read(answer: Response): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const bytes of answer.body!) this.take(decoder.decode(bytes, { stream: true }));
    } finally {
      this.isOver = true;
    }
  }

  private take(text: string): void {
    this.text += text;
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop()!;
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split('\n').map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)]),
      );
      if (fields['id'] !== undefined) this.lastId = fields['id'];
      if (fields['data'] === undefined) continue;
      this.events.push({
        event: fields['event']!,
        id: this.lastId,
        data: JSON.parse(fields['data']),
      });
    }
  }
}

const alert = (n: number, tenant = 'acme') => hub.publish(tenant, 'alert', { n });
const numbers = ({ events }: Client) =>
  events.filter(({ event }) => event === 'alert').map(({ data }) => data['n']);
const hasNumbers = (client: Client, count: number) =>
  client.until(() => numbers(client).length >= count);

describe('a live stream', () => {
  test('has names, ids, a heartbeat and a time to come back, and no proxy may hold it', async () => {
    const client = await Client.open();
    alert(1);
    flush();
    await hasNumbers(client, 1);
    beat();
    await client.until(() => client.text.endsWith('\n:\n\n'));
    expect(client.text).toMatch(/^retry: 2000\nid: \w+-0\n\nevent: alert\nid: \w+-1\ndata: /);
    expect(client.head?.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(client.head?.get('cache-control')).toBe('no-store, no-transform');
    expect(client.head?.get('x-accel-buffering')).toBe('no');
    client.close();
  });

  test('shows a tenant its own events only, and an operator those of the one it names', async () => {
    const [own, other, operator] = await Promise.all([
      Client.open(),
      Client.open('', 'globex-read'),
      Client.open('?tenant=globex', 'default-operator'),
    ]);
    alert(1);
    alert(2, 'globex');
    alert(3);
    flush();
    await Promise.all([hasNumbers(own, 2), hasNumbers(other, 1), hasNumbers(operator, 1)]);
    expect([numbers(own), numbers(other), numbers(operator)]).toEqual([[1, 3], [2], [2]]);
    // Not even how many events another tenant had shows in the ids.
    expect(other.lastId).toMatch(/-1$/);
    for (const one of [own, other, operator]) one.close();
  });

  test.each([
    ['?tenant=globex', 'acme-read', 403],
    ['?tenant=a&tenant=b', 'acme-operator', 400],
    ['?modle=x', 'acme-read', 400],
    [`?last_event_id=${'x'.repeat(65)}`, 'acme-read', 400],
    ['', 'acme-ingest', 403],
    ['', '', 401],
  ])('%s with the key %s is answered %i', async (query, key, status) => {
    expect((await Client.open(query, key)).status).toBe(status);
  });

  test('is no answer to HEAD', async () => {
    const init = { method: 'HEAD', headers: { 'x-api-key': 'acme-read' } };
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/live`, init);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET']);
  });

  test('is refused beyond as many as a key may have, until one is closed', async () => {
    const open = await Promise.all([Client.open(), Client.open(), Client.open()]);
    expect((await Client.open()).status).toBe(429);
    open[0]!.close();
    for (let status = 429; status !== 200; ) {
      const again = await Client.open();
      status = again.status;
      open.push(again);
    }
    for (const one of open) one.close();
  });

  test('ends when its key is revoked, and when the collector ends', async () => {
    const [acme, globex] = await Promise.all([Client.open(), Client.open('', 'globex-read')]);
    revoked.add('acme');
    checkKeys();
    await acme.until(() => acme.isOver);
    expect(acme.events.at(-1)).toMatchObject({ event: 'closing', data: { reason: 'key_unknown' } });
    expect(globex.isOver).toBe(false);
    hub.close();
    await listener.close(new AbortController().signal);
    await globex.until(() => globex.isOver);
    expect(globex.events.at(-1)?.data).toEqual({ reason: 'shutdown' });
  });
});

describe('coming back', () => {
  test('misses nothing and gets nothing twice, wherever the connection broke', async () => {
    const steps = fc.array(fc.record({ events: fc.nat(20), cuts: fc.boolean() }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(steps, async (course) => {
        await serve();
        let client = await Client.open();
        const got: unknown[] = [];
        let sent = 0;
        for (const { events, cuts } of course) {
          for (let n = 0; n < events; n++) alert(sent++);
          if (cuts) {
            // Whatever arrived until now is what it comes back with.
            flush();
            client.close();
            got.push(...numbers(client));
            client = await Client.open('', 'acme-read', client.lastId);
          }
        }
        flush();
        await hasNumbers(client, sent - got.length);
        expect([...got, ...numbers(client)]).toEqual(Array.from({ length: sent }, (_, n) => n));
        client.close();
      }),
      { numRuns: 25 },
    );
  });

  test.each(['0123-1', 'nonsense', '-', 'é'])('with the id %s is told to load anew', async (id) => {
    const client = await Client.open(`?last_event_id=${encodeURIComponent(id)}`);
    await client.until(() => client.events.length > 0);
    expect(client.events[0]).toMatchObject({ event: 'reset', data: { reason: 'unknown_id' } });
    client.close();
  });

  test('too late gets what is left, and is told that it is not all', async () => {
    await serve({ ringBytesMax: 200 });
    const first = await Client.open();
    const { lastId } = first;
    for (let n = 0; n < 50; n++) alert(n);
    const late = await Client.open('', 'acme-read', lastId);
    await late.until(() => numbers(late).includes(49));
    expect(late.types()[0]).toBe('reset');
    expect(late.events[0]?.data).toEqual({ reason: 'too_old' });
    for (const one of [first, late]) one.close();
  });

  test('finds nothing of before somebody was deleted whom it may name, and what came since', async () => {
    const first = await Client.open();
    const { lastId } = first;
    for (let n = 0; n < 3; n++) alert(n);
    hub.forget('acme');
    hub.forget('nobody listens to this one');
    alert(3);
    const late = await Client.open('', 'acme-read', lastId);
    await late.until(() => numbers(late).includes(3));
    expect(late.types()[0]).toBe('reset');
    expect(late.events[0]?.data).toEqual({ reason: 'too_old' });
    expect(numbers(late)).toEqual([3]);
    // Who was connected, and was not sent the three yet, learns how many they were.
    flush();
    await first.until(() => numbers(first).includes(3));
    expect(first.types()).toEqual(['missed', 'alert']);
    expect(first.events[0]?.data).toEqual({ events: 3 });
    for (const one of [first, late]) one.close();
  });

  test('a minute after the last client went, nothing is kept any more', async () => {
    const client = await Client.open();
    client.close();
    while (hub.isHeard) {
      clockMs += 60_000;
      flush();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect([hub.callsOf('acme'), ticks.size]).toEqual([undefined, 0]);
  });
});

test('a client that does not read holds up nobody, and is told how many events it missed', async () => {
  await serve({ ringBytesMax: 100_000 });
  const slow = connect(port, '127.0.0.1');
  let text = '';
  slow.write('GET /api/v1/live HTTP/1.1\r\nhost: x\r\nx-api-key: acme-read\r\n\r\n');
  await new Promise<void>((resolve) => {
    slow.once('data', (bytes) => {
      text += String(bytes);
      slow.pause();
      resolve();
    });
  });
  const quick = await Client.open();
  const filler = 'x'.repeat(50_000);
  const all = 400;
  let waitingMost = 0;
  for (let n = 0; n < all; n++) {
    hub.publish('acme', 'alert', { n, filler });
    flush();
    waitingMost = Math.max(waitingMost, answers[0]!.writableLength);
    await hasNumbers(quick, n + 1);
  }
  expect(numbers(quick)).toHaveLength(all);
  // Of 20 MB no more waits for it than what its connection buffers, and one event with what frames it.
  expect(waitingMost).toBeGreaterThan(50_000);
  expect(waitingMost).toBeLessThan(answers[0]!.writableHighWaterMark + 51_000);
  slow.on('data', (bytes) => {
    text += String(bytes);
  });
  slow.resume();
  while (!text.includes(`{"n":${all - 1},`)) await new Promise((resolve) => setTimeout(resolve, 5));
  const told = [...text.matchAll(/event: missed\ndata: {"events":(\d+)}/g)].map(([, n]) =>
    Number(n),
  );
  const count = text.split('event: alert\n').length - 1;
  expect(told.length).toBeGreaterThan(0);
  expect(count + told.reduce((sum, n) => sum + n, 0)).toBe(all);
  expect(missed).toBe(all - count);
  slow.destroy();
  quick.close();
});

test('a client that takes nothing through eight heartbeats loses its place, and one that reads keeps it', async () => {
  await serve({ ringBytesMax: 100_000 });
  const silent = connect(port, '127.0.0.1');
  silent.write('GET /api/v1/live HTTP/1.1\r\nhost: x\r\nx-api-key: acme-read\r\n\r\n');
  await new Promise<void>((resolve) => {
    silent.once('data', () => {
      silent.pause();
      resolve();
    });
  });
  silent.on('error', () => undefined);
  const quick = await Client.open();
  const filler = 'x'.repeat(50_000);
  for (let n = 0; n < 400; n++) {
    hub.publish('acme', 'alert', { n, filler });
    flush();
    await hasNumbers(quick, n + 1);
  }
  const [answer, other] = answers;
  expect(answer?.writableNeedDrain).toBe(true);
  for (let n = 1; n < 8; n++) beat();
  expect(answer?.destroyed).toBe(false);
  beat();
  expect([answer?.destroyed, other?.destroyed]).toEqual([true, false]);
  silent.destroy();
  quick.close();
});
