import { describe, expect, it, test } from 'vitest';
import { callOf } from '../test-span.ts';

const KIND = 'openinference.span.kind';
const python = (library: string) => `openinference.instrumentation.${library}`;
const counts = (input: number) => ({
  'llm.token_count.prompt': input,
  'llm.token_count.completion': 40,
  'llm.token_count.total': input + 40,
});
const cached = { ...counts(3000), 'llm.token_count.prompt_details.cache_read': 1000 };
const llm = { [KIND]: 'LLM', 'llm.model_name': 'a-model', 'llm.provider': 'anthropic', ...cached };

describe('what the prompt count of OpenInference holds', () => {
  test.for([
    [python('anthropic'), '3.1.0', 'messages', 'inclusive'],
    [python('langchain'), '0.1.60', 'ChatAnthropic', 'inclusive'],
    [python('google_genai'), '0.1.10', 'generate_content', 'inclusive'],
    [python('bedrock'), '0.1.61', 'bedrock.invoke_model', 'inclusive'],
    [python('bedrock'), '0.1.61', 'bedrock.converse', 'exclusive'],
    [python('bedrock'), '0.1.61', 'bedrock.converse_stream', 'exclusive'],
    [python('claude_agent_sdk'), '0.1.12', 'query', 'exclusive'],
    [python('claude_agent_sdk'), '0.1.13', 'query', 'inclusive'],
    [python('claude_agent_sdk'), '', 'query', 'inclusive'],
    ['@arizeai/openinference-instrumentation-anthropic', '0.2.8', 'messages', 'inclusive'],
    ['a gateway', '', 'chat', 'inclusive'],
  ] as const)('from %s %s, span %s: %s', ([scope, version, name, semantics]) => {
    const usage = callOf({ scope, version, name, attributes: llm })?.usage;
    expect(usage?.semantics).toBe(semantics);
    expect(usage?.buckets.in_uncached).toBe(semantics === 'exclusive' ? 3000n : 2000n);
  });
});

describe('a span of OpenInference', () => {
  test.for([
    ['LLM', 'leaf', 'chat'],
    ['EMBEDDING', 'leaf', 'embeddings'],
    ['RERANKER', 'leaf', 'rerank'],
    ['AGENT', 'aggregate', 'invoke_agent'],
    ['CHAIN', 'aggregate', 'chain'],
    ['EVALUATOR', 'aggregate', 'evaluation'],
    ['TOOL', 'non_billable', 'execute_tool'],
    ['RETRIEVER', 'non_billable', 'retrieval'],
    ['GUARDRAIL', 'non_billable', 'guardrail'],
    ['PROMPT', 'non_billable', 'prompt'],
  ] as const)('of kind %s is %s', ([kind, role, operation]) => {
    expect(callOf({ attributes: { [KIND]: kind, ...counts(5) } })).toMatchObject({
      role,
      operation,
    });
  });

  test.for([
    [0.000027, 27_000_000_000_000n],
    ['2.7e-05', 27_000_000_000_000n],
    [0, undefined],
    [40, undefined],
    [3000, undefined],
    [41, 41n * 10n ** 18n],
  ] as const)('that tells the cost %s is believed: %s', ([cost, reported]) => {
    const call = callOf({ attributes: { ...llm, 'llm.cost.total': cost } });
    expect(call?.reportedAtto).toBe(reported);
  });

  it('of the Claude Agent SDK has no cost of its own: it grows over the session', () => {
    const attributes = { ...llm, [KIND]: 'AGENT', 'llm.cost.total': 0.5 };
    const call = callOf({ scope: python('claude_agent_sdk'), version: '0.1.22', attributes });
    expect(call).toMatchObject({ role: 'aggregate', reportedAtto: undefined });
  });

  test.for([
    [python('litellm'), undefined],
    ['a gateway', 500n],
  ] as const)('from %s means by cache_input: %s', ([scope, cacheRead]) => {
    const cacheInput = { 'llm.token_count.prompt_details.cache_input': 500 };
    const call = callOf({ scope, attributes: { [KIND]: 'LLM', ...counts(3000), ...cacheInput } });
    expect(call?.usage?.buckets.in_cache_read).toBe(cacheRead);
  });

  test.for([
    [{ 'llm.provider': 'aws', 'llm.system': 'anthropic' }, 'aws.bedrock'],
    [{ 'gen_ai.provider.name': 'aws.bedrock', 'llm.system': 'anthropic' }, 'aws.bedrock'],
    [{ 'llm.system': 'openai' }, 'openai'],
    [{ 'llm.system': 'vertexai' }, 'gcp.vertex_ai'],
  ] as const)('that tells %o is billed by %s', ([told, provider]) => {
    expect(callOf({ attributes: { [KIND]: 'LLM', ...counts(5), ...told } })).toMatchObject({
      provider,
    });
  });
});
