import { describe, expect, it, test } from 'vitest';
import { callOf, type TestSpan } from '../test-span.ts';

type Attributes = TestSpan['attributes'];

function generation(more: Attributes): TestSpan {
  const type = { 'langfuse.observation.type': 'generation' };
  return { scope: 'langfuse-sdk', name: 'OpenAI.chat', attributes: { ...type, ...more } };
}

function withDetails(details: unknown, more: Attributes = {}): TestSpan {
  const text = typeof details === 'string' ? details : JSON.stringify(details);
  return generation({ 'langfuse.observation.usage_details': text, ...more });
}

function reading(span: TestSpan): string {
  const call = callOf(span);
  const { semantics, buckets = {} } = call?.usage ?? {};
  const told = Object.entries(buckets).map(([name, count]) => `${name}=${count}`);
  return call?.usage === undefined
    ? `none: ${call?.missingUsageReason}`
    : [semantics, ...told].join(' ');
}

describe('usage details of Langfuse', () => {
  test.for<[string, unknown, string]>([
    [
      'plain totals',
      { input: 1000, output: 100, total: 1100 },
      'inclusive in_uncached=1000 out_text=100',
    ],
    [
      'disjoint buckets by convention',
      { input: 600, output: 70, input_cached_tokens: 400, output_reasoning_tokens: 30 },
      'inclusive in_uncached=600 in_cache_read=400 out_text=70 out_reasoning=30',
    ],
    [
      'disjoint buckets that the total proves',
      { input: 600, output: 100, total: 1100, cache_read_input_tokens: 400 },
      'inclusive in_uncached=600 in_cache_read=400 out_text=100',
    ],
    [
      'an input that was not reduced by its cached part, proved by the total (langfuse #10592)',
      { input: 17_903, output: 100, total: 18_003, input_cached_tokens: 17_817 },
      'inclusive in_uncached=86 in_cache_read=17817 out_text=100',
    ],
    [
      'cache writes by TTL',
      { input: 600, output: 100, input_cache_creation_5m: 30, input_cache_creation_1h: 40 },
      'inclusive in_uncached=600 in_cache_write_5m=30 in_cache_write_1h=40 out_text=100',
    ],
    [
      'cached tokens larger than the input: buckets, never clamped at 0',
      { input: 12, output: 50, cache_read_input_tokens: 1000 },
      'inclusive in_uncached=12 in_cache_read=1000 out_text=50',
    ],
    [
      'a usage object of OpenAI as it is',
      {
        prompt_tokens: 1000,
        completion_tokens: 100,
        total_tokens: 1100,
        prompt_tokens_details: { cached_tokens: 400 },
      },
      'inclusive in_uncached=600 in_cache_read=400 out_text=100',
    ],
    [
      'predicted tokens, which are output',
      { input: 1, output: 2, output_rejected_prediction_tokens: 3 },
      'inclusive in_uncached=1 out_text=5',
    ],
    [
      'JSON in JSON',
      JSON.stringify('{"input":5,"output":6}'),
      'inclusive in_uncached=5 out_text=6',
    ],
    [
      'a bucket nobody knows',
      { input: 5, output: 6, input_holograms: 7 },
      'none: unknown_usage: input_holograms',
    ],
    [
      'a bucket nobody knows, empty',
      { input: 5, output: 6, input_holograms: 0 },
      'inclusive in_uncached=5 out_text=6',
    ],
    ['what is no JSON', '<failed to serialize>', 'none: not_reported'],
    ['negative counts', { input: -5, output: -6 }, 'none: count_negative'],
  ])('%s', ([, details, expected]) => {
    expect(reading(withDetails(details))).toBe(expected);
  });

  it('with buckets are right where OTel names beside them are not', () => {
    const otel = { 'gen_ai.usage.input_tokens': 17, 'gen_ai.usage.output_tokens': 3 };
    const details = { input: 600, output: 100, input_cached_tokens: 400 };
    expect(reading(withDetails(details, otel))).toBe(
      'inclusive in_uncached=600 in_cache_read=400 out_text=100',
    );
  });

  it('that are plain totals are reconciled with the OTel names beside them, which tell the cache', () => {
    const otel = {
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.output_tokens': 100,
      'gen_ai.usage.cache_read.input_tokens': 400,
    };
    const details = { input: 1000, output: 100, total: 1100 };
    expect(reading(withDetails(details, otel))).toContain('in_uncached=600 in_cache_read=400');
  });
});

describe('an observation of Langfuse', () => {
  test.for<[string, string, string]>([
    ['generation', 'chat', 'leaf'],
    ['embedding', 'embeddings', 'leaf'],
    ['agent', 'invoke_agent', 'aggregate'],
    ['chain', 'invoke_workflow', 'aggregate'],
    ['tool', 'execute_tool', 'non_billable'],
    ['retriever', 'retrieval', 'non_billable'],
  ])('of type %s is %s, %s', ([type, operation, role]) => {
    const call = callOf({ attributes: { 'langfuse.observation.type': type } });
    expect([call?.operation, call?.role]).toEqual([operation, role]);
  });

  it('of type span without usage is no call', () => {
    expect(callOf({ attributes: { 'langfuse.observation.type': 'span' } })).toBeUndefined();
  });

  test.for<[string, string, bigint | undefined]>([
    ['a total', '{"input":0.1,"total":0.25}', 250_000_000_000_000_000n],
    ['parts, summed exactly', '{"input":0.1,"output":0.2}', 300_000_000_000_000_000n],
    ['an exponent', '{"total":8.2e-7}', 820_000_000_000n],
    ['zeros, which the SDK writes beside a failure', '{"input":0,"output":0,"total":0}', undefined],
  ])('reports its cost as %s', ([, costs, atto]) => {
    expect(callOf(generation({ 'langfuse.observation.cost_details': costs }))?.reportedAtto).toBe(
      atto,
    );
  });

  it('lends its trace name and prompt to the call of another emitter, but makes no call of a span', () => {
    const copied = {
      'langfuse.trace.name': 'support-answer',
      'langfuse.observation.prompt.name': 'greeting',
      'langfuse.observation.prompt.version': 4,
    };
    expect(callOf({ attributes: { 'http.route': '/', ...copied } })).toBeUndefined();
    const call = callOf({ attributes: { 'gen_ai.operation.name': 'chat', ...copied } });
    expect(call?.attribution).toMatchObject({
      feature: 'support-answer',
      prompt: 'greeting',
      promptVersion: '4',
    });
  });
});
