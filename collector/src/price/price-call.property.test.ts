import { LINE_ATTO_USD_MAX } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Usage, UsageKey } from '@ai-cost-profiler/clickhouse/usage.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketsOf } from './calc-usage.ts';
import { instantNs } from './compile-book.ts';
import { loadPriceBook } from './load-book.ts';
import { type PriceResult, priceCall } from './price-call.ts';

const book = loadPriceBook();
/** Every model of a sample of providers, with the keys it has prices for at the time. */
const sold = [
  'openai',
  'anthropic',
  'google',
  'vertex',
  'bedrock',
  'xai',
  'deepseek',
  'mistral',
  'groq',
  'alibaba',
].flatMap((provider) =>
  book
    .layersOf(provider)
    .flatMap((layer) => [...layer.exact.keys()].map((model) => ({ provider, model }))),
);
const atNs = fc
  .integer({ min: 1_700_000_000, max: 1_800_000_000 })
  .map((seconds) => BigInt(seconds) * 1_000_000_000n);
const quantity = fc.bigInt({ min: 0n, max: 10n ** 9n });
const keys: UsageKey[] = [
  'in_uncached',
  'in_cache_read',
  'in_cache_write',
  'in_audio',
  'out_text',
  'out_reasoning',
  'web_searches',
  'audio_seconds',
];
const usage = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...keys), quantity), { selector: ([key]) => key })
  .map((entries): Usage => Object.fromEntries(entries));
const call = fc.record({ sale: fc.constantFrom(...sold), atNs, usage });

function price(given: {
  sale: { provider: string; model: string };
  atNs: bigint;
  usage: Usage;
}): PriceResult {
  return priceCall(book, { ...given.sale, atNs: given.atNs, usage: given.usage });
}

describe('for any call', () => {
  test('the lines sum to the total, none is negative and none is beyond the limit', () => {
    fc.assert(
      fc.property(call, (given) => {
        const result = price(given);
        if (result.status === 'unpriced') return;
        expect(result.lines.reduce((sum, line) => sum + line.costAtto, 0n)).toBe(result.costAtto);
        expect(result.lines.reduce((sum, line) => sum + line.listAtto, 0n)).toBe(result.listAtto);
        for (const line of result.lines) {
          expect(line.costAtto >= 0n && line.listAtto <= LINE_ATTO_USD_MAX).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('every quantity above zero has a line, or the call has no price', () => {
    fc.assert(
      fc.property(call, (given) => {
        const result = price(given);
        if (result.status === 'unpriced') return;
        const charged = new Set(result.lines.map((line) => line.key));
        for (const [key, value] of Object.entries(given.usage)) {
          if (value > 0n) expect(charged.has(key as UsageKey)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('asking again, warm or cold, gives the same answer', () => {
    const cold = loadPriceBook();
    fc.assert(
      fc.property(call, (given) => {
        const again = priceCall(cold, { ...given.sale, atNs: given.atNs, usage: given.usage });
        expect(again).toEqual(price(given));
        expect(price(given)).toEqual(again);
      }),
      { numRuns: 500 },
    );
  });

  test('using more never costs less, where the size of the prompt stays the same', () => {
    const both = fc.record({ sale: fc.constantFrom(...sold), atNs, usage, more: quantity });
    fc.assert(
      fc.property(both, ({ more, ...given }) => {
        const small = price(given);
        const output = (given.usage.out_text ?? 0n) + more;
        const large = price({ ...given, usage: { ...given.usage, out_text: output } });
        if (small.status === 'unpriced' || large.status === 'unpriced') return;
        expect(large.costAtto >= small.costAtto).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('two calls on the same side of every tier cost what their sum costs', () => {
    const flat = {
      sale: { provider: 'openai', model: 'gpt-4.1' },
      atNs: instantNs('2026-08-20T12:00:00Z'),
    };
    fc.assert(
      fc.property(quantity, quantity, quantity, quantity, (a, b, c, d) => {
        const cost = (input: bigint, output: bigint) => {
          const result = price({ ...flat, usage: { in_uncached: input, out_text: output } });
          return result.status === 'priced' ? result.costAtto : 0n;
        };
        expect(cost(a, b) + cost(c, d)).toBe(cost(a + c, b + d));
      }),
    );
  });
});

describe('for any inclusive usage', () => {
  const told = fc.record(
    {
      input_tokens: quantity,
      cache_read_tokens: quantity,
      cache_write_tokens: quantity,
      cache_write_5m_tokens: quantity,
      input_audio_tokens: quantity,
      cache_read_audio_tokens: quantity,
      input_image_tokens: quantity,
      output_tokens: quantity,
      reasoning_tokens: quantity,
      output_audio_tokens: quantity,
    },
    { requiredKeys: [] },
  );

  test('the buckets are disjoint, none negative, and add up to what was told', () => {
    fc.assert(
      fc.property(told, (given) => {
        const text = Object.fromEntries(
          Object.entries(given).map(([key, value]) => [key, `${value}`]),
        );
        const read = bucketsOf(text);
        if ('reason' in read) return;
        const sum = (start: string) =>
          Object.entries(read.usage).reduce(
            (total, [key, value]) => (key.startsWith(start) ? total + value : total),
            0n,
          );
        for (const value of Object.values(read.usage)) expect(value >= 0n).toBe(true);
        expect(sum('in_')).toBe(given.input_tokens ?? 0n);
        expect(sum('out_')).toBe(given.output_tokens ?? 0n);
      }),
      { numRuns: 2000 },
    );
  });
});
