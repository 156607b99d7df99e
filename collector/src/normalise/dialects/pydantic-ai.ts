/**
 * pydantic-ai (v1, v2) and Logfire. Both sum the input for all providers (genai-prices), so it holds the cache tokens.
 * The run's span repeats its requests: under `gen_ai.usage.*` in v1, `gen_ai.aggregated_usage.*` in v2. `…details.*`
 * are the provider's own words, overlapping: alternatives, never summed. Logfire's Claude Agent SDK tells true usage
 * only on the root. Sources: pydantic-ai 1.30.0 and 2.68.0 (run here); github.com/pydantic/logfire at e484a6b.
 */
import type { BlobTable } from '../blob-table.ts';
import { joinNames, OTEL_IDENTITY, OTEL_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

const DETAILS = {
  cacheRead: ['gen_ai.usage.details.cache_read_tokens', 'gen_ai.usage.cache_read_tokens'],
  cacheWrite: ['gen_ai.usage.details.cache_write_tokens', 'gen_ai.usage.cache_write_tokens'],
  cacheReadAudio: ['gen_ai.usage.details.cache_audio_read_tokens'],
  reasoning: ['gen_ai.usage.details.reasoning_tokens', 'gen_ai.usage.details.thoughts_tokens'],
  inputAudio: ['gen_ai.usage.details.input_audio_tokens'],
  outputAudio: ['gen_ai.usage.details.output_audio_tokens'],
};

/** What a run's span says of all its requests, so that it can be shown and compared. */
const AGGREGATED = {
  input: ['gen_ai.aggregated_usage.input_tokens'],
  output: ['gen_ai.aggregated_usage.output_tokens'],
  cacheRead: ['gen_ai.aggregated_usage.cache_read.input_tokens'],
  cacheWrite: ['gen_ai.aggregated_usage.cache_creation.input_tokens'],
  reasoning: ['gen_ai.aggregated_usage.details.reasoning_tokens'],
};

/**
 * Logfire writes the provider's usage as it came. Anthropic's `input_tokens` is the uncached part, OpenAI's the total.
 */
const RAW_USAGE: readonly BlobTable[] = [
  {
    key: 'gen_ai.usage.raw',
    format: 'json',
    has: ['cache_read_input_tokens', 'cache_creation_input_tokens'],
    usage: {
      uncached: ['input_tokens'],
      cacheRead: ['cache_read_input_tokens'],
      cacheWrite: ['cache_creation_input_tokens'],
      cacheWrite5m: ['cache_creation.ephemeral_5m_input_tokens'],
      cacheWrite1h: ['cache_creation.ephemeral_1h_input_tokens'],
    },
  },
  {
    key: 'gen_ai.usage.raw',
    format: 'json',
    usage: {
      cacheRead: ['input_tokens_details.cached_tokens', 'prompt_tokens_details.cached_tokens'],
      cacheWrite: [
        'input_tokens_details.cache_write_tokens',
        'prompt_tokens_details.cache_write_tokens',
      ],
      reasoning: [
        'output_tokens_details.reasoning_tokens',
        'completion_tokens_details.reasoning_tokens',
      ],
      inputAudio: ['prompt_tokens_details.audio_tokens'],
      outputAudio: ['completion_tokens_details.audio_tokens'],
    },
  },
];

const CLAUDE_SDK_SCOPE = 'logfire.claude_agent_sdk';

export const pydanticAi = defineDialect({
  name: 'pydantic_ai',
  summary: 'pydantic-ai 1 and 2, and Logfire.',
  marks: [
    { scopes: ['pydantic-ai'] },
    // Any span of an application may come from Logfire.
    {
      scopes: ['logfire'],
      keys: ['gen_ai.operation.name', 'gen_ai.request.model', 'gen_ai.system'],
    },
  ],
  identity: {
    ...OTEL_IDENTITY,
    requestModel: ['gen_ai.request.model', 'model_name'],
  },
  usage: joinNames(OTEL_USAGE, DETAILS, AGGREGATED),
  blobs: RAW_USAGE,
  cost: ['operation.cost'],
  context: { serviceTier: ['gen_ai.response.service_tier'] },
  attribution: { agent: ['agent_name'] },
  inclusion: [{ input: 'inclusive', reasoning: 'inside', evidence: 'pydantic_ai: all providers' }],
  roles: [
    {
      when: { values: { 'logfire.span_type': ['pending_span'] } },
      role: 'non_billable',
      reason: 'pending span: the span that ends repeats it',
    },
    {
      when: { keys: ['gen_ai.usage.partial.input_tokens', 'gen_ai.usage.partial.output_tokens'] },
      role: 'non_billable',
      reason: 'partial usage is unreliable: the run tells the total',
    },
    {
      when: { scopes: [CLAUDE_SDK_SCOPE], values: { 'gen_ai.operation.name': ['invoke_agent'] } },
      role: 'leaf',
      reason: 'Claude Agent SDK: only the run tells usage',
    },
    {
      when: { keys: ['agent_name', 'gen_ai.aggregated_usage.input_tokens'] },
      role: 'aggregate',
      reason: 'a run repeats the usage of its requests',
      operation: 'invoke_agent',
    },
  ],
  contentKeys: [
    'pydantic_ai.all_messages',
    'final_result',
    'tool_arguments',
    'tool_response',
    'request_data',
    'response_data',
    'model_request_parameters',
    'events',
    'all_messages_events',
  ],
  contentPrefixes: [],
});
