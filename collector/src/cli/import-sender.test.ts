/** How long `aicost import` asks a collector again: by the clock, and by what the problem is. */
import { expect, test } from 'vitest';
import type { ImportAnswer } from '../import-rows.ts';
import { ImportSender } from './import-sender.ts';

const ANSWER: ImportAnswer = {
  ...{ rows: 1, kept: 1, known: 0, replaced: 0, refused: [], calls: 1, unpriced: {} },
  ...{ cost_usd: '0', reported_usd: '0', tenants: ['default'] },
};

interface Step {
  readonly status: number;
  readonly code?: string;
  readonly retryAfter?: number;
  readonly body?: object;
}

const OK: Step = { status: 200, body: ANSWER };
const AWAY: Step = { status: 0 };
const BUSY: Step = { status: 503, code: 'journal_unavailable', retryAfter: 1 };
const rate = (retryAfter: number): Step => ({ status: 429, code: 'rate_limited', retryAfter });

/** Answers with the steps, the last one for ever; a try takes no time, a wait as long as it says. */
function senderFor(steps: readonly Step[]) {
  let nowMs = 0;
  const waits: number[] = [];
  const left = [...steps];
  const sender = new ImportSender({
    ...{ url: 'http://x', key: 'k', nowMs: () => nowMs },
    sleep: async (ms) => {
      waits.push(ms);
      nowMs += ms;
    },
    fetch: async () => {
      const step = left.length > 1 ? left.shift()! : left[0]!;
      if (step.status === 0) throw new TypeError('fetch failed');
      const body = step.body ?? { code: step.code, detail: `it is ${step.code}` };
      const headers = step.retryAfter === undefined ? {} : { 'retry-after': `${step.retryAfter}` };
      return new Response(JSON.stringify(body), { status: step.status, headers });
    },
  });
  return { sender, waits, nowMs: () => nowMs };
}

test('a collector that is full is asked for ten minutes, ever more seldom', async () => {
  const { sender, waits, nowMs } = senderFor([BUSY]);
  await expect(sender.post({})).rejects.toThrow('answered 503: it is journal_unavailable');
  expect(waits.slice(0, 4)).toEqual([1_000, 1_000, 1_500, 2_000]);
  expect(Math.max(...waits)).toBe(15_000);
  expect(nowMs()).toBeGreaterThanOrEqual(600_000);
  expect(nowMs()).toBeLessThan(620_000);
});

test('it is waited for as long as it asks', async () => {
  const { sender, waits } = senderFor([rate(400), rate(30), OK]);
  expect(await sender.post({})).toEqual(ANSWER);
  expect(waits).toEqual([400_000, 30_000]);
});

test('a rate that is used up is no reason to give up, however often', async () => {
  const { sender, waits } = senderFor([...Array.from({ length: 10 }, () => rate(400)), OK]);
  expect(await sender.post({})).toEqual(ANSWER);
  expect(waits).toHaveLength(10);
});

test.each<[string, Step]>([
  ['the quota of the day', { status: 429, code: 'quota_used_up', retryAfter: 5 }],
  ['a rate so low that nobody waits for it', rate(7_200)],
  ['what is wrong with the rows', { status: 400, code: 'parameter_invalid' }],
  ['a collector that never answered', AWAY],
])('%s ends it at once', async (_, step) => {
  const { sender, waits } = senderFor([step]);
  await expect(sender.post({})).rejects.toThrow(/answer/);
  expect(waits).toEqual([]);
});

test('a collector that goes away after it answered is asked again', async () => {
  const { sender, waits } = senderFor([OK, AWAY, AWAY, OK]);
  await sender.post({});
  expect(await sender.post({})).toEqual(ANSWER);
  expect(waits).toEqual([500, 1_000]);
});
