/** The calls of requests as events: the real road to the journal, with a hub beside it. */

import { Writable } from 'node:stream';
import { parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { LIVE_EVENTS, matcherOf } from '@ai-cost-profiler/queries/live/input.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chat, NOW_MS, openRoad, type TestRoad, type TestSpan } from '../test-road.ts';
import { LiveHub } from './live-hub.ts';
import { SettledSums } from './settled-sums.ts';

let hub: LiveHub;
let road: TestRoad;
let flush: () => void;

beforeEach(async () => {
  hub = new LiveHub({
    ...{ clientsMax: 5, clientsPerKeyMax: 5, callsPerSecondMax: 3, ringBytesMax: 1 << 20 },
    ...{ pieceBytesMax: 4096, retryMs: 1, resumeMs: 1, heartbeatMs: 2, keyCheckMs: 3, flushMs: 1 },
    timers: {
      every: (ms, work) => {
        if (ms === 1) flush = work;
        return () => undefined;
      },
    },
    nowMs: () => NOW_MS,
    newEpoch: () => 'epoch',
    onClients: () => undefined,
    onSent: () => undefined,
    onMissed: () => undefined,
  });
  road = await openRoad({ change: { live: hub } });
});
afterEach(() => road.remove());

/** Opens a stream; gives what tells the events until now. */
function listen(tenant: string, filter: Record<string, string[]> = {}) {
  let text = '';
  const answer = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const filters = Object.entries(filter).map(([name, values]) => ({
    dimension: name as 'model',
    values,
  }));
  hub.open({
    ...{ tenant, keyId: 'k', lastEventId: undefined, answer, isAllowed: () => true },
    filter: JSON.stringify(filter),
    matches: matcherOf(filters),
  });
  return () => {
    flush();
    return [...text.matchAll(/event: (\w+)\n(?:id: \S+\n)?data: (.*)\n/g)].map(
      ([, event, data]) => ({ event: event!, data: JSON.parse(data!) as Record<string, unknown> }),
    );
  };
}

const call = (span: number, more: Record<string, unknown> = {}): TestSpan => ({
  span,
  attributes: chat(1000, more),
});

test('a call is told once it is durable, with its exact cost and what it was for', async () => {
  const told = listen('acme');
  await road.send([call(1, { 'user.id': 'ada', 'aicost.feature': 'search' })]);
  const [event, ...more] = told();
  expect(more).toEqual([]);
  expect(event?.event).toBe('call');
  expect(LIVE_EVENTS.call.strict().parse(event?.data)).toEqual(event?.data);
  expect(event?.data).toMatchObject({
    ...{ tenant: 'acme', trace_id: '2'.padStart(32, '0'), span_id: '2'.padStart(16, '0') },
    ...{ time: '2026-08-20T12:00:00.000000000Z', provider: 'openai', service: 'checkout' },
    ...{ model: 'gpt-4o-2024-08-06', user: 'ada', feature: 'search', agent: null, role: 'leaf' },
    ...{ input_tokens: 1000, output_tokens: 10, cost_usd: '0.0026', unpriced_reason: null },
    ...{ calls: 1, kind: 'charge', provisional: true },
  });
});

test('a cost that is unknown is null, with the reason', async () => {
  const told = listen('acme');
  await road.send([call(1, { 'gen_ai.response.model': 'none', 'gen_ai.request.model': 'none' })]);
  const data = told()[0]?.data;
  expect(data?.['cost_usd']).toBeNull();
  expect(data?.['unpriced_reason']).toMatch(/\w/);
});

test('what is not durable is not told', async () => {
  const told = listen('acme');
  road.journal.commit = () => Promise.reject(new Error('no disk'));
  await expect(road.send([call(1)])).rejects.toThrow();
  expect(told()).toEqual([]);
});

test('filters let through the calls that match, and other tenants see none', async () => {
  const [ada, none, other] = [
    listen('acme', { user: ['ada'] }),
    listen('acme', { user: [''] }),
    listen('globex'),
  ];
  await road.send([call(1, { 'user.id': 'ada' }), call(2, { 'user.id': 'bob' }), call(3)]);
  expect(ada().map(({ data }) => data['user'])).toEqual(['ada']);
  expect(none().map(({ data }) => data['user'])).toEqual([null]);
  expect(other()).toEqual([]);
});

test('calls beyond what is shown in a second are told by number and cost: the sum is what was billed', async () => {
  const told = listen('acme');
  await road.send(Array.from({ length: 10 }, (_, n) => call(n, {})));
  const events = told();
  expect(events.map(({ event }) => event)).toEqual(['call', 'call', 'call', 'sampled']);
  const sum = events.reduce((all, { data }) => all + parseUsd(String(data['cost_usd'])), 0n);
  expect(sum).toBe(parseUsd('0.026'));
  expect(events.at(-1)?.data).toEqual({ calls: 7, unpriced_calls: 0, cost_usd: '0.0182' });
});

test('while nobody listens, nothing is made', async () => {
  await road.send([call(1)]);
  const told = listen('acme');
  expect(told()).toEqual([]);
});

test('a pass of settle is told to every tenant that is listened to', () => {
  const [acme, globex] = [listen('acme'), listen('globex')];
  const sums = new SettledSums(hub);
  const entry = (costAtto: bigint | undefined) => ({ charge: { costAtto } }) as never;
  sums.add('acme', [entry(5n * 10n ** 17n), entry(undefined)]);
  sums.tell('2026-08-20T12:00:00.000Z');
  const through = { settled_through: '2026-08-20T12:00:00.000Z' };
  expect(acme()[0]?.data).toEqual({ entries: 2, unpriced_entries: 1, cost_usd: '0.5', ...through });
  expect(globex()[0]?.data).toEqual({ entries: 0, unpriced_entries: 0, cost_usd: '0', ...through });
  expect(LIVE_EVENTS.settled.strict().parse(acme()[0]?.data)).toEqual(acme()[0]?.data);
});
