import { expect, test } from 'vitest';
import type { Timers } from '../timers.ts';
import { startAlertLoop } from './alert-loop.ts';
import type { DeliverResult } from './deliver-alerts.ts';

/** A clock that jumps to the end of each sleep, and ends the loop after so many. */
function simulated(sleeps: number) {
  const world = { nowMs: 0, log: [] as string[], stop: () => undefined as unknown };
  let left = sleeps;
  const timers: Timers = {
    sleep: async (ms) => {
      world.nowMs += ms;
      left -= 1;
      if (left === 0) world.stop();
    },
    every: () => () => undefined,
  };
  return { world, timers };
}

async function run(
  sleeps: number,
  work: {
    evaluate?: () => void;
    deliver?: (nowMs: number) => DeliverResult;
  } = {},
): Promise<string[]> {
  const { world, timers } = simulated(sleeps);
  const stopped = Promise.withResolvers<void>();
  const loop = startAlertLoop({
    evaluate: async () => {
      world.log.push(`${world.nowMs / 1000} evaluate`);
      work.evaluate?.();
    },
    deliver: async () => {
      world.log.push(`${world.nowMs / 1000} deliver`);
      return work.deliver?.(world.nowMs) ?? { pending: 0, nextMs: null };
    },
    timers,
    nowMs: () => world.nowMs,
    onFailed: (doing, error) => world.log.push(`${doing} failed: ${(error as Error).message}`),
  });
  world.stop = () => loop.stop().then(stopped.resolve);
  await stopped.promise;
  return world.log;
}

test('budgets are looked at every minute, and what is new is delivered at once', async () => {
  expect(await run(3)).toEqual([
    ...['0 evaluate', '0 deliver', '60 evaluate', '60 deliver', '120 evaluate', '120 deliver'],
  ]);
});

test('a retry is made when it is due, not before a second, and moves no look at the budgets', async () => {
  const deliver = (nowMs: number) => ({ pending: 1, nextMs: nowMs < 25_000 ? nowMs + 10 : 90_000 });
  const log = await run(28, { deliver });
  expect(log.slice(0, 4)).toEqual(['0 evaluate', '0 deliver', '1 deliver', '2 deliver']);
  expect(log.slice(-4)).toEqual(['25 deliver', '60 evaluate', '60 deliver', '90 deliver']);
});

test('a loop that is stopped while it works does not sleep any more', async () => {
  const slept: number[] = [];
  const loop = startAlertLoop({
    evaluate: async () => undefined,
    deliver: async () => ({ pending: 0, nextMs: null }),
    timers: { sleep: async (ms) => void slept.push(ms), every: () => () => undefined },
    nowMs: () => 0,
    onFailed: (_doing, error) => {
      throw error;
    },
  });
  // Its first look is under way.
  await loop.stop();
  expect(slept).toEqual([]);
});

test('what fails is told, and the next look goes on', async () => {
  let looks = 0;
  const evaluate = (): void => {
    looks += 1;
    if (looks === 1) throw new Error('away');
  };
  expect(await run(2, { evaluate })).toEqual([
    '0 evaluate',
    'evaluate failed: away',
    ...['0 deliver', '60 evaluate', '60 deliver'],
  ]);
});
