/**
 * Google ADK (scope `gcp.vertex.agent`). Up to 1.7 `output_tokens` is the TOTAL (adk-python #1668, #2105); then it is
 * the candidates' count with thoughts beside it; since 2.3, where thoughts have the conventions' name, it holds them
 * and the input holds the prompt of built-in tools. Old versions name no scope version, but carry Google's own usage in
 * `llm_response`, which therefore comes first. Source: google-adk 1.15.0–2.13.0, google/adk/telemetry, read as
 * released; ≤ 1.7 at 7c670f6; adk-go #1524.
 */
import type { DialectReading } from '../dialect.ts';
import { joinNames, OTEL_IDENTITY, OTEL_USAGE } from '../otel-names.ts';
import { defineDialect, EXACT_AUTHORITY } from '../table-dialect.ts';

/** Google's own counts have thoughts beside the candidates, whatever the version made of them. */
function byResponse(reading: DialectReading): DialectReading {
  return reading.authority < EXACT_AUTHORITY
    ? reading
    : {
        ...reading,
        inclusion: { input: 'inclusive', reasoning: 'outside', evidence: 'llm_response' },
      };
}

export const googleAdk = defineDialect({
  name: 'google_adk',
  summary: 'Google ADK: call_llm, generate_content within it, and the response of Gemini as JSON.',
  marks: [
    { scopes: ['gcp.vertex.agent'] },
    { values: { 'gen_ai.system': ['gcp.vertex.agent'] } },
    { keys: ['gcp.vertex.agent.invocation_id'] },
  ],
  identity: OTEL_IDENTITY,
  usage: joinNames(OTEL_USAGE, { reasoning: ['gen_ai.usage.experimental.reasoning_tokens'] }),
  blobs: [
    {
      key: 'gcp.vertex.agent.llm_response',
      format: 'json',
      isExact: true,
      has: ['usage_metadata.prompt_token_count'],
      usage: {
        input: ['usage_metadata.prompt_token_count'],
        output: ['usage_metadata.candidates_token_count'],
        total: ['usage_metadata.total_token_count'],
        cacheRead: ['usage_metadata.cached_content_token_count'],
        reasoning: ['usage_metadata.thoughts_token_count'],
        toolUse: ['usage_metadata.tool_use_prompt_token_count'],
      },
      identity: { responseModel: ['model_version'] },
    },
  ],
  attribution: { session: ['gcp.vertex.agent.session_id'] },
  inclusion: [
    {
      when: { keys: ['gen_ai.usage.reasoning.output_tokens'] },
      input: 'inclusive',
      reasoning: 'inside',
      evidence: 'google_adk 2.3: output holds thoughts',
    },
    { input: 'inclusive', reasoning: 'outside', evidence: 'google_adk: thoughts beside output' },
  ],
  roles: [
    {
      when: { spanNames: ['call_llm'] },
      role: 'leaf',
      reason: 'a model call',
      operation: 'chat',
    },
  ],
  correct: byResponse,
  contentKeys: [
    'gcp.vertex.agent.llm_request',
    'gcp.vertex.agent.tool_call_args',
    'gcp.vertex.agent.tool_response',
    'gcp.vertex.agent.data',
  ],
  // Read above for its counts alone; what else it holds is the answer's text.
  contentPrefixes: ['gcp.vertex.agent.llm_response'],
});
