import { describe, expect, it, test } from 'vitest';
import { callOf } from '../test-span.ts';

const python = 'openlit.otel.tracing';
const pythonOf = (library: string) => `openlit.instrumentation.${library}`;
const js = (library: string) => `@openlit/instrumentation-${library}`;
const chat = (provider: string) => ({
  'telemetry.sdk.name': 'openlit',
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': provider,
  'gen_ai.request.model': 'a-model',
  'gen_ai.usage.input_tokens': 3000,
  'gen_ai.usage.output_tokens': 40,
  'gen_ai.client.token.usage': 3040,
  'gen_ai.usage.cache_read.input_tokens': 1000,
});
const ofFramework = { 'gen_ai.environment': 'production' };

describe('what the input of OpenLIT holds', () => {
  test.for([
    [python, 'anthropic', {}, 'exclusive'],
    [python, 'aws.bedrock', {}, 'exclusive'],
    [python, 'anthropic', ofFramework, 'inclusive'],
    [python, 'aws.bedrock', ofFramework, 'inclusive'],
    [pythonOf('anthropic'), 'anthropic', {}, 'exclusive'],
    [pythonOf('bedrock'), 'aws.bedrock', {}, 'exclusive'],
    [pythonOf('langchain'), 'anthropic', {}, 'inclusive'],
    [pythonOf('litellm'), 'litellm', {}, 'inclusive'],
    [pythonOf('claude_agent_sdk'), 'anthropic', {}, 'inclusive'],
    [python, 'openai', {}, 'inclusive'],
    [python, 'gcp.gemini', {}, 'inclusive'],
    [js('anthropic'), 'anthropic', {}, 'exclusive'],
    [js('bedrock'), 'aws.bedrock', {}, 'exclusive'],
    [js('langchain'), 'anthropic', {}, 'inclusive'],
    [js('claude-agent-sdk'), 'anthropic', {}, 'inclusive'],
    [js('openai'), 'openai', {}, 'inclusive'],
  ] as const)('from %s over %s, %o: %s', ([scope, provider, more, semantics]) => {
    const usage = callOf({ scope, attributes: { ...chat(provider), ...more } })?.usage;
    expect(usage?.semantics).toBe(semantics);
    expect(usage?.buckets.in_uncached).toBe(semantics === 'exclusive' ? 3000n : 2000n);
  });
});

describe('a span of OpenLIT', () => {
  it('has a total that proves nothing: LangChain adds the reasoning a second time', () => {
    const attributes = {
      ...chat('openai'),
      ...ofFramework,
      'gen_ai.usage.reasoning_tokens': 30,
      'gen_ai.client.token.usage': 3070,
    };
    const call = callOf({ scope: python, attributes });
    expect(call?.usage?.buckets).toMatchObject({ out_text: 10n, out_reasoning: 30n });
    expect(call?.usage?.outputTokens).toBe(40n);
  });

  it('that tells a total alone cannot be priced', () => {
    const attributes = {
      'telemetry.sdk.name': 'openlit',
      'gen_ai.operation.name': 'chat',
      'gen_ai.client.token.usage': 120,
    };
    expect(callOf({ scope: python, attributes })).toMatchObject({
      usage: undefined,
      missingUsageReason: 'only_total_reported',
    });
  });

  test.for([
    [0.0038125000000000004, 3_812_500_000_000_000n],
    [0, undefined],
  ] as const)('that tells the cost %s reports %s', ([cost, reported]) => {
    const call = callOf({ attributes: { ...chat('openai'), 'gen_ai.usage.cost': cost } });
    expect(call?.reportedAtto).toBe(reported);
  });

  it('of a framework names no provider: the host does', () => {
    const attributes = { ...chat('claude_agent_sdk'), 'server.address': 'api.anthropic.com' };
    expect(callOf({ scope: python, attributes })?.provider).toBe('anthropic');
  });
});
