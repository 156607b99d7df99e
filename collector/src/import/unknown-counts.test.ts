/** What a source was not told stays unknown: no count of 0, no reading that is only one of two. */
import { describe, expect, test } from 'vitest';
import type { Columns } from './record.ts';
import { callOf, faultOfRow, spanOf } from './test-row.ts';

const AT = '2026-03-01T12:00:00Z';

const LITELLM = {
  request_id: 'r1',
  startTime: AT,
  call_type: 'acompletion',
  model: 'gpt-4o',
  custom_llm_provider: 'openai',
  prompt_tokens: '0',
  completion_tokens: '0',
};
const HELICONE = {
  request_id: 'r1',
  request_created_at: AT,
  provider: 'OPENAI',
  request_model: 'gpt-4o',
  prompt_tokens: '0',
  completion_tokens: '0',
};
const LANGSMITH = {
  id: 'r1',
  run_type: 'llm',
  start_time: AT,
  prompt_tokens: '0',
  completion_tokens: '0',
};
const ZERO_OBJECT = { prompt_tokens: 0, completion_tokens: 0, seconds: 12.5, cost: 0.01 };

describe('where tokens cannot be empty, 0 of all is not told', () => {
  test.each<[string, string, Columns, string | undefined]>([
    [
      'a picture of LiteLLM with a cost',
      'litellm',
      { ...LITELLM, call_type: 'aimage_generation', model: 'dall-e-3', spend: '0.04' },
      '0.04',
    ],
    [
      'a transcription of LiteLLM whose object tells seconds',
      'litellm',
      { ...LITELLM, model: 'whisper-1', metadata: { usage_object: ZERO_OBJECT }, spend: '0.01' },
      '0.01',
    ],
    ['a call of LiteLLM without a cost', 'litellm', LITELLM, undefined],
    ['a call of Helicone', 'helicone', { ...HELICONE, prompt_audio_tokens: '0' }, undefined],
    [
      'a run of LangSmith',
      'langsmith',
      { ...LANGSMITH, prompt_token_details: '{"cache_read":0}', completion_token_details: {} },
      undefined,
    ],
  ])('%s', (_, source, columns, reported) => {
    const call = callOf(source, columns);
    expect(call).toMatchObject({ role: 'leaf', usage: undefined });
    const atto = reported === undefined ? undefined : BigInt(Number(reported) * 100) * 10n ** 16n;
    expect(call?.reportedAtto).toBe(atto);
  });

  test.each<[string, Columns, bigint, bigint]>([
    ['litellm', { ...LITELLM, prompt_tokens: '7' }, 7n, 0n],
    ['helicone', { ...HELICONE, completion_tokens: '7' }, 0n, 7n],
    ['langsmith', { ...LANGSMITH, prompt_tokens: '7' }, 7n, 0n],
  ])('beside a count above it, 0 of %s is 0: %j', (source, columns, inputTokens, outputTokens) => {
    expect(callOf(source, columns)?.usage).toMatchObject({ inputTokens, outputTokens });
  });

  test('the object of LiteLLM counts where its columns do not', () => {
    const usage = { prompt_tokens: 9, completion_tokens: 1 };
    const call = callOf('litellm', { ...LITELLM, metadata: { usage_object: usage } });
    expect(call?.usage).not.toBe(undefined);
  });
});

describe('parts of the neutral schema', () => {
  test.each([
    [{ cached_tokens: '1000', output_tokens: '10' }, 'input_tokens', 'in_uncached (0 if none)'],
    [{ input_tokens: '5', reasoning_tokens: '10' }, 'output_tokens', 'out_text (0 if none)'],
    [{ in_audio: '5' }, 'input_tokens', 'it beside in_audio, or in_uncached'],
  ])('%j does not tell the rest', (columns, column, expected) => {
    expect(faultOfRow('aicost', { timestamp: AT, ...columns })).toEqual({
      column,
      value: null,
      expected: expect.stringContaining(expected),
    });
  });

  test('of 0 tell nothing, and the reported cost stands', () => {
    const row = { timestamp: AT, cached_tokens: '0', reasoning_tokens: '0', cost_usd: '0.5' };
    expect(callOf('aicost', row)).toMatchObject({
      usage: undefined,
      reportedAtto: 5n * 10n ** 17n,
    });
  });

  test('with a rest of 0 they are all there is', () => {
    const row = { timestamp: AT, in_uncached: '0', cached_tokens: '10', output_tokens: '1' };
    expect(callOf('aicost', row)?.usage).toMatchObject({
      buckets: { in_uncached: 0n, in_cache_read: 10n, out_text: 1n },
      inputTokens: 10n,
    });
  });
});

describe('Helicone’s totals hold their parts, or do not', () => {
  const row = { ...HELICONE, prompt_tokens: '600', completion_tokens: '50' };

  test.each<[string, Columns, object, object | undefined]>([
    [
      'cached tokens',
      { prompt_cache_read_tokens: '400' },
      { in_uncached: 200n, in_cache_read: 400n, out_text: 50n },
      { in_uncached: 600n, in_cache_read: 400n, out_text: 50n },
    ],
    [
      'reasoning',
      { reasoning_tokens: '20' },
      { in_uncached: 600n, out_text: 30n, out_reasoning: 20n },
      { in_uncached: 600n, out_text: 50n, out_reasoning: 20n },
    ],
    [
      'audio',
      { prompt_audio_tokens: '100', completion_audio_tokens: '10' },
      { in_uncached: 500n, in_audio: 100n, out_text: 40n, out_audio: 10n },
      { in_uncached: 600n, in_audio: 100n, out_text: 50n, out_audio: 10n },
    ],
    [
      'a part above its total: all stand beside theirs',
      { prompt_cache_read_tokens: '700', reasoning_tokens: '20' },
      { in_uncached: 600n, in_cache_read: 700n, out_text: 50n, out_reasoning: 20n },
      undefined,
    ],
    ['no parts', {}, { in_uncached: 600n, out_text: 50n }, undefined],
  ])('%s', (_, columns, buckets, alternative) => {
    const usage = callOf('helicone', { ...row, ...columns })?.usage;
    expect(usage?.buckets).toEqual(buckets);
    expect(usage?.alternative).toEqual(alternative);
  });
});

describe('calls that cost nothing', () => {
  test.each([
    ['7c2a5b1e-0000-4000-8000-000000000001', 'non_billable'],
    ['00000000-0000-0000-0000-000000000000', 'leaf'],
    ['', 'leaf'],
  ])('Helicone’s cache reference %j: %s', (reference, role) => {
    const row = { ...HELICONE, prompt_tokens: '600', cache_reference_id: reference };
    expect(callOf('helicone', row)?.role).toBe(role);
  });

  test.each<[string, Columns, string | undefined, string]>([
    ['helicone', { ...HELICONE, status: '429' }, '429', 'non_billable'],
    ['helicone', { ...HELICONE, status: '500' }, '500', 'leaf'],
    ['helicone', { ...HELICONE, status: '0' }, '0', 'leaf'],
    ['helicone', { ...HELICONE, status: '-3' }, '-3', 'leaf'],
    ['helicone', { ...HELICONE, status: '200.0' }, undefined, 'leaf'],
    ['aicost', { timestamp: AT, status: '429.0' }, '429.0', 'non_billable'],
    ['aicost', { timestamp: AT, error: 'slow down', status: '429' }, 'slow down', 'non_billable'],
    ['aicost', { timestamp: AT, error: 'false', status: 'ok' }, undefined, 'leaf'],
    ['aicost', { timestamp: AT, error: 'none', status: '503' }, '503', 'leaf'],
    [
      'litellm',
      {
        ...LITELLM,
        status: 'failure',
        metadata: { error_information: { error_code: '401' } },
      },
      'failure',
      'non_billable',
    ],
  ])('%s %j fails with %s: %s', (source, columns, failure, role) => {
    expect(spanOf(source, columns).failure).toBe(failure);
    expect(callOf(source, columns)?.role).toBe(role);
  });
});
