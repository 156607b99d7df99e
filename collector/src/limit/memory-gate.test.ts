import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryGate } from './memory-gate.ts';

let nowMs: number;
let resident: number;
let garbage: number;
let measured: number;
let collected: number;
let gate: MemoryGate;

beforeEach(() => {
  [nowMs, resident, garbage, measured, collected] = [0, 0, 0, 0, 0];
  gate = new MemoryGate({
    bytesMax: 1000,
    residentBytes: () => {
      measured++;
      return resident + garbage;
    },
    collectGarbage: () => {
      collected++;
      garbage = 0;
    },
    nowMs: () => nowMs,
  });
});

function tightAt(ms: number, bytes: number): boolean {
  [nowMs, resident] = [ms, bytes];
  return gate.isTight();
}

describe('memory', () => {
  test('is tight from 90 % on until it is at 86 %', () => {
    expect(tightAt(0, 900)).toBe(false);
    expect(tightAt(100, 901)).toBe(true);
    expect(tightAt(200, 861)).toBe(true);
    expect(tightAt(300, 860)).toBe(false);
    expect(tightAt(400, 890)).toBe(false);
  });

  test('is measured at most ten times a second', () => {
    for (let ms = 0; ms < 1000; ms++) tightAt(ms, 500);
    expect(measured).toBe(10);
    tightAt(1000, 950);
    expect(tightAt(1050, 0)).toBe(true);
  });

  test('is not tight for garbage alone: it is collected first, every two seconds at most', () => {
    garbage = 500;
    expect(tightAt(0, 500)).toBe(false);
    expect(collected).toBe(1);
    garbage = 500;
    expect(tightAt(1_900, 500)).toBe(true);
    expect(collected).toBe(1);
    expect(tightAt(2_000, 500)).toBe(false);
    expect(collected).toBe(2);
  });

  test('that no collecting brings back is collected every thirty seconds only', () => {
    for (let ms = 0; ms < 60_000; ms += 100) expect(tightAt(ms, 950)).toBe(true);
    expect(collected).toBe(2);
  });
});
