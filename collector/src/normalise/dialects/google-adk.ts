/**
 * Google ADK (scope `gcp.vertex.agent`). Up to 1.7 `output_tokens` is the TOTAL (adk-python #1668, #2105); from 1.8 on
 * it is the candidates' count, without thoughts; the conventions' spans (`generate_content`) add thoughts to it. Those
 * old versions name no scope version, but carry Google's own usage in `llm_response`, which therefore comes first.
 * Source: github.com/google/adk-python at 0798a74 src/google/adk/telemetry/tracing.py; at 7c670f6 for ≤ 1.7; adk-go
 * #1524.
 */
import { joinNames, OTEL_IDENTITY, OTEL_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

export const googleAdk = defineDialect({
  name: 'google_adk',
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
      when: {
        spanNames: ['generate_content'],
        without: ['gcp.vertex.agent.llm_response'],
      },
      input: 'inclusive',
      reasoning: 'inside',
      evidence: 'google_adk: conventions add thoughts to output',
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
  contentKeys: [
    'gcp.vertex.agent.llm_request',
    'gcp.vertex.agent.tool_call_args',
    'gcp.vertex.agent.tool_response',
    'gcp.vertex.agent.data',
  ],
  // Read above for its counts alone; what else it holds is the answer's text.
  contentPrefixes: ['gcp.vertex.agent.llm_response'],
});
