/** A charge by numbers is the charge that price-call.ts makes, to the last digit. */
import { TOKEN_BUCKETS, type Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Call, type CallContext, NOBODY } from '../normalise/call.ts';
import { parseProviderBook } from './book-schema.ts';
import { chargeCall } from './charge-call.ts';
import { chargeKind, type KindOfCall } from './charge-kind.ts';
import { loadPriceBook } from './load-book.ts';
import type { PriceBook } from './price-book.ts';

const DAY_NS = 86_400_000_000_000n;
const BOOK = loadPriceBook();
const SOURCED = { source: 'a contract of the test', checked_at: '2026-08-20' };

const kinds = [
  ['openai', 'gpt-4o-2024-08-06'],
  ['openai', 'gpt-5'],
  ['openai', 'no-such-model'],
  ['anthropic', 'claude-sonnet-4-5'],
  ['anthropic', 'claude-opus-4-1'],
  ['gcp.gemini', 'gemini-2.5-pro'],
  ['gcp.gemini', 'gemini-2.5-flash'],
  ['aws.bedrock', 'us.anthropic.claude-sonnet-4-20250514-v1:0'],
  ['deepseek', 'deepseek-chat'],
  ['x_ai', 'grok-4'],
  ['perplexity', 'sonar-pro'],
  ['mistral_ai', 'mistral-large-latest'],
  ['nobody', 'nothing'],
] as const;

const contexts: readonly CallContext[] = [
  {},
  { serviceTier: 'default' },
  { serviceTier: 'flex' },
  { batch: true },
  { serviceTier: 'priority' },
];

/** Small, around the thresholds of long contexts, and beyond what is believed. */
const count = fc.oneof(
  fc.integer({ min: 0, max: 5_000 }),
  fc.integer({ min: 199_000, max: 201_000 }),
  fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  fc.maxSafeNat().map((n) => n % 2 ** 48),
);
const buckets = fc.array(fc.option(count, { nil: -1, freq: 2 }), {
  minLength: TOKEN_BUCKETS.length,
  maxLength: TOKEN_BUCKETS.length,
});

function usageOf(counts: Float64Array): Usage {
  const usage: Usage = {};
  for (const [at, key] of TOKEN_BUCKETS.entries()) {
    if (counts[at]! >= 0) usage[key] = BigInt(counts[at]!);
  }
  return usage;
}

function callOf(kind: number, context: CallContext): Call {
  const [provider, model] = kinds[kind]!;
  return {
    dialect: 'otel_genai',
    operation: 'chat',
    role: 'leaf',
    roleReason: '',
    provider,
    requestModel: '',
    responseModel: model,
    responseId: '',
    usage: undefined,
    missingUsageReason: '',
    reportedAtto: undefined,
    context,
    attribution: NOBODY,
  };
}

function chargesAlike(book: PriceBook): void {
  const templates = new Map<string, { provider: string; model: string; context: CallContext }>();
  const anyCall = fc.record({
    kind: fc.nat(kinds.length - 1),
    context: fc.nat(contexts.length - 1),
    told: buckets,
    other: fc.option(buckets, { freq: 4 }),
    atNs: fc.bigInt({ min: 19_700n * DAY_NS, max: 20_900n * DAY_NS }),
  });
  fc.assert(
    fc.property(anyCall, ({ kind, context, told, other, atNs }) => {
      const [provider, model] = kinds[kind]!;
      const known = templates.get(`${kind} ${context}`);
      const template = known ?? { provider, model, context: contexts[context]! };
      templates.set(`${kind} ${context}`, template);
      const usage = {
        buckets: Float64Array.from(told),
        alternative: Float64Array.from(other ?? told),
        hasAlternative: other !== null,
      };
      const whole: Call = {
        ...callOf(kind, contexts[context]!),
        usage: {
          buckets: usageOf(usage.buckets),
          inputTokens: undefined,
          outputTokens: undefined,
          semantics: 'inclusive',
          evidence: '',
          ...(other === null ? {} : { alternative: usageOf(usage.alternative) }),
        },
      };
      const call: KindOfCall = { template, hasUsage: true, usage, toCall: () => whole };
      const start = {
        startTimeLo: Number(atNs & 0xffffffffn) | 0,
        startTimeHi: Number(atNs >> 32n) | 0,
        startTimeUnixNano: atNs,
      };
      expect(chargeKind(book, call, start)).toEqual(chargeCall(book, whole, atNs));
    }),
    { numRuns: Number(process.env['AICOST_FUZZ_RUNS'] ?? 3_000) },
  );
}

it('costs the same by numbers as by integers of any size', () => {
  chargesAlike(BOOK);
}, 600_000);

it('costs the same under a discount that leaves whole rates, and under one that does not', () => {
  for (const factor of ['0.85', '0.333333333333']) {
    const discount = { id: 'contract', factor, keys: 'all' as const, cost_only: true, ...SOURCED };
    const all = parseProviderBook({ provider: '*', multipliers: [discount] }, 'test');
    chargesAlike(BOOK.withOverrides({ version: factor, providers: [all] }));
  }
}, 600_000);

it('of a cache write of untold lifetime is charged by numbers too, from the lowest to the highest price', () => {
  const buckets = new Float64Array(TOKEN_BUCKETS.length).fill(-1);
  buckets[TOKEN_BUCKETS.indexOf('in_cache_write')] = 1_000_000;
  const call: KindOfCall = {
    template: { provider: 'anthropic', model: 'claude-sonnet-4-5', context: {} },
    hasUsage: true,
    usage: { buckets, alternative: buckets, hasAlternative: false },
    toCall: () => {
      throw new Error('the call was made for nothing');
    },
  };
  // 2026-08-20: $3.75 for five minutes, $6 for an hour.
  const atNs = 20_685n * DAY_NS;
  const start = {
    startTimeLo: Number(atNs & 0xffffffffn) | 0,
    startTimeHi: Number(atNs >> 32n) | 0,
    startTimeUnixNano: atNs,
  };
  expect(chargeKind(BOOK, call, start)).toMatchObject({
    costAtto: 3_750_000_000_000_000_000n,
    costLowAtto: 3_750_000_000_000_000_000n,
    costHighAtto: 6_000_000_000_000_000_000n,
    assumption: 'cache write lifetime assumed: 5m',
  });
});

it('is mostly charged by numbers: that is what they are for', () => {
  const template = { provider: 'openai', model: 'gpt-4o-2024-08-06', context: {} };
  const usage = new Float64Array(TOKEN_BUCKETS.length).fill(-1);
  usage.set([1_000, 400]);
  const noCall = () => {
    throw new Error('the call was made for nothing');
  };
  const told = { buckets: usage, alternative: usage, hasAlternative: false };
  const start = {
    startTimeLo: 0,
    startTimeHi: 416_000_000,
    startTimeUnixNano: 416_000_000n << 32n,
  };
  const call: KindOfCall = { template, hasUsage: true, usage: told, toCall: noCall };
  expect(chargeKind(BOOK, call, start)).toMatchObject({ costAtto: 3_000_000_000_000_000n });
});
