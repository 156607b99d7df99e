import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import { describe, expect, test } from 'vitest';
import { type ProviderBookInput, parseProviderBook } from './book-schema.ts';
import type { CallContext } from './call-context.ts';
import { instantNs } from './compile-book.ts';
import { PriceBook } from './price-book.ts';
import { type PricedCall, type PriceResult, priceCall } from './price-call.ts';

const sourced = { source: 'https://example.com/pricing', checked_at: '2026-08-21' };
const acme: ProviderBookInput = {
  provider: 'acme',
  neutral: { inference_geo: ['global'] },
  holidays: { cn: ['2026-10-01'] },
  aliases: [
    { alias: 'latest', to: 'old', valid_until: '2026-01-01T00:00:00Z', ...sourced },
    { alias: 'latest', to: 'new', valid_from: '2026-01-01T00:00:00Z', ...sourced },
  ],
  multipliers: [
    { id: 'batch', when: { batch: 'true' }, factor: '0.5', ...sourced },
    { id: 'priority', when: { service_tier: 'priority' }, factor: '2', ...sourced },
    { id: 'us', when: { inference_geo: 'us' }, factor: '1.1', only: ['new'], ...sourced },
  ],
  tools: [{ rates: { web_searches: '10/k' }, ...sourced }],
  models: [
    { id: 'old', prices: [{ rates: { in_uncached: '1/M', out_text: '2/M' }, ...sourced }] },
    {
      id: 'new',
      prices: [
        {
          rates: {
            in_uncached: '3/M',
            in_cache_read: '0.3/M',
            out_text: '15/M',
            in_cache_write: '4/M',
          },
          ...sourced,
        },
        { when: { service_tier: 'priority' }, rates: { out_text: '20/M' }, ...sourced },
      ],
    },
    {
      id: 'tiered',
      prices: [
        {
          rates: {
            in_uncached: { base: '1/M', tiers: [{ op: 'gt', threshold: 1000, rate: '2/M' }] },
            in_cache_read: {
              base: '0.1/M',
              tiers: [{ op: 'gte', threshold: 1000, rate: '0.2/M' }],
            },
            out_text: {
              base: '1/M',
              tiers: [
                { op: 'gt', threshold: 10, mode: 'graduated', rate: '2/M' },
                { op: 'gt', threshold: 20, mode: 'graduated', rate: '3/M' },
              ],
            },
          },
          ...sourced,
        },
      ],
    },
    {
      id: 'peaky',
      prices: [
        { rates: { in_uncached: '1/M' }, ...sourced },
        {
          calendar: [
            {
              tz: 'Asia/Shanghai',
              from: '09:00',
              until: '12:00',
              weekdays: [1, 2, 3, 4, 5],
              except_holidays: 'cn',
            },
          ],
          rates: { in_uncached: '2/M' },
          ...sourced,
        },
      ],
    },
    {
      id: 'odd',
      prices: [
        {
          rates: {
            audio_seconds: { base: '0.111/3600', minimum: 10 },
            requests: '5/k',
            characters: '1/3',
            pages: '1/1',
          },
          ...sourced,
        },
        { when: { search_context_size: 'high' }, rates: { requests: '12/k' }, ...sourced },
      ],
    },
    { id: 'free', prices: [{ rates: { in_uncached: '0/M', out_text: '0/M' }, ...sourced }] },
    {
      id: 'planned',
      prices: [
        { valid_until: '2027-01-01T00:00:00Z', rates: { in_uncached: '1/M' }, ...sourced },
        {
          valid_from: '2027-01-01T00:00:00Z',
          status: 'plan',
          rates: { in_uncached: '2/M' },
          ...sourced,
        },
      ],
    },
  ],
};
const reseller: ProviderBookInput = {
  provider: 'reseller',
  fallbacks: [{ provider: 'acme' }],
  multipliers: [{ id: 'fee', factor: '1.055', keys: 'all', ...sourced }],
};
const files = [acme, reseller].map((input) => parseProviderBook(input, 'a test'));
const book = new PriceBook(
  [{ providers: new Map(files.map((file) => [file.provider, () => file])) }],
  'v1',
);

function price(model: string, usage: Usage, more: Partial<PricedCall> = {}): PriceResult {
  const atNs = instantNs('2026-08-20T12:00:00Z');
  return priceCall(book, { provider: 'acme', model, atNs, usage, ...more });
}
function usd(result: PriceResult): string {
  return result.status === 'priced'
    ? formatUsd(result.costAtto)
    : `${result.reason}: ${result.detail}`;
}

describe('a call is charged', () => {
  const tokens: Usage = { in_uncached: 1000n, out_text: 100n };
  const charged: [string, string, Usage, CallContext, string][] = [
    ['each bucket at its own rate', 'new', { ...tokens, in_cache_read: 500n }, {}, '0.00465'],
    [
      'reasoning as output where it has no rate of its own',
      'new',
      { out_reasoning: 100n },
      {},
      '0.0015',
    ],
    [
      'a cache write of 5 minutes as a write whose TTL was not told',
      'new',
      { in_cache_write_5m: 100n },
      {},
      '0.0004',
    ],
    ['at half in a batch', 'new', tokens, { batch: true }, '0.00225'],
    [
      'at half when the served tier is called batch',
      'new',
      tokens,
      { serviceTier: 'batch' },
      '0.00225',
    ],
    [
      'at the explicit price of a tier, and by the factor where there is none',
      'new',
      tokens,
      { serviceTier: 'priority' },
      '0.008',
    ],
    ['with factors that stack', 'new', tokens, { batch: true, inferenceGeo: 'us' }, '0.002475'],
    [
      'at list price under a neutral geography',
      'new',
      tokens,
      { inferenceGeo: 'global' },
      '0.0045',
    ],
    ['at list price at the default tier', 'new', tokens, { serviceTier: 'default' }, '0.0045'],
    [
      'for tools beside the tokens, untouched by batch',
      'new',
      { ...tokens, web_searches: 3n },
      { batch: true },
      '0.03225',
    ],
    [
      'at most the base rate on the threshold of a strict tier',
      'tiered',
      { in_uncached: 1000n },
      {},
      '0.001',
    ],
    ['wholly at the higher rate above it', 'tiered', { in_uncached: 1001n }, {}, '0.002002'],
    [
      'by a tier that counts the cached part of the prompt',
      'tiered',
      { in_uncached: 1n, in_cache_read: 1000n },
      {},
      '0.000202',
    ],
    ['by a tier that begins on its threshold', 'tiered', { in_cache_read: 1000n }, {}, '0.0002'],
    ['part by part where tiers are graduated', 'tiered', { out_text: 25n }, {}, '0.000045'],
    [
      'for ten seconds at least',
      'odd',
      { audio_seconds: 4_000_000_000n, requests: 0n },
      {},
      '0.000308333333333333',
    ],
    [
      'for a fraction of a second',
      'odd',
      { audio_seconds: 36_500_000_000n, requests: 0n },
      {},
      '0.001125416666666667',
    ],
    ['for the request it is, where requests cost', 'odd', { pages: 1n }, {}, '1.005'],
    [
      'by the size of the search context',
      'odd',
      { requests: 2n },
      { searchContextSize: 'High' },
      '0.024',
    ],
    ['nothing by a free model', 'free', tokens, {}, '0'],
    ['nothing for nothing', 'new', { in_uncached: 0n, out_text: 0n }, {}, '0'],
    ['after the discount of the customer', 'new', tokens, { tenantDiscount: '0.05' }, '0.004275'],
  ];
  test.for(charged)('%s', ([, model, usage, context, expected]) => {
    expect(usd(price(model, usage, { context }))).toBe(expected);
  });

  test('at list price beside the discounted cost', () => {
    const result = price('new', tokens, { context: { tenantDiscount: '0.05' } });
    expect(result.status === 'priced' && formatUsd(result.listAtto)).toBe('0.0045');
  });

  test('and says when a line had to be rounded', () => {
    const result = price('odd', { characters: 1n, requests: 0n });
    expect(result).toMatchObject({ status: 'priced', inexact: true });
    expect(usd(result)).toBe('0.333333333333333333');
  });

  test('with the entry, the rate and the factors on every line', () => {
    const result = price('new', tokens, { context: { batch: true } });
    expect(result.status === 'priced' && result.lines[0]).toMatchObject({
      key: 'in_uncached',
      quantity: 1000n,
      rate: {
        amount: '3',
        per: 1_000_000n,
        priceId: 'acme/new@always',
        multipliers: [{ id: 'batch', factor: '0.5' }],
      },
    });
  });

  test('a fee the producer told beside the computed lines', () => {
    expect(usd(price('new', tokens, { flatFeeUsd: '0.02' }))).toBe('0.0245');
  });

  test('by another provider at the same list with its own fee', () => {
    const result = price('new', tokens, { provider: 'reseller' });
    expect(usd(result)).toBe('0.0047475');
  });
});

describe('time', () => {
  const at: [string, string, string, string][] = [
    ['an alias means what it meant then', 'latest', '2025-12-31T23:59:59Z', '0.001'],
    ['an alias moves at its instant', 'latest', '2026-01-01T00:00:00Z', '0.003'],
    ['a window begins on its edge', 'peaky', '2026-08-20T01:00:00Z', '0.002'],
    ['a window ends before its edge', 'peaky', '2026-08-20T04:00:00Z', '0.001'],
    ['a window leaves out the weekend of its zone', 'peaky', '2026-08-22T02:00:00Z', '0.001'],
    ['a window leaves out a holiday', 'peaky', '2026-10-01T02:00:00Z', '0.001'],
  ];
  test.for(at)('%s', ([, model, instant, expected]) => {
    expect(usd(price(model, { in_uncached: 1000n }, { atNs: instantNs(instant) }))).toBe(expected);
  });

  test('an announced price is used and marked as a plan', () => {
    const result = price(
      'planned',
      { in_uncached: 1000n },
      { atNs: instantNs('2027-02-01T00:00:00Z') },
    );
    expect(usd(result)).toBe('0.002');
    expect(result.status === 'priced' && result.lines[0]?.rate.plan).toBe(true);
  });
});

describe('a call stays unpriced', () => {
  const refused: [string, string, Partial<PricedCall>][] = [
    ['for an unknown provider', 'unknown_provider', { provider: 'nobody' }],
    ['for an unknown model, however near', 'unknown_model', { model: 'new-2' }],
    ['without usage', 'no_usage', { usage: {} }],
    [
      'for a quantity that has no price, naming it',
      'missing_rate',
      { usage: { in_uncached: 1n, out_image: 1n } },
    ],
    ['for a tier nobody prices', 'unpriced_context', { context: { serviceTier: 'warp' } }],
    ['for a speed nobody prices', 'unpriced_context', { context: { speed: 'fast' } }],
    [
      'for a discount that is not a share',
      'invalid_context',
      { context: { tenantDiscount: '1.5' } },
    ],
    ['for a negative quantity', 'invalid_usage', { usage: { in_uncached: -1n } }],
    ['above a billion dollars', 'over_limit', { usage: { in_uncached: 2n ** 63n } }],
  ];
  test.for(refused)('%s: %s', ([, reason, more]) => {
    const call = { provider: 'acme', model: 'new', usage: { in_uncached: 1n }, atNs: 0n, ...more };
    expect(priceCall(book, call)).toMatchObject({ status: 'unpriced', reason });
  });

  test('unless the quantity without a price is zero', () => {
    expect(usd(price('new', { in_uncached: 1000n, out_image: 0n }))).toBe('0.003');
  });
});

describe('the cost the provider reported', () => {
  const reported = { costUsd: '0.01' };
  test.for<[string, string, Usage]>([
    ['stands in where there is no usage', 'new', {}],
    ['stands in for an unknown model', 'nothing', { in_uncached: 1n }],
    ['stands in where a quantity has no price', 'new', { out_image: 1n }],
  ])('%s', ([, model, usage]) => {
    expect(price(model, usage, { reported })).toMatchObject({
      basis: 'reported',
      costAtto: 10n ** 16n,
    });
  });

  test('is never added to a computed one', () => {
    expect(usd(price('new', { in_uncached: 1000n }, { reported }))).toBe('0.003');
  });

  test('is exact in ticks of 1e-10 dollars', () => {
    expect(usd(price('new', {}, { reported: { costTicks: 127_344_000n } }))).toBe('0.0127344');
  });
});

describe('a layer of overrides', () => {
  const layer = (models: ProviderBookInput['models'], rest: Partial<ProviderBookInput> = {}) =>
    book.withOverrides({
      version: 't1',
      providers: [parseProviderBook({ provider: 'acme', models, ...rest }, 't')],
    });
  const atNs = instantNs('2026-08-20T12:00:00Z');
  const cost = (over: PriceBook, model: string, usage: Usage, context: CallContext = {}) =>
    usd(priceCall(over, { provider: 'acme', model, atNs, usage, context }));

  test('sets a negotiated price and leaves the other quantities alone', () => {
    const over = layer([{ id: 'new', prices: [{ rates: { in_uncached: '1/M' }, ...sourced }] }]);
    expect(cost(over, 'new', { in_uncached: 1000n, out_text: 100n })).toBe('0.0025');
    expect(cost(over, 'new', { in_uncached: 1000n }, { batch: true })).toBe('0.0005');
  });

  test('names a deployment', () => {
    const over = layer([], { aliases: [{ alias: 'My-Deployment', to: 'new', ...sourced }] });
    expect(cost(over, 'my-deployment', { in_uncached: 1000n })).toBe('0.003');
  });

  test('gives a discount that lowers the cost and not the list price', () => {
    const discount = {
      id: 'contract',
      factor: '0.78',
      keys: 'all' as const,
      cost_only: true,
      ...sourced,
    };
    const over = layer([], { multipliers: [discount] });
    const result = priceCall(over, {
      provider: 'acme',
      model: 'new',
      atNs,
      usage: { in_uncached: 1000n },
    });
    expect(result).toMatchObject({
      listAtto: 3n * 10n ** 15n,
      costAtto: 234n * 10n ** 13n,
      bookVersion: 'v1+t1',
    });
  });

  test('gives a discount on every provider', () => {
    const discount = {
      id: 'contract',
      factor: '0.5',
      keys: 'all' as const,
      cost_only: true,
      ...sourced,
    };
    const all = parseProviderBook({ provider: '*', multipliers: [discount] }, 't');
    const over = book.withOverrides({ version: 't2', providers: [all] });
    expect(cost(over, 'new', { in_uncached: 1000n })).toBe('0.0015');
  });
});
