import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import { describe, expect, test } from 'vitest';
import { type Call, NOBODY } from '../normalise/call.ts';
import { evidenceOf, factsOf, type LedgerEntry } from '../rows/ledger-entry.ts';
import { callOfEntry } from '../settle/call-of-entry.ts';
import { calcLine } from './calc.ts';
import { chargeCall } from './charge-call.ts';
import { instantNs } from './compile-book.ts';
import { loadPriceBook } from './load-book.ts';

const book = loadPriceBook();
const atNs = instantNs('2026-08-20T12:00:00Z');

function callOf(provider: string, model: string, buckets: Usage, alternative?: Usage): Call {
  const usage = {
    buckets,
    inputTokens: undefined,
    outputTokens: undefined,
    semantics: alternative === undefined ? ('inclusive' as const) : ('assumed_inclusive' as const),
    evidence: 'told',
  };
  return {
    dialect: '',
    operation: 'chat',
    role: 'leaf',
    roleReason: '',
    provider,
    requestModel: model,
    responseModel: '',
    responseId: '',
    usage: alternative === undefined ? usage : { ...usage, alternative },
    missingUsageReason: '',
    reportedAtto: undefined,
    context: {},
    attribution: NOBODY,
  };
}

function range(call: Call): (string | undefined)[] {
  const { costLowAtto, costAtto, costHighAtto, assumption } = chargeCall(book, call, atNs);
  return [...[costLowAtto, costAtto, costHighAtto].map((a) => formatUsd(a!)), assumption];
}

const ASSUMED = 'cache write lifetime assumed: 5m';

describe('a cache write whose lifetime was not told', () => {
  test.for<[string, string, string, Usage, string[]]>([
    [
      // 1000 x 3.75/M and 1000 x 6/M beside 10 x 15/M.
      'costs the 5-minute rate, and at most the 1-hour rate',
      'anthropic',
      'claude-sonnet-4-5',
      { in_cache_write: 1000n, out_text: 10n },
      ['0.0039', '0.0039', '0.00615', ASSUMED],
    ],
    [
      // Bedrock in eu-: 4.125/M and 6.6/M.
      'does so where the provider resells the model',
      'bedrock',
      'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
      { in_cache_write: 1000n },
      ['0.004125', '0.004125', '0.0066', ASSUMED],
    ],
  ])('%s', ([, provider, model, usage, expected]) => {
    expect(range(callOf(provider, model, usage))).toEqual(expected);
  });

  test.for<[string, string, string, Usage, string]>([
    [
      'told as 5 minutes',
      'anthropic',
      'claude-sonnet-4-5',
      { in_cache_write_5m: 1000n },
      '0.00375',
    ],
    ['told as 1 hour', 'anthropic', 'claude-sonnet-4-5', { in_cache_write_1h: 1000n }, '0.006'],
    ['zero', 'anthropic', 'claude-sonnet-4-5', { in_cache_write: 0n }, '0'],
    ['sold with one lifetime only', 'openai', 'gpt-5.6-terra', { in_cache_write: 1000n }, '0.0025'],
  ])('has one cost where it is %s', ([, provider, model, usage, cost]) => {
    expect(range(callOf(provider, model, usage))).toEqual([cost, cost, cost, undefined]);
  });

  test('widens the range of two readings of the input', () => {
    // Inclusive: 1000 written of 3000; exclusive: 3000 beside them. 3/M, 3.75/M or 6/M.
    const inclusive: Usage = { in_uncached: 2000n, in_cache_write: 1000n };
    const exclusive: Usage = { in_uncached: 3000n, in_cache_write: 1000n };
    const call = callOf('anthropic', 'claude-sonnet-4-5', inclusive, exclusive);
    expect(range(call)).toEqual(['0.00975', '0.00975', '0.015', ASSUMED]);
  });

  test("says so in the entry's evidence, once", () => {
    const call = callOf('anthropic', 'claude-sonnet-4-5', { in_cache_write: 1n });
    const charge = chargeCall(book, call, atNs);
    const evidence = evidenceOf('told', charge);
    expect(evidence).toBe(`told; ${ASSUMED}`);
    expect(evidenceOf(evidence, charge)).toBe(evidence);
  });

  test('costs the same, range and all, when it is charged again from its entry', () => {
    const call = callOf('anthropic', 'claude-sonnet-4-5', { in_cache_write: 7n, out_text: 3n });
    const charge = chargeCall(book, call, atNs);
    const place = { tenant: 't', startNs: atNs, traceId: '', spanId: '' };
    const entry: LedgerEntry = {
      ...factsOf(call, { ...place, service: '', environment: '' }),
      entryId: new Uint8Array(16),
      kind: 'charge',
      reverses: undefined,
      recordedAtNs: atNs,
      calls: 1n,
      unpricedCalls: 0n,
      cachePricedCalls: 1n,
      usage: call.usage?.buckets ?? {},
      charge,
      rulesVersion: '',
      overLimit: 0,
      note: '',
    };
    expect(charge.costHighAtto).toBeGreaterThan(charge.costAtto!);
    expect(chargeCall(book, callOfEntry(entry, undefined), atNs)).toEqual(charge);
  });

  test('is told by prices calc beside the cost', () => {
    const usage = { input_tokens: 1000, cache_write_tokens: 1000 };
    const line = { provider: 'anthropic', model: 'claude-sonnet-4-5', usage };
    expect(JSON.parse(calcLine(book, JSON.stringify(line), atNs))).toMatchObject({
      cost_usd: '0.00375',
      cost_low_usd: '0.00375',
      cost_high_usd: '0.006',
      assumed: 'cache_write_ttl',
    });
  });
});

describe('a call that names no biller', () => {
  const usage: Usage = { in_uncached: 1_000_000n, out_text: 1_000_000n };
  const told = (model: string) => {
    const { costAtto, unpricedReason } = chargeCall(book, callOf('', model, usage), atNs);
    return costAtto === undefined
      ? `unpriced: ${unpricedReason}`
      : range(callOf('', model, usage)).join(' ');
  };

  test.for([
    ['gpt-5-codex', '11.25 11.25 11.25 biller assumed: openai'],
    ['claude-sonnet-4-5-20250929', '18 18 28.5 biller assumed: anthropic'],
    ['gemini-2.5-flash', '2.8 2.8 2.8 biller assumed: gcp.gemini'],
    ['gpt-oss-120b', 'unpriced: unknown_provider'],
    ['llama-3.1-70b', 'unpriced: unknown_provider'],
    ['gpt-of-ours', 'unpriced: unknown_provider'],
    ['', 'unpriced: unknown_provider'],
  ] as const)('of %s: %s', ([model, expected]) => {
    expect(told(model)).toBe(expected);
  });

  test('is not taken for another, where a provider is named that the book has not', () => {
    const charge = chargeCall(book, callOf('house-gateway', 'gpt-4o', usage), atNs);
    expect(charge.unpricedReason).toBe('unknown_provider');
  });
});
