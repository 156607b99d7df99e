import { gunzipSync } from 'node:zlib';
import { divideHalfEven } from '@ai-cost-profiler/clickhouse/money.ts';
import fc from 'fast-check';
import { Profile } from 'pprof-format';
import { describe, expect, test } from 'vitest';
import { apportionNanoUsd } from './apportion.ts';
import { foldedStacks } from './folded.ts';
import { pprofProfile } from './pprof.ts';
import { type PairedStack, pairStacks } from './stacks.ts';
import { NO_WEIGHTS, type Weights } from './weights.ts';

const NANO = 1_000_000_000n;
const sum = (list: readonly bigint[]) => list.reduce((total, one) => total + one, 0n);

const weights = fc.record({
  cost: fc.bigInt(-(10n ** 20n), 10n ** 24n),
  tokens: fc.bigInt(0n, 10n ** 9n),
  duration: fc.bigInt(0n, 10n ** 12n),
  calls: fc.bigInt(0n, 1000n),
  unpriced: fc.constant(0n),
});
const stacks = fc.uniqueArray(
  fc.record({
    frames: fc.array(fc.oneof(fc.string(), fc.constantFrom('a;b', 'x\ny', 'a b 7', '')), {
      maxLength: 4,
    }),
    left: weights,
    right: weights,
  }),
  { selector: ({ frames }) => JSON.stringify(frames), maxLength: 12 },
);

const costOf = (list: readonly PairedStack[], side: 'left' | 'right') =>
  divideHalfEven(sum(list.map((stack) => stack[side].cost)), NANO);

test('nano-dollars add up to the rounded total, and none is a whole one away', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt(-(10n ** 30n), 10n ** 30n)), (parts) => {
      const nano = apportionNanoUsd(parts);
      expect(sum(nano)).toBe(divideHalfEven(sum(parts), NANO));
      nano.forEach((part, index) => {
        const away = part * NANO - parts[index]!;
        expect(away > -NANO && away < NANO).toBe(true);
      });
    }),
  );
});

describe('folded stacks', () => {
  const shown = { weight: 'cost', isCompared: false } as const;

  test('are a line a stack, whatever the names hold, and add up to the rounded total', () => {
    fc.assert(
      fc.property(stacks, (list) => {
        const lines = foldedStacks(list, shown).split('\n').slice(0, -1);
        expect(lines).toHaveLength(list.length);
        const read = lines.map((line) => /^(.*) (-?\d+)$/.exec(line)!);
        expect(sum(read.map((match) => BigInt(match[2]!)))).toBe(costOf(list, 'left'));
        expect(read.map((match) => match[1]!.split(';').length)).toEqual(
          list.map(({ frames }) => frames.length + 1),
        );
      }),
    );
  });

  test('of a comparison have both numbers', () => {
    const calls = (n: bigint): Weights => ({ ...NO_WEIGHTS, calls: n });
    const list = [{ frames: ['a', 'b'], left: calls(1n), right: calls(2n) }];
    expect(foldedStacks(list, { weight: 'calls', isCompared: true })).toBe('total;a;b 1 2\n');
  });
});

describe('pprof', () => {
  const decode = (bytes: Buffer) => Profile.decode(gunzipSync(bytes));
  const text = (profile: Profile, index: number | bigint) =>
    profile.stringTable.strings[Number(index)];

  test('has four sample types, and what was put in comes out', async () => {
    await fc.assert(
      fc.asyncProperty(stacks, async (list) => {
        const shown = { weight: 'cost', isCompared: false, range: null } as const;
        const profile = decode(await pprofProfile(list, shown));
        expect(
          profile.sampleType.map(({ type, unit }) => [text(profile, type), text(profile, unit)]),
        ).toEqual([
          ['cost', 'nanodollars'],
          ['tokens', 'count'],
          ['duration', 'nanoseconds'],
          ['calls', 'count'],
        ]);
        const column = (index: number) =>
          sum(profile.sample.map(({ value }) => BigInt.asIntN(64, BigInt(value[index] ?? 0))));
        expect(column(0)).toBe(costOf(list, 'left'));
        expect(column(1)).toBe(sum(list.map(({ left }) => left.tokens)));
        expect(column(3)).toBe(sum(list.map(({ left }) => left.calls)));
      }),
      { numRuns: 50 },
    );
  });

  test('of a comparison sums to right less left, the left marked as the base', async () => {
    await fc.assert(
      fc.asyncProperty(stacks, async (list) => {
        const shown = { weight: 'tokens', isCompared: true, range: null } as const;
        const profile = decode(await pprofProfile(list, shown));
        const total = sum(
          profile.sample.map(({ value }) => BigInt.asIntN(64, BigInt(value[1] ?? 0))),
        );
        expect(total).toBe(
          sum(list.map(({ right }) => right.tokens)) - sum(list.map(({ left }) => left.tokens)),
        );
        for (const { value, label } of profile.sample) {
          const isBase = label.some(({ key }) => text(profile, key) === 'pprof::base');
          if (BigInt.asIntN(64, BigInt(value[1] ?? 0)) < 0n) expect(isBase).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});

test('stacks beyond the limit are one frame, on both sides, and nothing is lost', () => {
  fc.assert(
    fc.property(stacks, fc.integer({ min: 1, max: 4 }), (list, limit) => {
      const sideOf = (side: 'left' | 'right') => ({
        stacks: list.map((stack) => ({ frames: stack.frames, own: stack[side] })),
        isCut: false,
        totals: { ...NO_WEIGHTS, tokens: sum(list.map((stack) => stack[side].tokens)) },
      });
      const paired = pairStacks(sideOf('left'), sideOf('right'), { weight: 'tokens', limit });
      expect(paired.length).toBeLessThanOrEqual(limit + 1);
      for (const side of ['left', 'right'] as const) {
        expect(sum(paired.map((stack) => stack[side].tokens))).toBe(sideOf(side).totals.tokens);
      }
    }),
  );
});
