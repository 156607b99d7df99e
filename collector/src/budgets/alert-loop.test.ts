import { expect, test } from 'vitest';
import { aborted, type Timers } from '../timers.ts';
import { type AlertLoop, startAlertLoop } from './alert-loop.ts';
import type { DeliverResult } from './deliver-alerts.ts';

const NEVER = AbortSignal.any([]);

/** A clock that stands until the test moves it, from one sleeper's end to the next. */
class Clock {
  nowMs = 0;
  readonly sleepers = new Map<() => void, number>();
  readonly timers: Timers = {
    sleep: async (ms, signal) => {
      const waking = Promise.withResolvers<void>();
      this.sleepers.set(waking.resolve, this.nowMs + ms);
      await Promise.race([waking.promise, aborted(signal ?? NEVER)]);
      this.sleepers.delete(waking.resolve);
    },
    every: () => () => undefined,
  };

  async moveTo(toMs: number): Promise<void> {
    for (;;) {
      await settled();
      const [next] = [...this.sleepers].sort(([, a], [, b]) => a - b);
      if (next === undefined || next[1] > toMs) break;
      this.nowMs = next[1];
      next[0]();
    }
    this.nowMs = toMs;
  }
}

/** Everything that can go on without time has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

interface Work {
  evaluate?: (signal: AbortSignal) => void | Promise<void>;
  deliver?: (nowMs: number) => DeliverResult | Promise<DeliverResult>;
}

function start(work: Work = {}) {
  const clock = new Clock();
  const log: string[] = [];
  const loop: AlertLoop = startAlertLoop({
    evaluate: async (signal) => {
      log.push(`${clock.nowMs / 1000} evaluate`);
      await work.evaluate?.(signal);
    },
    deliver: async () => {
      log.push(`${clock.nowMs / 1000} deliver`);
      return (await work.deliver?.(clock.nowMs)) ?? { pending: 0, nextMs: null };
    },
    timers: clock.timers,
    nowMs: () => clock.nowMs,
    onFailed: (doing, error) => log.push(`${doing} failed: ${(error as Error).message}`),
  });
  return { clock, log, loop };
}

async function run(untilMs: number, work: Work = {}): Promise<string[]> {
  const { clock, log, loop } = start(work);
  await clock.moveTo(untilMs);
  await loop.stop(NEVER);
  expect(clock.sleepers.size).toBe(0);
  return log;
}

test('budgets are looked at every minute, and what is new is delivered at once', async () => {
  let looked = 0;
  let delivered = 0;
  const work = {
    evaluate: () => void looked++,
    deliver: () => {
      delivered = looked;
      return { pending: 0, nextMs: null };
    },
  };
  const { clock, log, loop } = start(work);
  for (const minute of [0, 1, 2]) {
    await clock.moveTo(minute * 60_000);
    expect([looked, delivered]).toEqual([minute + 1, minute + 1]);
  }
  expect(log.filter((line) => line.endsWith('evaluate'))).toEqual([
    ...['0 evaluate', '60 evaluate', '120 evaluate'],
  ]);
  await loop.stop(NEVER);
});

test('a retry is made when it is due, not before a second, and moves no look at the budgets', async () => {
  const deliver = (nowMs: number) => ({ pending: 1, nextMs: nowMs < 25_000 ? nowMs + 10 : 90_000 });
  const log = await run(119_999, { deliver });
  expect(log.filter((line) => line.endsWith('evaluate'))).toEqual(['0 evaluate', '60 evaluate']);
  const tries = [...new Set(log.filter((line) => line.endsWith('deliver')))];
  expect(tries).toEqual([
    ...Array.from({ length: 26 }, (_, second) => `${second} deliver`),
    ...['60 deliver', '90 deliver', '91 deliver'],
    ...Array.from({ length: 28 }, (_, at) => `${92 + at} deliver`),
  ]);
});

test('budgets are looked at while a receiver takes its time', async () => {
  const slow = Promise.withResolvers<DeliverResult>();
  const { clock, log, loop } = start({ deliver: () => slow.promise });
  await clock.moveTo(180_000);
  expect(log).toEqual([
    ...['0 evaluate', '0 deliver', '60 evaluate', '120 evaluate', '180 evaluate'],
  ]);
  // What became known meanwhile is delivered as soon as it is over.
  slow.resolve({ pending: 0, nextMs: null });
  await settled();
  expect(log.at(-1)).toBe('180 deliver');
  await loop.stop(NEVER);
});

test('loops that are stopped while they work do not sleep any more', async () => {
  const { clock, loop } = start();
  // The first look is under way.
  await loop.stop(NEVER);
  expect(clock.sleepers.size).toBe(0);
});

test('what does not end is left behind at the deadline', async () => {
  const { log, loop } = start({ evaluate: () => new Promise(() => undefined) });
  const deadline = new AbortController();
  let isOver = false;
  const stopping = loop.stop(deadline.signal).then(() => {
    isOver = true;
  });
  await settled();
  expect(isOver).toBe(false);
  deadline.abort();
  await stopping;
  expect(log).toEqual(['0 evaluate', '0 deliver']);
});

test('what fails is told, and the next look goes on', async () => {
  let looks = 0;
  const evaluate = (): void => {
    looks += 1;
    if (looks === 1) throw new Error('away');
  };
  const log = await run(60_000, { evaluate });
  expect(log.filter((line) => line.includes('evaluate'))).toEqual([
    ...['0 evaluate', 'evaluate failed: away', '60 evaluate'],
  ]);
});
