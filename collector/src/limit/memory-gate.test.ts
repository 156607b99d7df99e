import { expect, test } from 'vitest';
import { MemoryGate } from './memory-gate.ts';

test('memory is tight from 85 % on until it is at 80 %, and is measured at most ten times a second', () => {
  let [nowMs, bytes, measured] = [0, 0, 0];
  const residentBytes = () => {
    measured++;
    return bytes;
  };
  const gate = new MemoryGate({ bytesMax: 1000, residentBytes, nowMs: () => nowMs });
  const at = (ms: number, resident: number): boolean => {
    [nowMs, bytes] = [ms, resident];
    return gate.isTight();
  };
  expect(at(0, 850)).toBe(false);
  expect(at(99, 9999)).toBe(false);
  expect(at(100, 851)).toBe(true);
  expect(at(150, 0)).toBe(true);
  expect(at(200, 801)).toBe(true);
  expect(at(300, 800)).toBe(false);
  expect(at(400, 840)).toBe(false);
  expect(measured).toBe(5);
});
