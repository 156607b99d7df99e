import { GUARDED_DIMENSIONS } from '@ai-cost-profiler/clickhouse/rollup-dimensions.ts';
import { expect, it } from 'vitest';
import { CardinalityGuard, type GuardedValues } from './cardinality-guard.ts';

function values(feature: string): GuardedValues {
  const all = Object.fromEntries(GUARDED_DIMENSIONS.map((name) => [name, 'x']));
  return { ...all, feature } as GuardedValues;
}

it('marks only the dimension that has too many values, and only its new ones', () => {
  const guard = new CardinalityGuard(2);
  const bit = 1 << GUARDED_DIMENSIONS.indexOf('feature');
  expect(guard.overLimit('a', 1, values('one'))).toBe(0);
  expect(guard.overLimit('a', 1, values('two'))).toBe(0);
  expect(guard.overLimit('a', 1, values('three'))).toBe(bit);
  expect(guard.overLimit('a', 1, values('one'))).toBe(0);
});

it('counts each tenant and each UTC day apart', () => {
  const guard = new CardinalityGuard(1);
  expect(guard.overLimit('a', 1, values('one'))).toBe(0);
  expect(guard.overLimit('b', 1, values('two'))).toBe(0);
  expect(guard.overLimit('a', 2, values('three'))).toBe(0);
  expect(guard.overLimit('a', 1, values('four'))).not.toBe(0);
});
