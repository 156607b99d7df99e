import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeaderGroups } from './leader-groups.ts';

const WORDS = 32;
const sketches = fc.array(fc.integer({ min: -0x80000000, max: 0x7fffffff }), {
  minLength: WORDS,
  maxLength: WORDS,
});

/** The sketch with other bytes at these places. */
function changed(sketch: readonly number[], places: readonly number[]): Int32Array {
  const copy = Int32Array.from(sketch);
  const bytes = Buffer.from(copy.buffer);
  for (const place of places) bytes[place] = bytes[place]! ^ 0x5a;
  return copy;
}

/** A byte that differs has 4 + 4/255 different bits on average. */
const similarityOf = (bits: number): number => 1 - bits / ((128 * 4 * 256) / 255);

const bitsBetween = (a: Int32Array, b: Int32Array): number =>
  a.reduce((sum, word, n) => {
    const different = (word ^ b[n]!) >>> 0;
    return sum + different.toString(2).replaceAll('0', '').length;
  }, 0);

const places = fc.array(fc.nat(127), { maxLength: 60 });
const open = (threshold: number, leadersMax = 10_000) =>
  new LeaderGroups({ threshold, leadersMax });

describe('groups of sketches', () => {
  it('join equal ones, and none that share nothing', () => {
    fc.assert(
      fc.property(sketches, sketches, (one, other) => {
        const groups = open(0.7);
        expect(groups.place(Int32Array.from(one), 1)).toEqual({ group: 0, similarity: 1 });
        expect(groups.place(Int32Array.from(one), 1)).toEqual({ group: 0, similarity: 1 });
        fc.pre(similarityOf(bitsBetween(Int32Array.from(one), Int32Array.from(other))) < 0.7);
        expect(groups.place(Int32Array.from(other), 1).group).toBe(1);
      }),
    );
  });

  it('never join those of two makers', () => {
    const groups = open(0.7);
    const sketch = new Int32Array(WORDS).fill(7);
    expect(groups.place(sketch, 1).group).toBe(0);
    expect(groups.place(sketch, 2).group).toBe(1);
    expect(groups.place(sketch, 1).group).toBe(0);
  });

  it('hold only what is as similar to the leader as the threshold says, as similar as is told', () => {
    const steps = fc.array(fc.tuple(fc.nat(2), places), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.array(sketches, { minLength: 3, maxLength: 3 }), steps, (bases, list) => {
        const groups = open(0.7);
        const leaders: Int32Array[] = [];
        for (const [base, change] of list) {
          const sketch = changed(bases[base]!, change);
          const { group, similarity } = groups.place(sketch, 1);
          if (group === leaders.length) leaders.push(sketch);
          expect(similarity).toBeGreaterThanOrEqual(0.7);
          expect(similarity).toBeCloseTo(similarityOf(bitsBetween(sketch, leaders[group]!)), 10);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('take the most similar of several leaders', () => {
    const base = Array.from({ length: WORDS }, (_, n) => n * 0x1234567);
    const far = changed(
      base,
      Array.from({ length: 45 }, (_, n) => 16 + 2 * n),
    );
    const groups = open(0.7);
    groups.place(far, 1);
    expect(groups.place(Int32Array.from(base), 1).group).toBe(1);
    expect(groups.place(changed(base, [100]), 1).group).toBe(1);
  });

  it('grow and find the leaders of before, until there is no more room', () => {
    const random = (seed: number) =>
      Int32Array.from(
        { length: WORDS },
        (_, n) => Math.imul(seed * 40 + n + 1, 0x9e3779b1) ^ (seed << 7),
      );
    const groups = open(0.7, 5000);
    for (let seed = 0; seed < 5000; seed++) expect(groups.place(random(seed), 1).group).toBe(seed);
    for (let seed = 0; seed < 5000; seed += 7)
      expect(groups.place(random(seed), 1).group).toBe(seed);
    expect(groups.place(random(6000), 1)).toEqual({ group: -1, similarity: 0 });
    expect(groups.leaders).toBe(5000);
  });
});
