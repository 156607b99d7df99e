import { describe, expect, it, test } from 'vitest';
import { callOf, type TestSpan } from '../test-span.ts';

type Attributes = TestSpan['attributes'];

const USAGE = {
  'gen_ai.usage.input_tokens': 1313,
  'gen_ai.usage.output_tokens': 51,
  'gen_ai.usage.total_tokens': 1364,
};
const BREAKDOWN =
  "{'completion_tokens': 51, 'prompt_tokens': 1313, 'total_tokens': 1364, 'prompt_tokens_details': " +
  "{'audio_tokens': None, 'cached_tokens': 1000, 'cache_creation_tokens': 300, 'cache_creation_token_details': " +
  "{'ephemeral_5m_input_tokens': 100, 'ephemeral_1h_input_tokens': 200}}, 'cache_creation_input_tokens': 300}";

function v1(more: Attributes): TestSpan {
  const identity = { 'gen_ai.system': 'anthropic', 'llm.request.type': 'acompletion' };
  return { scope: 'litellm', name: 'litellm_request', attributes: { ...identity, ...more } };
}

function v2(callType: string, more: Attributes = {}): TestSpan {
  const identity = {
    'litellm.call_id': 'call-1',
    'litellm.call_type': callType,
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'anthropic',
    'gen_ai.request.model': 'smart',
    'llm.is_streaming': 'True',
  };
  return { scope: 'litellm', attributes: { ...identity, ...more } };
}

const CACHED = {
  ...USAGE,
  'gen_ai.usage.cache_read.input_tokens': 1000,
  'gen_ai.usage.cache_creation.input_tokens': 300,
};

function buckets(span: TestSpan): string {
  const { semantics, buckets: told = {} } = callOf(span)?.usage ?? {};
  return [semantics, ...Object.entries(told).map(([name, count]) => `${name}=${count}`)].join(' ');
}

describe('what the totals of LiteLLM hold', () => {
  test.for<[string, TestSpan, string]>([
    [
      'second generation: the cache, for Anthropic too',
      v2('acompletion', CACHED),
      'inclusive in_uncached=13 in_cache_read=1000 in_cache_write=300 out_text=51',
    ],
    [
      'first generation: the cache, with the TTL of its writes (litellm PR #26919: counted once)',
      v1({ ...USAGE, 'metadata.usage_object': BREAKDOWN }),
      'inclusive in_uncached=13 in_cache_read=1000 in_cache_write_5m=100 in_cache_write_1h=200 out_text=51',
    ],
    [
      'all layers on one span: one call, not their sum',
      v2('acompletion', {
        ...CACHED,
        'openinference.span.kind': 'LLM',
        'llm.token_count.prompt': 1313,
        'llm.token_count.completion': 51,
        'langfuse.observation.type': 'generation',
        'langfuse.observation.usage_details': '{"input":1313,"output":51,"total":1364}',
      }),
      'inclusive in_uncached=13 in_cache_read=1000 in_cache_write=300 out_text=51',
    ],
  ])('%s', ([, span, expected]) => {
    expect(buckets(span)).toBe(expected);
  });
});

describe('a call type of LiteLLM', () => {
  test.for<[string, string, string]>([
    ['acompletion', 'chat', 'leaf'],
    ['anthropic_messages', 'chat', 'leaf'],
    ['aembedding', 'embeddings', 'leaf'],
    ['image_generation', 'image', 'leaf'],
    ['atranscription', 'transcription', 'leaf'],
    ['call_mcp_tool', 'execute_tool', 'non_billable'],
    ['avector_store_search', 'retrieval', 'non_billable'],
    ['aget_responses', 'fetch', 'non_billable'],
    ['asend_message', 'invoke_agent', 'aggregate'],
  ])('%s is %s, %s, although the operation says chat', ([type, operation, role]) => {
    const call = callOf(v2(type, USAGE));
    expect([call?.operation, call?.role]).toEqual([operation, role]);
  });

  it('that only manages stored objects is not billed, even with usage', () => {
    const managed = { ...USAGE, 'gen_ai.operation.name': 'litellm.responses_management' };
    expect(callOf(v2('adelete_something', managed))?.role).toBe('non_billable');
  });
});

describe('the model of a call through LiteLLM', () => {
  test.for<[string, Attributes, [string, string]]>([
    [
      'is what the router sent, not the alias',
      { 'litellm.provider.model': 'anthropic/claude-sonnet-4-5' },
      ['anthropic', 'claude-sonnet-4-5'],
    ],
    [
      'tells the provider where nothing else does',
      { 'gen_ai.provider.name': 'litellm_proxy', 'litellm.provider.model': 'openai/gpt-4o' },
      ['openai', 'gpt-4o'],
    ],
    [
      'keeps the author that the provider itself puts into the name',
      {
        'gen_ai.provider.name': 'openrouter',
        'litellm.provider.model': 'openrouter/anthropic/claude-3.5',
      },
      ['openrouter', 'anthropic/claude-3.5'],
    ],
    [
      'keeps a beginning that is no provider',
      { 'gen_ai.provider.name': 'together_ai', 'litellm.provider.model': 'meta-llama/Llama-3' },
      ['together', 'meta-llama/Llama-3'],
    ],
    [
      'under a provider name of LiteLLM’s own',
      {
        'gen_ai.provider.name': 'bedrock_converse',
        'litellm.provider.model': 'bedrock/us.anthropic.claude',
      },
      ['aws.bedrock', 'us.anthropic.claude'],
    ],
  ])('%s', ([, more, expected]) => {
    const call = callOf(v2('acompletion', more));
    expect([call?.provider, call?.requestModel]).toEqual(expected);
  });
});

describe('a span of LiteLLM', () => {
  it('that was answered from its own cache was no call of a provider', () => {
    const call = callOf(v2('acompletion', { ...USAGE, 'litellm.cache_hit': true }));
    expect([call?.role, call?.roleReason]).toEqual([
      'non_billable',
      'answered from LiteLLM’s cache: no provider was called',
    ]);
  });

  test.for<[string, boolean, string, bigint | undefined]>([
    ['in the total of the call it guards', true, 'non_billable', undefined],
    ['beside that total', false, 'leaf', 1_500_000_000_000_000n],
  ])('that is a guardrail has a cost %s', ([, isInSpend, role, atto]) => {
    const guardrail = {
      'litellm.guardrail.name': 'pii',
      'litellm.cost.guardrail': 0.0015,
      'litellm.guardrail.cost_in_spend': isInSpend,
    };
    const call = callOf({ scope: 'litellm', attributes: guardrail });
    expect([call?.role, call?.reportedAtto, call?.usage]).toEqual([role, atto, undefined]);
  });

  it('is no call because baggage named a model', () => {
    const baggage = { 'gen_ai.request.model': 'smart', 'litellm.team.id': 'team-1' };
    expect(callOf({ scope: 'litellm', name: 'redis', attributes: baggage })).toBeUndefined();
  });

  it('reports a cost of 0 where it knows no price: that is no report', () => {
    const call = callOf(v2('acompletion', { ...USAGE, 'litellm.cost.total': 0 }));
    expect(call?.reportedAtto).toBeUndefined();
  });
});
