import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttoSums } from './atto-sums.ts';

const AMOUNT_MAX = 10n ** 36n;
const amounts = fc.bigInt({ min: -AMOUNT_MAX, max: AMOUNT_MAX });

const wordsOf = (amount: bigint): Uint32Array =>
  Uint32Array.from({ length: 4 }, (_, n) =>
    Number(BigInt.asUintN(32, BigInt.asUintN(128, amount) >> BigInt(32 * n))),
  );

function sumsOf(list: readonly bigint[]): AttoSums {
  const sums = new AttoSums(list.length);
  for (const [place, amount] of list.entries()) sums.add(place, wordsOf(amount), 0);
  return sums;
}

describe('sums of money in words', () => {
  it('are those of integers, also below 0 and after they have grown', () => {
    fc.assert(
      fc.property(fc.array(amounts, { minLength: 1, maxLength: 50 }), (list) => {
        const each = sumsOf(list);
        const all = new AttoSums(1);
        all.grow();
        for (const [place, amount] of list.entries()) {
          expect(each.of(place)).toBe(amount);
          all.addOf(1, each, place);
        }
        expect(all.of(0)).toBe(0n);
        expect(all.of(1)).toBe(list.reduce((sum, amount) => sum + amount, 0n));
      }),
    );
  });

  it('are in the order of integers', () => {
    fc.assert(
      fc.property(amounts, amounts, (one, other) => {
        const sums = sumsOf([one, other]);
        expect(Math.sign(sums.compare(0, sums, 1))).toBe(one === other ? 0 : one < other ? -1 : 1);
      }),
    );
  });
});
