import { describe, expect, it } from 'vitest';
import { judge } from './judge-pairs.ts';
import { pairsWithin } from './pairs.ts';

describe.each(['c1', 'm1'] as const)('similar prompts, sketched by %s', (maker) => {
  it('are found, and others are not: precision and recall of 0.95 at least', () => {
    const { precision, recall } = judge(maker, 300, 20_261_130);
    expect(precision).toBeGreaterThanOrEqual(0.95);
    expect(recall).toBeGreaterThanOrEqual(0.95);
  });
});

describe('the pairs', () => {
  it('are the same for the same seed, and as similar as was asked for', () => {
    const range = { min: 0.8, max: 1, count: 20 };
    const pairs = [...pairsWithin(range, 1)];
    expect([...pairsWithin(range, 1)]).toEqual(pairs);
    for (const { jaccard } of pairs) expect(jaccard).toBeGreaterThanOrEqual(0.8);
    expect(new Set(pairs.map(({ one }) => one)).size).toBe(20);
  });
});
