/**
 * Gemini CLI: spans of operation `llm_call`, and log events `gemini_cli.api_response` with counts of their own names.
 * The prompt holds the cached tokens; thoughts stand beside the output, and so do prompt tokens of tools. Spans tell no
 * usage unless asked to, and then neither of the two: settle bills what the event tells. Sources: 0.61.0, recorded
 * (test/emitters/gemini-cli); github.com/google-gemini/gemini-cli at 5411f11, packages/core/src/telemetry.
 */

import type { DialectReading } from '../dialect.ts';
import { namedIn } from '../named.ts';
import { joinNames, OTEL_IDENTITY, OTEL_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

/** As the CLI itself maps them for its other events (metrics.ts, getGenAiProvider). */
const PROVIDER_OF_AUTH: Readonly<Record<string, string>> = {
  'gemini-api-key': 'gcp.gemini',
  'vertex-ai': 'gcp.vertex_ai',
  'oauth-personal': 'gcp.vertex_ai',
  'cloud-shell': 'gcp.vertex_ai',
  'compute-default-credentials': 'gcp.vertex_ai',
};

function byAuthType(reading: DialectReading): DialectReading {
  const provider = namedIn(PROVIDER_OF_AUTH, reading.provider ?? '');
  return provider === undefined ? reading : { ...reading, provider };
}

export const geminiCli = defineDialect({
  name: 'gemini_cli',
  summary: 'Gemini CLI: spans and log events in the counts of the Gemini API.',
  marks: [
    { scopes: ['gemini-cli', 'gemini_cli'] },
    { spanNames: ['gemini_cli'] },
    { values: { 'event.name': ['gemini_cli.api_response'] } },
    { resource: { 'service.name': ['gemini-cli'] } },
  ],
  identity: {
    ...OTEL_IDENTITY,
    // `api_response` tells the provider by how the user signed in.
    provider: ['gen_ai.provider.name', 'gen_ai.system', 'auth_type'],
    requestModel: ['gen_ai.request.model', 'model'],
    responseId: ['gen_ai.response.id', 'response_id'],
  },
  operations: {
    llm_call: 'generate_content',
    tool_call: 'execute_tool',
    schedule_tool_calls: 'execute_tool',
    agent_call: 'invoke_agent',
    user_prompt: 'invoke_workflow',
    system_prompt: 'invoke_workflow',
  },
  usage: joinNames(
    {
      input: ['input_token_count'],
      output: ['output_token_count'],
      total: ['total_token_count'],
      cacheRead: ['cached_content_token_count'],
      reasoning: ['thoughts_token_count'],
      toolUse: ['tool_token_count'],
    },
    OTEL_USAGE,
  ),
  attribution: { agent: ['agent.name'] },
  inclusion: [
    { input: 'inclusive', reasoning: 'outside', evidence: 'gemini_cli: thoughts beside output' },
  ],
  roles: [
    {
      when: { values: { 'event.name': ['gemini_cli.api_response'] } },
      role: 'leaf',
      reason: 'a response of the model',
      operation: 'generate_content',
    },
  ],
  correct: byAuthType,
  contentKeys: ['request_text', 'response_text', 'prompt'],
  contentPrefixes: [],
});
