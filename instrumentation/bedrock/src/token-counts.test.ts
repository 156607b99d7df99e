import { describe, expect, it } from 'vitest';
import { laterWins, type TokenCounts, usageOfCounts } from './token-counts.ts';

const CASES: readonly (readonly [string, TokenCounts, number | undefined])[] = [
  ['what was cached stands beside it', { input: 12, cacheRead: 1000, cacheWrite: 300 }, 1312],
  ['the total holds all of it', { input: 12, output: 5, total: 317, cacheRead: 300 }, 312],
  [
    'the total says that what was cached is within',
    { input: 312, output: 5, total: 317, cacheRead: 300 },
    312,
  ],
  [
    'what was cached is more than it, whatever the total',
    { input: 12, output: 5, total: 17, cacheRead: 300 },
    312,
  ],
  ['its kind holds what was cached', { input: 312, cacheRead: 300, isInclusive: true }, 312],
  ['nothing was cached', { input: 12, output: 5, total: 17 }, 12],
  ['it is not told', { output: 5, cacheRead: 300 }, undefined],
];

describe('all that went in', () => {
  it.each(CASES)('is known where %s', (_what, counts, input) => {
    expect(usageOfCounts(counts).inputTokens).toBe(input);
  });
});

describe('counts that are told twice', () => {
  it('are those that were told last', () => {
    expect(laterWins({ input: 1, output: 2 }, { output: 3, cacheRead: 4 })).toEqual({
      input: 1,
      output: 3,
      cacheRead: 4,
    });
  });

  it.each([[null], [undefined], ['7'], [{}]])('stay where %j is told', (told) => {
    const counts = laterWins({ input: 1 }, { input: told } as unknown as TokenCounts);
    expect(counts).toEqual({ input: 1 });
  });
});
