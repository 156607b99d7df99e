import { describe, expect, test } from 'vitest';
import { ReaderPace } from './reader-pace.ts';

/** A client that takes `bytes` after every `seconds`: for how long it is waited for in all, an hour at most. */
function secondsOf(bytes: number, seconds: number): number {
  const pace = new ReaderPace();
  let waitedMs = 0;
  for (let taken = bytes; waitedMs < 3_600_000; taken += bytes) {
    const most = pace.waitMsMax(taken);
    if (most < seconds * 1000) return (waitedMs + most) / 1000;
    pace.waited(seconds * 1000);
    waitedMs += seconds * 1000;
  }
  return waitedMs / 1000;
}

describe('the client of an export', () => {
  test.for([
    ['takes nothing', 0, 3600, 60],
    ['takes a little just in time, again and again', 16, 59, 60],
    ['takes half of the least rate', 8 * 1024, 1, 120],
    ['takes the least rate', 16 * 1024, 1, 3600],
    ['takes much, seldom', 64 * 1024 * 1024, 59, 3600],
    ['takes much, and then nothing for long', 64 * 1024 * 1024, 61, 60],
  ] as const)('that %s is cut off in time', ([, bytes, everySeconds, expected]) => {
    const seconds = secondsOf(bytes, everySeconds);
    if (expected === 3600) expect(seconds).toBeGreaterThanOrEqual(expected);
    else expect(Math.round(seconds / 5) * 5).toBe(expected);
  });
});
