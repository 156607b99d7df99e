/**
 * What speedscope opens, as its own types of the file format say: https://github.com/jlfwong/speedscope,
 * src/lib/file-format-spec.ts; and that no weight is below zero, at which its importer ends (src/lib/profile.ts).
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { wholeWeights } from './folded.ts';
import { speedscopeFile } from './speedscope.ts';
import type { PairedStack } from './stacks.ts';
import { NO_WEIGHTS, WEIGHTS } from './weights.ts';

const PROFILE = {
  name: z.string(),
  unit: z.enum(['none', 'nanoseconds', 'microseconds', 'milliseconds', 'seconds', 'bytes']),
  startValue: z.number(),
  endValue: z.number(),
};
const EVENT = z.strictObject({ type: z.enum(['O', 'C']), at: z.number(), frame: z.int().min(0) });
const FILE = z.strictObject({
  $schema: z.literal('https://www.speedscope.app/file-format-schema.json'),
  shared: z.strictObject({
    frames: z.array(
      z.strictObject({
        name: z.string(),
        file: z.string().optional(),
        line: z.number().optional(),
        col: z.number().optional(),
      }),
    ),
  }),
  profiles: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('evented'), ...PROFILE, events: z.array(EVENT) }),
        z.strictObject({
          type: z.literal('sampled'),
          ...PROFILE,
          samples: z.array(z.array(z.int().min(0)).min(1)),
          weights: z.array(z.number().min(0)),
        }),
      ]),
    )
    .min(1),
  name: z.string().optional(),
  activeProfileIndex: z.int().min(0).optional(),
  exporter: z.string().optional(),
});

const weights = fc.record({
  // Doubles hold these nano-dollars exactly, and their sums.
  cost: fc.bigInt(-(10n ** 20n), 10n ** 23n),
  tokens: fc.bigInt(0n, 10n ** 9n),
  duration: fc.bigInt(0n, 10n ** 12n),
  calls: fc.bigInt(-10n, 1000n),
  unpriced: fc.constant(0n),
});
const frames = fc.array(fc.oneof(fc.string(), fc.constantFrom('a;b', 'x\ny', '')), {
  maxLength: 4,
});
const stacks = fc.uniqueArray(fc.record({ frames, left: weights, right: weights }), {
  selector: (stack) => JSON.stringify(stack.frames),
  maxLength: 12,
});

const sum = (list: readonly number[]) => list.reduce((total, one) => total + one, 0);

test('a file is one of the format, and its samples name frames that are there', () => {
  fc.assert(
    fc.property(stacks, fc.boolean(), fc.constantFrom(...WEIGHTS), (list, isCompared, weight) => {
      const file = speedscopeFile(list, { weight, isCompared });
      expect(FILE.parse(JSON.parse(JSON.stringify(file)))).toEqual(file);
      for (const { samples, weights: values, startValue, endValue } of file.profiles) {
        expect(values).toHaveLength(samples.length);
        expect([startValue, endValue]).toEqual([0, sum(values)]);
        for (const index of samples.flat()) expect(file.shared.frames[index]).toBeDefined();
      }
    }),
  );
});

test('a side is its profile less what was taken back, to the nano-dollar', () => {
  fc.assert(
    fc.property(stacks, (list) => {
      const { profiles } = speedscopeFile(list, { weight: 'cost', isCompared: false });
      const [spent, takenBack] = profiles;
      const whole = wholeWeights(list, 'left', 'cost').map(Number);
      expect(spent!.endValue - (takenBack?.endValue ?? 0)).toBe(sum(whole));
      expect(takenBack === undefined).toBe(whole.every((one) => one >= 0));
    }),
  );
});

test('a stack that weighs nothing is no sample, and one without frames is the total', () => {
  const of = (tokens: bigint, ...names: string[]): PairedStack => ({
    frames: names,
    left: { ...NO_WEIGHTS, tokens },
    right: NO_WEIGHTS,
  });
  const list = [of(5n, 'shop', 'gpt-4o'), of(0n, 'shop', 'o3'), of(2n)];
  const { profiles, shared } = speedscopeFile(list, { weight: 'tokens', isCompared: true });
  const named = profiles.map((profile) =>
    profile.samples.map((sample) => sample.map((index) => shared.frames[index]?.name)),
  );
  expect(named).toEqual([[['shop', 'gpt-4o'], ['total']], []]);
  expect(profiles.map(({ name }) => name)).toEqual(['tokens, left', 'tokens, right']);
});
