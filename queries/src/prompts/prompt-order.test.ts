import fc from 'fast-check';
import { expect, it } from 'vitest';
import { orderBy } from './prompt-order.ts';

const keys = fc.array(fc.tuple(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 3n)), {
  maxLength: 200,
});

const wordsOf = (list: readonly bigint[]): Uint32Array =>
  new Uint32Array(BigUint64Array.from(list).buffer);

it('is that of the first key, then of the second', () => {
  fc.assert(
    fc.property(keys, (list) => {
      const [first, second] = [list.map(([key]) => key % 5n), list.map(([, key]) => key)];
      const large = list.map(([key]) => key);
      const by = (...each: bigint[][]) =>
        [...list.keys()].sort((a, b) => {
          const differing = each.find((key) => key[a] !== key[b]);
          return differing === undefined ? a - b : differing[a]! < differing[b]! ? -1 : 1;
        });
      expect([...orderBy(list.length, [wordsOf(first), wordsOf(second)])]).toEqual(
        by(first, second),
      );
      expect([...orderBy(list.length, [wordsOf(large)])]).toEqual(by(large));
    }),
  );
});
