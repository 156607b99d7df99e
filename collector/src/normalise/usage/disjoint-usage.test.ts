import { describe, expect, it, test } from 'vitest';
import { toDisjointUsage } from './disjoint-usage.ts';
import type { RawUsage } from './raw-usage.ts';

describe('the input total and the cache tokens beside it', () => {
  test.for<[string, RawUsage, string, string, Record<string, bigint>]>([
    [
      'no cache tokens: nothing to decide',
      { input: 10n, output: 5n },
      'anthropic',
      'inclusive no_cache_tokens',
      { in_uncached: 10n },
    ],
    [
      'more cached than input: exclusive, proven',
      { input: 12n, cacheRead: 1000n, output: 1n },
      'anthropic',
      'exclusive cache_exceeds_input',
      { in_uncached: 12n, in_cache_read: 1000n },
    ],
    [
      'proof beats what the provider is known for',
      { input: 12n, cacheRead: 1000n, output: 1n },
      'openai',
      'exclusive cache_exceeds_input',
      { in_uncached: 12n, in_cache_read: 1000n },
    ],
    [
      'the total adds the cache on top: exclusive',
      { input: 100n, cacheRead: 50n, output: 5n, total: 155n },
      'anthropic',
      'exclusive total_is_input_output_cache',
      { in_uncached: 100n, in_cache_read: 50n },
    ],
    [
      'a total told by the provider without the cache: inclusive',
      { input: 100n, cacheRead: 50n, output: 5n, total: 105n },
      'aws.bedrock',
      'inclusive total_is_input_output',
      { in_uncached: 50n, in_cache_read: 50n },
    ],
    [
      'the same total computed by an emitter proves nothing',
      { input: 100n, cacheRead: 50n, output: 5n, total: 105n },
      'anthropic',
      'assumed_inclusive convention_1_40',
      { in_uncached: 50n, in_cache_read: 50n },
    ],
    [
      'OpenAI reports inclusive totals',
      { input: 1000n, cacheRead: 400n, output: 500n },
      'openai',
      'inclusive provider_reports_inclusive',
      { in_uncached: 600n, in_cache_read: 400n },
    ],
    [
      'writes count as cached too',
      { input: 1000n, cacheRead: 400n, cacheWrite5m: 100n, output: 5n },
      'openai',
      'inclusive provider_reports_inclusive',
      { in_uncached: 500n, in_cache_read: 400n, in_cache_write_5m: 100n },
    ],
  ])('%s', ([, raw, provider, verdict, buckets]) => {
    const usage = toDisjointUsage(raw, provider);
    if ('contradiction' in usage) {
      throw new Error(usage.contradiction);
    }
    expect(`${usage.semantics} ${usage.evidence}`).toBe(verdict);
    expect(usage.buckets).toMatchObject(buckets);
  });

  it('keeps the other reading where inclusion is only assumed', () => {
    const usage = toDisjointUsage({ input: 1000n, cacheRead: 400n, output: 5n }, 'anthropic');
    expect(usage).toMatchObject({
      buckets: { in_uncached: 600n },
      alternative: { in_uncached: 1000n, in_cache_read: 400n, out_text: 5n },
    });
  });
});

describe('the output total and the reasoning tokens beside it', () => {
  test.for<[string, RawUsage, Record<string, bigint>]>([
    [
      'within the output by convention',
      { input: 1n, output: 900n, reasoning: 640n },
      { out_text: 260n, out_reasoning: 640n },
    ],
    [
      'more than the output: outside, proven',
      { input: 1n, output: 10n, reasoning: 300n },
      { out_text: 10n, out_reasoning: 300n },
    ],
    [
      'the total adds them on top: outside',
      { input: 50n, output: 100n, reasoning: 30n, total: 180n },
      { out_text: 100n, out_reasoning: 30n },
    ],
    [
      'zero reasoning says nothing',
      { input: 1n, output: 7n, reasoning: 0n, total: 8n },
      { out_text: 7n, out_reasoning: 0n },
    ],
  ])('%s', ([, raw, buckets]) => {
    expect(toDisjointUsage(raw, 'openai')).toMatchObject({ buckets });
  });
});

it('does not believe a count that no call can have', () => {
  const usage = toDisjointUsage({ input: 2n ** 63n, output: 1n }, 'openai');
  expect(usage).toEqual({ contradiction: 'count_over_limit' });
});

describe('usage that contradicts itself', () => {
  test.for<[string, RawUsage, string]>([
    [
      'audio beyond the input',
      { input: 10n, inputAudio: 30n, output: 1n },
      'input_parts_exceed_total',
    ],
    [
      'cached audio beyond the cached tokens',
      { input: 10n, cacheRead: 1n, cacheReadAudio: 2n, output: 1n },
      'input_parts_exceed_total',
    ],
    [
      'audio beyond the output',
      { input: 10n, output: 5n, outputAudio: 6n },
      'output_parts_exceed_total',
    ],
  ])('is not clamped but told: %s', ([, raw, contradiction]) => {
    expect(toDisjointUsage(raw, 'openai')).toEqual({ contradiction });
  });
});
