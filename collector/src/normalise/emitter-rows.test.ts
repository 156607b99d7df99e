/**
 * The rows of the inclusion matrix and the readings that are one emitter's alone, each on the smallest span that shows
 * it.
 */
import { describe, expect, test } from 'vitest';
import type { Call } from './call.ts';
import { callJson } from './fixture.ts';
import { callOf, type TestSpan } from './test-span.ts';

/** `I`, `O`, and what stands beside them, by the conventions' names. */
function otel(system: string, more: TestSpan['attributes'] = {}) {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.system': system,
    'gen_ai.request.model': 'some-model',
    'gen_ai.usage.input_tokens': 1000,
    'gen_ai.usage.output_tokens': 100,
    ...more,
  };
}

const CACHED = { 'gen_ai.usage.cache_read.input_tokens': 400 };
const UNDERSCORE = {
  'gen_ai.usage.cache_read_input_tokens': 400,
  'gen_ai.usage.cache_write_input_tokens': 50,
};

function summary(call: Call | undefined): string {
  const { usage } = callJson(call) as { usage?: { buckets: object; semantics: string } };
  const buckets = Object.entries(usage?.buckets ?? {}).map(([name, count]) => `${name}=${count}`);
  return [call?.dialect, usage?.semantics, ...buckets].join(' ');
}

describe('what the totals of an emitter hold', () => {
  test.for<[string, TestSpan, string]>([
    [
      'pydantic-ai: the input holds the cache, for Anthropic too',
      { scope: 'pydantic-ai', attributes: otel('anthropic', CACHED) },
      'pydantic_ai inclusive in_uncached=600 in_cache_read=400 out_text=100',
    ],
    [
      'Claude Code: bare counts, the input does not hold the cache',
      {
        name: 'claude_code.llm_request',
        attributes: { input_tokens: 1000, output_tokens: 100, cache_read_tokens: 400 },
      },
      'claude_code exclusive in_uncached=1000 in_cache_read=400 out_text=100',
    ],
    [
      'Codex: both totals hold their parts',
      {
        name: 'codex.sse_event',
        attributes: {
          'event.kind': 'response.completed',
          input_token_count: '1000',
          output_token_count: '100',
          cached_token_count: 400,
          reasoning_token_count: 30,
        },
      },
      'codex inclusive in_uncached=600 in_cache_read=400 out_text=70 out_reasoning=30',
    ],
    [
      'Gemini CLI: thoughts stand beside the output',
      {
        resource: { 'service.name': 'gemini-cli' },
        name: 'gemini_cli.api_response',
        attributes: {
          input_token_count: 1000,
          output_token_count: 100,
          cached_content_token_count: 400,
          thoughts_token_count: 30,
        },
      },
      'gemini_cli inclusive in_uncached=600 in_cache_read=400 out_text=100 out_reasoning=30',
    ],
    [
      'Google ADK: thoughts stand beside the output',
      {
        scope: 'gcp.vertex.agent',
        attributes: otel('gcp.vertex.agent', {
          'gen_ai.usage.experimental.reasoning_tokens': 30,
        }),
      },
      'google_adk inclusive in_uncached=1000 out_text=100 out_reasoning=30',
    ],
    [
      'Google ADK, spans of the conventions: thoughts are in the output',
      {
        scope: 'gcp.vertex.agent',
        name: 'generate_content gemini',
        attributes: otel('gemini', { 'gen_ai.usage.reasoning.output_tokens': 30 }),
      },
      'google_adk inclusive in_uncached=1000 out_text=70 out_reasoning=30',
    ],
    [
      'Strands over Bedrock: the total proves that the input does not hold the cache',
      { attributes: otel('strands-agents', { ...UNDERSCORE, 'gen_ai.usage.total_tokens': 1550 }) },
      'strands exclusive in_uncached=1000 in_cache_read=400 in_cache_write=50 out_text=100',
    ],
    [
      'Strands over OpenAI: the input holds the cache',
      { attributes: otel('strands-agents', { ...UNDERSCORE, 'gen_ai.usage.total_tokens': 1100 }) },
      'strands inclusive in_uncached=550 in_cache_read=400 in_cache_write=50 out_text=100',
    ],
    [
      'Strands over the Anthropic API: the same total, and the input does not hold the cache',
      {
        attributes: otel('strands-agents', {
          ...UNDERSCORE,
          'gen_ai.usage.total_tokens': 1100,
          'gen_ai.request.model': 'claude-sonnet-4-5',
        }),
      },
      'strands exclusive in_uncached=1000 in_cache_read=400 in_cache_write=50 out_text=100',
    ],
    [
      'Strands from 1.54 on: the input holds the cache',
      { attributes: otel('strands-agents', CACHED) },
      'strands inclusive in_uncached=600 in_cache_read=400 out_text=100',
    ],
    [
      'Strands from 1.54 on, over the Anthropic API: which it is depends on the release, so it is only assumed',
      {
        attributes: otel('strands-agents', {
          ...CACHED,
          'gen_ai.request.model': 'claude-sonnet-4-5',
        }),
      },
      'strands assumed_inclusive in_uncached=600 in_cache_read=400 out_text=100',
    ],
    [
      'Google ADK from 2.3 on: thoughts are in the output',
      { attributes: otel('gcp.vertex.agent', { 'gen_ai.usage.reasoning.output_tokens': 30 }) },
      'google_adk inclusive in_uncached=1000 out_text=70 out_reasoning=30',
    ],
    [
      'Microsoft over OpenAI: the input holds the cache',
      { scope: 'Experimental.Microsoft.Extensions.AI', attributes: otel('openai', CACHED) },
      'microsoft inclusive in_uncached=600 in_cache_read=400 out_text=100',
    ],
    [
      'Microsoft over Anthropic: nobody verified it, so it is only assumed',
      { scope: 'Experimental.Microsoft.Extensions.AI', attributes: otel('anthropic', CACHED) },
      'microsoft assumed_inclusive in_uncached=600 in_cache_read=400 out_text=100',
    ],
    [
      'Spring AI over Anthropic: the input does not hold the cache, whatever the total says',
      {
        scope: 'org.springframework.boot',
        attributes: otel('anthropic', { ...CACHED, 'gen_ai.usage.total_tokens': 1100 }),
      },
      'spring_ai exclusive in_uncached=1000 in_cache_read=400 out_text=100',
    ],
    [
      'Spring AI over Bedrock: the same',
      {
        scope: 'org.springframework.boot',
        attributes: otel('bedrock_converse', { ...CACHED, 'gen_ai.usage.total_tokens': 1100 }),
      },
      'spring_ai exclusive in_uncached=1000 in_cache_read=400 out_text=100',
    ],
    [
      'Spring AI over OpenAI: the input holds the cache',
      { scope: 'org.springframework.boot', attributes: otel('openai', CACHED) },
      'spring_ai inclusive in_uncached=600 in_cache_read=400 out_text=100',
    ],
    [
      'LangChain4j over OpenAI: as the provider counts',
      { scope: 'io.quarkus.opentelemetry', attributes: otel('openai', CACHED) },
      'langchain4j inclusive in_uncached=600 in_cache_read=400 out_text=100',
    ],
    [
      'LangSmith: the input holds the cache, details are a Python dict',
      {
        attributes: otel('langchain', {
          'langsmith.span.kind': 'llm',
          'langsmith.metadata.ls_provider': 'anthropic',
          'gen_ai.usage.input_token_details': "{'cache_read': 400, 'cache_creation': None}",
        }),
      },
      'langsmith inclusive in_uncached=600 in_cache_read=400 out_text=100',
    ],
    [
      'Sentry: the input holds the cache',
      {
        attributes: otel('anthropic', {
          'gen_ai.operation.type': 'ai_client',
          'gen_ai.usage.input_tokens.cached': 400,
          'gen_ai.usage.output_tokens.reasoning': 30,
        }),
      },
      'sentry inclusive in_uncached=600 in_cache_read=400 out_text=70 out_reasoning=30',
    ],
    [
      'MLflow: the input holds the cache',
      {
        attributes: {
          'mlflow.spanType': '"LLM"',
          'mlflow.chat.tokenUsage':
            '{"input_tokens":1000,"output_tokens":100,"cache_read_input_tokens":400}',
        },
      },
      'mlflow inclusive in_uncached=600 in_cache_read=400 out_text=100',
    ],
    [
      'Genkit: thoughts stand beside the output',
      {
        scope: 'genkit-tracer',
        attributes: {
          'genkit:name': 'googleai/gemini-2.5-flash',
          'genkit:metadata:subtype': 'model',
          'genkit:output': '{"usage":{"inputTokens":1000,"outputTokens":100,"thoughtsTokens":30}}',
        },
      },
      'genkit inclusive in_uncached=1000 out_text=100 out_reasoning=30',
    ],
    [
      'agento11y over Anthropic: the input does not hold the cache',
      { attributes: otel('anthropic', { 'agento11y.generation.id': 'g', ...UNDERSCORE }) },
      'agento11y exclusive in_uncached=1000 in_cache_read=400 in_cache_write=50 out_text=100',
    ],
    [
      'agento11y over Gemini: thoughts stand beside the output',
      {
        attributes: otel('gemini', {
          'sigil.generation.id': 'g',
          'gen_ai.usage.reasoning_tokens': 30,
        }),
      },
      'agento11y inclusive in_uncached=1000 out_text=100 out_reasoning=30',
    ],
    [
      'Laminar: cache writes by TTL are never counted twice',
      {
        attributes: otel('anthropic', {
          'lmnr.span.type': 'LLM',
          'gen_ai.usage.cache_creation_input_tokens': 100,
          'gen_ai.usage.cache_creation.input_tokens.ephemeral_5m': 60,
          'gen_ai.usage.cache_creation.input_tokens.ephemeral_1h': 30,
        }),
      },
      'laminar assumed_inclusive in_uncached=900 in_cache_write=10 in_cache_write_5m=60 in_cache_write_1h=30 out_text=100',
    ],
    [
      'AgentOps over OpenAI: as the provider counts',
      {
        attributes: otel('openai', {
          'agentops.span.kind': 'llm',
          'gen_ai.usage.cache_read_input_tokens': 400,
          'gen_ai.usage.reasoning_tokens': 30,
        }),
      },
      'agentops inclusive in_uncached=600 in_cache_read=400 out_text=70 out_reasoning=30',
    ],
    [
      'LiveKit: the input holds the cache',
      {
        scope: 'livekit-agents',
        name: 'llm_request',
        attributes: otel('openai', { 'gen_ai.usage.input_cached_tokens': 400 }),
      },
      'livekit inclusive in_uncached=600 in_cache_read=400 out_text=100',
    ],
    [
      'Dify: as the emitter inside counts, so over Anthropic only assumed',
      { attributes: otel('anthropic', { 'gen_ai.framework': 'dify', ...CACHED }) },
      'dify assumed_inclusive in_uncached=600 in_cache_read=400 out_text=100',
    ],
    [
      'OpenRouter: as OpenAI counts, whoever answered',
      {
        resource: { 'service.name': 'openrouter' },
        attributes: otel('anthropic', {
          'gen_ai.usage.input_tokens.cached': 400,
          'gen_ai.usage.output_tokens.reasoning': 30,
        }),
      },
      'openrouter inclusive in_uncached=600 in_cache_read=400 out_text=70 out_reasoning=30',
    ],
  ])('%s', ([, told, expected]) => {
    expect(summary(callOf(told))).toBe(expected);
  });
});
