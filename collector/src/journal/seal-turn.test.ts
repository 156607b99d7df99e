import { expect, test } from 'vitest';
import { SealTurn } from './seal-turn.ts';

const tick = () => new Promise((resolve) => setImmediate(resolve));

test('whoever asks during a pass waits for it, and begins no second one', async () => {
  const turn = new SealTurn();
  const first = Promise.withResolvers<void>();
  const passes: string[] = [];
  const one = turn.run(() => {
    passes.push('first');
    return first.promise;
  });
  const two = turn.run(async () => void passes.push('second'));
  first.resolve();
  await Promise.all([one, two, turn.over]);
  expect(passes).toEqual(['first']);
  await turn.run(async () => void passes.push('third'));
  expect(passes).toEqual(['first', 'third']);
});

test('work waits for the pass under way, and no pass begins while it looks', async () => {
  const turn = new SealTurn();
  const pass = Promise.withResolvers<void>();
  const looked = Promise.withResolvers<string>();
  const told: string[] = [];
  const one = turn.run(() => pass.promise);
  const still = turn.still(() => {
    told.push('looks');
    return looked.promise;
  });
  await tick();
  expect(told).toEqual([]);
  pass.resolve();
  await one;
  await tick();
  expect(told).toEqual(['looks']);
  const later = turn.run(async () => void told.push('seals'));
  await tick();
  looked.resolve('seen');
  expect(await still).toBe('seen');
  await later;
  expect(told).toEqual(['looks']);
  await turn.run(async () => void told.push('seals'));
  expect(told).toEqual(['looks', 'seals']);
});

test('work that fails lets passes run again', async () => {
  const turn = new SealTurn();
  await expect(turn.still(() => Promise.reject(new Error('no room')))).rejects.toThrow('no room');
  await turn.over;
  let sealed = false;
  await turn.run(async () => {
    sealed = true;
  });
  expect(sealed).toBe(true);
});
