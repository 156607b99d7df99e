import { describe, expect, it, test } from 'vitest';
import { callOf } from '../test-span.ts';

const cached = (provider: string, input: number) => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': provider,
  'gen_ai.request.model': 'a-model',
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': 40,
  'gen_ai.usage.total_tokens': input + 40,
  'gen_ai.usage.cache_read.input_tokens': 1000,
});
const python = (library: string) => `opentelemetry.instrumentation.${library}`;
const js = (library: string) => `@traceloop/instrumentation-${library}`;

describe('what the input of OpenLLMetry holds', () => {
  test.for([
    [python('anthropic'), '0.62.4', 'anthropic', 'inclusive'],
    [python('anthropic'), '0.33.4', 'anthropic', 'inclusive'],
    [python('bedrock'), '0.62.4', 'aws.bedrock', 'exclusive'],
    [python('openai.v1'), '0.62.4', 'openai', 'inclusive'],
    [python('langchain'), '0.62.4', 'anthropic', 'inclusive'],
    [python('google_generativeai'), '0.62.4', 'gcp.gen_ai', 'inclusive'],
    [python('vertexai'), '0.62.4', 'gcp.vertex_ai', 'inclusive'],
    [js('anthropic'), '0.22.6', 'anthropic', 'exclusive'],
    [js('anthropic'), '0.27.0', 'anthropic', 'exclusive'],
    [js('anthropic'), '0.28.0', 'anthropic', 'inclusive'],
    [js('anthropic'), '', 'anthropic', 'assumed_inclusive'],
    [js('bedrock'), '0.27.0', 'aws.bedrock', 'exclusive'],
    [js('bedrock'), '0.28.0', 'aws.bedrock', 'inclusive'],
    [js('openai'), '0.27.0', 'openai', 'inclusive'],
  ] as const)('from %s %s is %s: %s', ([scope, version, provider, semantics]) => {
    const usage = callOf({ scope, version, attributes: cached(provider, 3000) })?.usage;
    expect(usage?.semantics).toBe(semantics);
    const uncached = semantics === 'exclusive' ? 3000n : 2000n;
    expect(usage?.buckets.in_uncached).toBe(uncached);
  });

  it('from Anthropic in Python is exclusive before 0.33.4, which still wrote llm.request.type', () => {
    const attributes = { ...cached('anthropic', 3000), 'llm.request.type': 'chat' };
    const usage = callOf({ scope: python('anthropic'), version: '0.33.3', attributes })?.usage;
    expect(usage?.semantics).toBe('exclusive');
  });

  it('is proven by arithmetic before any table: the same call told as 12 and as 1012 (#4449)', () => {
    const told = (scope: string, provider: string, input: number) =>
      callOf({ scope, version: '0.62.4', attributes: cached(provider, input) })?.usage?.buckets;
    expect(told(python('bedrock'), 'aws.bedrock', 12)).toEqual(
      told(python('anthropic'), 'anthropic', 1012),
    );
  });
});

describe('a span of OpenLLMetry', () => {
  test.for([
    ['workflow', 'aggregate', 'invoke_workflow'],
    ['agent', 'aggregate', 'invoke_agent'],
    ['task', 'aggregate', 'task'],
    ['tool', 'non_billable', 'execute_tool'],
  ] as const)('of kind %s is no leaf: %s', ([kind, role, operation]) => {
    const attributes = { 'traceloop.span.kind': kind, 'gen_ai.usage.input_tokens': 5 };
    expect(callOf({ attributes })).toMatchObject({ role, operation });
  });

  it('has reasoning outside the output where Google is told without thoughts', () => {
    const attributes = {
      ...cached('gcp.gen_ai', 3000),
      'gen_ai.usage.total_tokens': 'not told',
      'gen_ai.usage.reasoning_tokens': 30,
    };
    const call = callOf({ scope: python('google_generativeai'), version: '0.62.4', attributes });
    expect(call?.usage?.buckets).toMatchObject({ out_text: 40n, out_reasoning: 30n });
  });

  it('of another library in a workflow is no call', () => {
    const attributes = { 'traceloop.workflow.name': 'w', 'http.request.method': 'GET' };
    expect(callOf({ scope: python('requests'), attributes })).toBeUndefined();
  });
});
