import { describe, expect, it } from 'vitest';
import { type FamilyUsage, reconcileUsage } from './reconcile-usage.ts';

function family(name: string, authority: number, raw: FamilyUsage['raw']): FamilyUsage {
  return { family: name, authority, raw, inclusion: undefined };
}

describe('families of attributes on one span', () => {
  it('are alternatives: equal totals are one call, the breakdown comes from whoever has it', () => {
    const { raw, conflicts } = reconcileUsage([
      family('otel', 40, { input: 100n, output: 20n }),
      family('openinference', 30, { input: 100n, output: 20n, cacheRead: 60n, reasoning: 5n }),
    ]);
    expect(raw).toMatchObject({ input: 100n, output: 20n, cacheRead: 60n, reasoning: 5n });
    expect(conflicts).toEqual([]);
  });

  it('that differ by exactly the cache tokens prove that the larger total holds them', () => {
    const { raw, inclusion } = reconcileUsage([
      family('otel', 40, { input: 12n, output: 20n, cacheRead: 1000n }),
      family('langfuse', 10, { input: 1012n, output: 20n }),
    ]);
    expect(raw.input).toBe(1012n);
    expect(inclusion).toMatchObject({ input: 'inclusive', evidence: 'families_differ_by_cache' });
  });

  it('that truly differ are decided by authority, and the other is named', () => {
    const { raw, conflicts } = reconcileUsage([
      family('langfuse', 10, { input: 7n, output: 20n }),
      family('otel', 40, { input: 100n, output: 20n }),
    ]);
    expect(raw.input).toBe(100n);
    expect(conflicts).toEqual(['langfuse']);
  });

  it('never have cache writes counted in all and by TTL', () => {
    const { raw } = reconcileUsage([
      family('otel', 40, { input: 500n, output: 1n, cacheWrite: 100n }),
      family('provider', 10, { input: 500n, output: 1n, cacheWrite5m: 60n, cacheWrite1h: 40n }),
    ]);
    expect(raw).toMatchObject({ cacheWrite: undefined, cacheWrite5m: 60n, cacheWrite1h: 40n });
  });

  it('leave alone what one family has split already', () => {
    const split = { cacheWrite: 10n, cacheWrite5m: 60n, cacheWrite1h: 30n };
    const { raw } = reconcileUsage([
      family('otel', 40, { input: 500n, output: 1n }),
      family('provider', 10, { input: 500n, output: 1n, ...split }),
    ]);
    expect(raw).toMatchObject(split);
  });

  it('without usage give none', () => {
    expect(reconcileUsage([family('otel', 40, {})]).raw).toEqual({});
  });
});
