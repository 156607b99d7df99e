/**
 * OpenLIT: Python and JavaScript. Standard names, and beside them a total under the name of a metric, a cost computed
 * from a price list of its own, and details under several names. Its totals are computed by the emitter, so that they
 * prove nothing about what the input total holds: adapters of providers pass the provider's count on, those of
 * frameworks sum. Source: github.com/openlit/openlit, sdk/python 1.45.0 and sdk/typescript 1.15.0, read as released.
 */
import type { DialectReading } from '../dialect.ts';
import type { InclusionRow } from '../dialect-table.ts';
import { defineDialect } from '../table-dialect.ts';

const scopesOf = (...libraries: string[]) =>
  libraries.flatMap((library) => [
    `@openlit/instrumentation-${library}`,
    `openlit.instrumentation.${library.replaceAll('-', '_')}`,
  ]);

/** First matching row counts. */
const INCLUSION: readonly InclusionRow[] = [
  {
    when: {
      scopes: scopesOf(
        'langchain',
        'langgraph',
        'litellm',
        'claude-agent-sdk',
        'strands',
        'vercel-ai',
      ),
    },
    input: 'inclusive',
    evidence: 'openlit adapters of frameworks sum (#1378)',
  },
  {
    when: { scopes: scopesOf('anthropic', 'bedrock') },
    input: 'exclusive',
    evidence: 'openlit anthropic, bedrock pass input_tokens on',
  },
  {
    // Where the application's own tracer is used. Only adapters of frameworks write this key, in Python.
    when: { scopes: ['openlit'], keys: ['gen_ai.environment'] },
    input: 'inclusive',
    evidence: 'openlit python adapters of frameworks sum',
  },
  {
    when: { scopes: ['openlit'] },
    providers: ['anthropic', 'aws.bedrock'],
    input: 'exclusive',
    evidence: 'openlit python anthropic, bedrock pass input_tokens on',
  },
  {
    when: { scopes: ['openlit', '@openlit'] },
    providers: ['openai', 'azure.ai.openai', 'gcp.gemini', 'gcp.vertex_ai', 'gcp.gen_ai'],
    input: 'inclusive',
    reasoning: 'inside',
    evidence: 'openlit openai, google',
  },
];

/**
 * The total counts only where nothing else is told: OpenLIT adds it up itself (its LangChain adapter adds the reasoning
 * tokens a second time), and a sum of its parts proves nothing.
 */
function withoutComputedTotal(reading: DialectReading): DialectReading {
  const { total, ...told } = reading.usage;
  const isComputed = told.input !== undefined || told.output !== undefined;
  return isComputed ? { ...reading, usage: told } : reading;
}

export const openLit = defineDialect({
  name: 'openlit',
  summary:
    'OpenLIT: Python and JavaScript. Totals and costs are computed by the emitter and prove nothing.',
  marks: [
    { scopes: ['openlit', '@openlit'] },
    { values: { 'telemetry.sdk.name': ['openlit'] } },
    { keys: ['gen_ai.client.token.usage', 'gen_ai.application_name', 'gen_ai.environment'] },
  ],
  identity: {
    operation: ['gen_ai.operation.name'],
    provider: ['gen_ai.provider.name', 'gen_ai.system'],
    requestModel: ['gen_ai.request.model'],
    responseModel: ['gen_ai.response.model'],
    responseId: ['gen_ai.response.id'],
  },
  operations: {
    vectordb: 'retrieval',
    audio: 'speech',
    text_to_speech: 'speech',
    speech_to_text: 'transcription',
    speech_to_text_translate: 'transcription',
    execute_task: 'task',
  },
  usage: {
    input: ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'],
    output: ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'],
    total: ['gen_ai.client.token.usage', 'gen_ai.usage.total_tokens'],
    cacheRead: [
      'gen_ai.usage.cache_read.input_tokens',
      'gen_ai.usage.prompt_tokens_details.cached_tokens',
      'gen_ai.usage.prompt_tokens_details.cache_read',
    ],
    cacheWrite: [
      'gen_ai.usage.cache_creation.input_tokens',
      'gen_ai.usage.prompt_tokens_details.cache_creation_tokens',
      'gen_ai.usage.prompt_tokens_details.cache_write',
    ],
    reasoning: [
      'gen_ai.usage.reasoning_tokens',
      'gen_ai.usage.completion_tokens_details.reasoning_tokens',
      'gen_ai.usage.completion_tokens_details.reasoning',
    ],
    outputAudio: [
      'gen_ai.usage.completion_tokens_details.audio_tokens',
      'gen_ai.usage.completion_tokens_details.audio',
    ],
  },
  cost: ['gen_ai.usage.cost'],
  attribution: {
    user: ['gen_ai.request.user', 'gen_ai.user.id'],
    feature: ['gen_ai.application_name'],
  },
  inclusion: INCLUSION,
  roles: [
    {
      when: {
        values: {
          'gen_ai.provider.name': ['crewai'],
          'gen_ai.operation.name': ['invoke_agent'],
        },
      },
      role: 'aggregate',
      reason: 'cumulative summary of all calls of the CrewAI agent so far',
    },
  ],
  authority: 40,
  correct: withoutComputedTotal,
  tags: { named: { 'gen_ai.environment': 'environment' } },
  contentKeys: [
    'gen_ai.content.prompt',
    'gen_ai.content.completion',
    'gen_ai.tool.args',
    'gen_ai.workflow.input',
    'gen_ai.workflow.output',
  ],
  contentPrefixes: [],
});
