import { expect, test } from 'vitest';
import { PassStart } from './pass-start.ts';

const NS_PER_MS = 1_000_000n;
const SETTLE_AFTER_MS = 120_000;
const PASS_EVERY_MS = 15_000;
const STARTED_MS = 1_800_000_000_000;

/** Passes for an hour, each up to `--settle-after` ago; gives what each looked at, in milliseconds since the start. */
function passes(markedMs: number): [number, number][] {
  const start = new PassStart(STARTED_MS);
  const windows: [number, number][] = [];
  let mark = BigInt(STARTED_MS + markedMs) * NS_PER_MS;
  for (let nowMs = STARTED_MS; nowMs < STARTED_MS + 3_600_000; nowMs += PASS_EVERY_MS) {
    const from = start.fromNs(mark, nowMs);
    const through = BigInt(nowMs - 1 - SETTLE_AFTER_MS) * NS_PER_MS;
    if (from >= through) continue;
    start.passed(through);
    if (through > mark) mark = through;
    windows.push(
      [from, through].map((ns) => Number(ns / NS_PER_MS) - STARTED_MS) as [number, number],
    );
  }
  return windows;
}

test.for([
  ['of a clock that was ten minutes ahead', 600_000],
  ['of a clock that was ahead for less than a trace is idle', 60_000],
  ['of the very instant', 0],
])('passes look at all that came in, once, beside a mark %s', ([, markedMs]) => {
  const windows = passes(markedMs as number);
  expect(windows[0]![0]).toBe(-1);
  for (const [i, [from]] of windows.slice(1).entries()) expect(from).toBe(windows[i]![1]);
  expect(windows.at(-1)![1]).toBeGreaterThan(markedMs as number);
});

test('a pass begins at a mark that is not in the future', () => {
  expect(passes(-300_000)[0]![0]).toBe(-300_000);
});

test('another process may have moved the mark on', () => {
  const start = new PassStart(STARTED_MS);
  start.passed(BigInt(STARTED_MS) * NS_PER_MS);
  const mark = BigInt(STARTED_MS + 5_000) * NS_PER_MS;
  expect(start.fromNs(mark, STARTED_MS + 60_000)).toBe(mark);
});
