import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NumberSet } from './number-set.ts';

it('tells what is new and holds it, as a set does', () => {
  const numbers = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.maxSafeInteger().map(Math.abs));
  fc.assert(
    fc.property(fc.array(numbers.filter((n) => n > 0)), (list) => {
      const [set, held] = [new NumberSet(), new Set<number>()];
      for (const number of list) {
        expect(set.add(number)).toBe(!held.has(number));
        held.add(number);
      }
      expect(new Set(set.values())).toEqual(held);
    }),
  );
});

it('grows', () => {
  const set = new NumberSet();
  for (let n = 1; n <= 20_000; n++) expect(set.add(n * 2 ** 31)).toBe(true);
  for (let n = 1; n <= 20_000; n++) expect(set.add(n * 2 ** 31)).toBe(false);
  expect(set.size).toBe(20_000);
});
