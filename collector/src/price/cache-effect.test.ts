import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Usage, UsageKey } from '@ai-cost-profiler/clickhouse/usage.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amountsOf, sumOfBuckets } from '../bucket-amounts.ts';
import { parseProviderBook } from './book-schema.ts';
import { instantNs } from './compile-book.ts';
import { loadPriceBook } from './load-book.ts';
import { PriceBook } from './price-book.ts';
import { priceCall } from './price-call.ts';

const BOOK = loadPriceBook();
const SOURCED = { source: 'a contract of the test', checked_at: '2026-08-20' };
const atNs = instantNs('2026-08-20T12:00:00Z');

/** A million tokens of plain input cost $10, read from a cache $1, written to one $12. */
const RATES = {
  in_uncached: '10/M',
  in_cache_read: '1/M',
  in_cache_write_5m: '12/M',
  in_cache_read_audio: '2/M',
  out_text: '50/M',
};

function bookOf(rates: object, factor?: string): PriceBook {
  const acme = parseProviderBook(
    {
      provider: 'acme',
      models: [{ id: 'm', prices: [{ rates, ...SOURCED }] }],
      ...(factor === undefined
        ? {}
        : { multipliers: [{ id: 'ours', factor, keys: 'all', cost_only: true, ...SOURCED }] }),
    },
    'a test',
  );
  return new PriceBook([{ providers: new Map([['acme', () => acme]]) }], 'v1');
}

/** Saved and missed, in US dollars; null: not known. */
function effect(usage: Usage, book = bookOf(RATES)): unknown {
  const result = priceCall(book, { provider: 'acme', model: 'm', atNs, usage });
  if (result.status === 'unpriced') return result.reason;
  const usd = (atto: bigint | undefined) => (atto === undefined ? null : formatUsd(atto));
  return [usd(result.cache.savedAtto), usd(result.cache.missedAtto)];
}

const M = 1_000_000n;

describe('what caches did to the cost of a call', () => {
  it.each([
    ['tokens read from a cache saved the difference', { in_cache_read: M }, ['9', '0']],
    ['written to one they cost more than plain input', { in_cache_write_5m: M }, ['-2', '0']],
    ['a write of untold lifetime costs as it is charged', { in_cache_write: M }, ['-2', '0']],
    ['the one is taken from the other', { in_cache_read: M, in_cache_write_5m: M }, ['7', '0']],
    ['plain input missed the difference', { in_uncached: M, in_cache_read: M }, ['9', '9']],
    ['a call without cache tokens saved nothing', { out_text: M }, ['0', '0']],
  ] satisfies [string, Usage, string[]][])('%s', (_, usage, expected) => {
    expect(effect(usage)).toEqual(expected);
  });

  it('is at what the tenant pays, not at list price', () => {
    const usage = { in_uncached: M, in_cache_read: M };
    expect(effect(usage, bookOf(RATES, '0.5'))).toEqual(['4.5', '4.5']);
  });

  it('is not known where the price that it needs is not', () => {
    expect(effect({ in_cache_read_audio: M })).toEqual([null, '0']);
    expect(effect({ in_uncached: M }, bookOf({ in_uncached: '10/M' }))).toEqual(['0', null]);
    const withoutPlain = bookOf({ in_cache_read: '1/M' });
    expect(effect({ in_cache_read: M }, withoutPlain)).toEqual([null, null]);
  });

  it('is not known of a call of which only the provider knows what it cost', () => {
    const call = { provider: 'acme', model: 'other', atNs, usage: { in_cache_read: M } };
    const result = priceCall(bookOf(RATES), { ...call, reported: { costUsd: '3' } });
    expect(result).toMatchObject({ cache: { savedAtto: undefined, missedAtto: undefined } });
    expect(amountsOf('lines' in result ? result.lines : [])).toEqual({
      reported_cost: 3_000_000_000_000_000_000n,
    });
  });

  it('counts a token at the graduated price that it would have had', () => {
    const tier = { metric: 'prompt_tokens', op: 'gt', threshold: 1_000_000, mode: 'graduated' };
    const graduated = { base: '10/M', tiers: [{ ...tier, rate: '20/M' }] };
    const book = bookOf({ ...RATES, in_uncached: graduated });
    expect(effect({ in_uncached: M, in_cache_read: M }, book)).toEqual(['19', '9']);
  });

  it('is not believed beyond what a line may cost', () => {
    const usage = { in_cache_read: 10n ** 15n };
    expect(effect(usage)).toEqual([null, '0']);
  });
});

describe('for any call', () => {
  const keys: UsageKey[] = [
    'in_uncached',
    'in_cache_read',
    'in_cache_write',
    'in_cache_write_5m',
    'in_cache_write_1h',
    'in_image',
    'out_text',
    'out_reasoning',
    'web_searches',
    'requests',
  ];
  const models = ['openai', 'anthropic', 'google', 'xai', 'deepseek', 'bedrock'].flatMap(
    (provider) =>
      BOOK.layersOf(provider).flatMap((layer) =>
        [...layer.exact.keys()].map((model) => ({ provider, model })),
      ),
  );
  const usage = fc
    .uniqueArray(fc.tuple(fc.constantFrom(...keys), fc.bigInt({ min: 0n, max: 10n ** 9n })), {
      selector: ([key]) => key,
    })
    .map((entries): Usage => Object.fromEntries(entries));
  const call = fc.record({ sale: fc.constantFrom(...models), usage });

  it('its buckets add up to its cost, to the last digit', () => {
    fc.assert(
      fc.property(call, ({ sale, usage }) => {
        const result = priceCall(BOOK, { ...sale, atNs, usage });
        if (result.status === 'unpriced') return;
        expect(sumOfBuckets(amountsOf(result.lines))).toBe(result.costAtto);
      }),
      { numRuns: 2000 },
    );
  });

  it('cost and savings add up to what it costs without a cache', () => {
    let compared = 0;
    fc.assert(
      fc.property(call, ({ sale, usage }) => {
        const { in_cache_read, in_cache_write, in_cache_write_5m, in_cache_write_1h, ...rest } =
          usage;
        const cached = [in_cache_read, in_cache_write, in_cache_write_5m, in_cache_write_1h];
        const tokens = cached.reduce<bigint>((sum, one) => sum + (one ?? 0n), 0n);
        const plain = { ...rest, in_uncached: (rest.in_uncached ?? 0n) + tokens };
        const told = priceCall(BOOK, { ...sale, atNs, usage });
        const without = priceCall(BOOK, { ...sale, atNs, usage: plain });
        if (told.status === 'unpriced' || without.status === 'unpriced') return;
        if (told.cache.savedAtto === undefined) return;
        compared++;
        expect(told.costAtto + told.cache.savedAtto).toBe(without.costAtto);
      }),
      { numRuns: 2000 },
    );
    expect(compared).toBeGreaterThan(300);
  });
});
