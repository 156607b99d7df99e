import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import type { Call } from '../call.ts';
import { normaliseRequest } from '../fixture.ts';
import { callOf, type TestSpan } from '../test-span.ts';

type Attributes = TestSpan['attributes'];

function span(operationId: string, provider: string, usage: Attributes): TestSpan {
  const identity = { 'ai.operationId': operationId, 'ai.model.provider': provider };
  return { scope: 'ai', attributes: { ...identity, 'ai.model.id': 'some-model', ...usage } };
}

function buckets(call: Call | undefined): string {
  const { semantics, buckets: told = {} } = call?.usage ?? {};
  return [semantics, ...Object.entries(told).map(([name, count]) => `${name}=${count}`)].join(' ');
}

/** Usage of 5: what the SDK takes from the provider as it is. */
const V5 = {
  'ai.usage.inputTokens': 1000,
  'ai.usage.outputTokens': 100,
  'ai.usage.cachedInputTokens': 400,
};
const V6 = { ...V5, 'ai.usage.inputTokenDetails.noCacheTokens': 600 };
const ANTHROPIC = JSON.stringify({
  anthropic: {
    usage: {
      input_tokens: 600,
      output_tokens: 100,
      cache_read_input_tokens: 400,
      cache_creation_input_tokens: 90,
      cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 40 },
      server_tool_use: { web_search_requests: 2 },
    },
  },
});

describe('what the totals of the AI SDK hold', () => {
  test.for<[string, TestSpan, string]>([
    [
      '5, OpenAI: the cache',
      span('ai.streamText.doStream', 'openai.responses', V5),
      'inclusive in_uncached=600 in_cache_read=400 out_text=100',
    ],
    [
      '5, Anthropic: not the cache (vercel/ai #8794)',
      span('ai.streamText.doStream', 'anthropic.messages', V5),
      'exclusive in_uncached=1000 in_cache_read=400 out_text=100',
    ],
    [
      '5, Bedrock: not the cache',
      span('ai.streamText.doStream', 'amazon-bedrock', V5),
      'exclusive in_uncached=1000 in_cache_read=400 out_text=100',
    ],
    [
      '5, Claude on Vertex: not the cache',
      span('ai.streamText.doStream', 'vertex.anthropic.messages', V5),
      'exclusive in_uncached=1000 in_cache_read=400 out_text=100',
    ],
    [
      '5, Google: the cache, but not the thoughts',
      span('ai.streamText.doStream', 'google.generative-ai', {
        ...V5,
        'ai.usage.reasoningTokens': 30,
      }),
      'inclusive in_uncached=600 in_cache_read=400 out_text=100 out_reasoning=30',
    ],
    [
      '6, Anthropic: the cache',
      span('ai.streamText.doStream', 'anthropic.messages', V6),
      'inclusive in_uncached=600 in_cache_read=400 out_text=100',
    ],
    [
      '6, Google: the cache and the thoughts',
      span('ai.streamText.doStream', 'google.generative-ai', {
        ...V6,
        'ai.usage.outputTokenDetails.reasoningTokens': 30,
      }),
      'inclusive in_uncached=600 in_cache_read=400 out_text=70 out_reasoning=30',
    ],
    [
      '5 or 6, an object of Anthropic: unknown, so both readings are told',
      span('ai.streamObject.doStream', 'anthropic.messages', V5),
      'assumed_inclusive in_uncached=600 in_cache_read=400 out_text=100',
    ],
    [
      'an object of Anthropic with its metadata: exact, with the TTL of its writes and its searches',
      span('ai.generateObject.doGenerate', 'anthropic.messages', {
        'ai.usage.promptTokens': 600,
        'ai.usage.completionTokens': 100,
        'ai.response.providerMetadata': ANTHROPIC,
      }),
      'exclusive in_uncached=600 in_cache_read=400 in_cache_write=20 in_cache_write_5m=30 ' +
        'in_cache_write_1h=40 out_text=100 web_searches=2',
    ],
    [
      'an outer span: the metadata is of its last step, and not believed',
      span('ai.generateText', 'anthropic.messages', {
        'ai.usage.inputTokens': 2000,
        'ai.usage.inputTokenDetails.noCacheTokens': 2000,
        'ai.usage.outputTokens': 250,
        'ai.response.providerMetadata': ANTHROPIC,
      }),
      'inclusive in_uncached=2000 out_text=250',
    ],
  ])('%s', ([, told, expected]) => {
    expect(buckets(callOf(told))).toBe(expected);
  });
});

describe('a span of the AI SDK', () => {
  it('with NaN for its counts has no usage, and not a usage of 0', () => {
    const nothing = {
      'ai.usage.promptTokens': Number.NaN,
      'ai.usage.completionTokens': Number.NaN,
    };
    const call = callOf(span('ai.streamText.doStream', 'openai.chat', nothing));
    expect([call?.usage, call?.missingUsageReason]).toEqual([undefined, 'not_reported']);
  });

  it('renamed by Traceloop to `chat` is still an outer span', () => {
    const { attributes } = span('ai.generateText', 'openai.chat', V6);
    const renamed = { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': 1000 };
    const call = callOf({ scope: 'ai', attributes: { ...attributes, ...renamed } });
    expect([call?.dialect, call?.role]).toEqual(['vercel_ai', 'aggregate']);
  });

  it('tells the Langfuse prompt that it was linked to', () => {
    const langfusePrompt = JSON.stringify({ name: 'greeting', version: 4 });
    const linked = { ...V6, 'ai.telemetry.metadata.langfusePrompt': langfusePrompt };
    const call = callOf(span('ai.generateText.doGenerate', 'openai.chat', linked));
    expect(call?.attribution).toMatchObject({ prompt: 'greeting', promptVersion: '4' });
  });
});

/** Uncached and cached input, and output of the spans that are billed, or of all that report usage. */
function tokens(fixture: string, isCounted: (call: Call) => boolean): bigint {
  const path = join(import.meta.dirname, '../fixtures/vercel-ai', `${fixture}.otlp.json`);
  return normaliseRequest(readFileSync(path))
    .filter((call) => call !== undefined)
    .filter(isCounted)
    .reduce((sum, { usage }) => sum + (usage?.inputTokens ?? 0n) + (usage?.outputTokens ?? 0n), 0n);
}

describe('a recorded run that repeats its usage on outer spans', () => {
  test.for<[string, string, bigint, bigint]>([
    ['v7-tool-loop-anthropic-cached', 'langfuse #14754: exactly twice', 5476n, 2738n],
    ['v7-legacy-tool-loop-anthropic-cached', 'dd-trace-js #8936', 5476n, 2738n],
    ['v6-tool-loop-anthropic-cached', 'sentry-javascript #21484', 5476n, 2738n],
    ['v5-tool-loop-anthropic-cached', 'vercel/ai #8795: the last step twice', 4108n, 2738n],
    ['v5-embeddings', 'vercel/ai #19250', 190n, 95n],
    ['v7-embeddings', 'vercel/ai #19250, after its fix', 95n, 95n],
    ['v6-generate-object', 'braintrust-js PR #1377', 2584n, 1292n],
  ])('%s (%s): naive %i, billed %i tokens', ([fixture, , naive, billed]) => {
    expect(tokens(fixture, () => true)).toBe(naive);
    expect(tokens(fixture, ({ role }) => role === 'leaf')).toBe(billed);
  });
});
