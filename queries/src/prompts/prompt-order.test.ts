import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inOrderOfFirstCalls } from './prompt-order.ts';

const NOON = 1_787_227_200_000_000_000n;
/** Close together, at the same time, and years apart. */
const starts = fc.oneof(
  fc.bigInt(0n, 3n).map((ns) => NOON + ns),
  fc.bigInt(0n, 2n ** 62n),
);
const calls = fc.array(fc.tuple(starts, fc.bigInt(0n, 2n ** 64n - 1n)), { maxLength: 200 });

const wordsOf = (list: readonly bigint[]): Uint32Array =>
  new Uint32Array(BigUint64Array.from(list).buffer);

it('is that of the times, and of the calls at the same time', () => {
  fc.assert(
    fc.property(calls, fc.integer({ min: 1, max: 3 }), (list, every) => {
      const firsts = {
        firstNs: wordsOf(list.map(([start]) => start)),
        firstCall: wordsOf(list.map(([, call]) => call)),
      };
      const prompts = [...list.keys()].filter((n) => n % every === 0);
      const sorted = prompts.toSorted((a, b) => {
        const [one, other] = [list[a]!, list[b]!];
        const at = one[0] === other[0] ? 1 : 0;
        return one[at] < other[at] ? -1 : one[at] > other[at] ? 1 : 0;
      });
      const ordered = inOrderOfFirstCalls(Uint32Array.from(prompts), firsts);
      expect([...ordered].map((n) => list[n])).toEqual(sorted.map((n) => list[n]));
    }),
  );
});
