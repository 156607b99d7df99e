/**
 * OpenLLMetry (Traceloop): the Python and JavaScript instrumentations and the Traceloop hub, in the names of
 * semantic-conventions-ai ≥ 0.5 and of the generations before, which are still most deployed. Its decorators mark
 * every span of a workflow, also other emitters' spans: a mark without a word about an LLM is no call.
 * Sources: github.com/traceloop/openllmetry (0.62.4), openllmetry-js (0.27.0), hub (302730e).
 */
import type { InclusionRow, RoleRow } from '../dialect-table.ts';
import { defineDialect } from '../table-dialect.ts';

/** The Python packages; beside them stand other projects' `opentelemetry.instrumentation.*`. */
const PYTHON_SCOPES = [
  'agno',
  'alephalpha',
  'anthropic',
  'bedrock',
  'cohere',
  'crewai',
  'google_generativeai',
  'groq',
  'haystack',
  'langchain',
  'llamaindex',
  'mistralai',
  'ollama',
  'openai.v0',
  'openai.v1',
  'openai_agents',
  'replicate',
  'sagemaker',
  'together',
  'transformers',
  'vertexai',
  'voyageai',
  'watsonx',
  'writer',
].map((library) => `opentelemetry.instrumentation.${library}`);

const JS_SCOPES = [
  'anthropic',
  'azure',
  'bedrock',
  'cohere',
  'langchain',
  'llamaindex',
  'openai',
  'together',
  'vertexai',
].map((library) => `@traceloop/instrumentation-${library}`);

const AI_SDK_OUTER = ['generateText', 'streamText', 'generateObject', 'streamObject'];

/** First matching row counts. */
const INCLUSION: readonly InclusionRow[] = [
  {
    when: { scopes: ['opentelemetry.instrumentation.anthropic'], scopeVersion: { from: '0.33.4' } },
    input: 'inclusive',
    evidence: 'openllmetry python anthropic ≥ 0.33.4 sums (#2175)',
  },
  {
    // The contrib project has a scope of this name too, from 0.1 on; it never wrote llm.request.type.
    when: {
      scopes: ['opentelemetry.instrumentation.anthropic'],
      scopeVersion: { below: '0.33.4' },
      keys: ['llm.request.type'],
    },
    input: 'exclusive',
    evidence: 'openllmetry python anthropic < 0.33.4 passes input_tokens on (#2175)',
  },
  {
    // Open as of 0.62.4; give the row an end when a release sums.
    when: { scopes: ['opentelemetry.instrumentation.bedrock'] },
    input: 'exclusive',
    evidence: 'openllmetry python bedrock passes inputTokens on (#4449)',
  },
  {
    when: {
      scopes: [
        'opentelemetry.instrumentation.google_generativeai',
        'opentelemetry.instrumentation.vertexai',
      ],
    },
    input: 'inclusive',
    reasoning: 'outside',
    evidence: 'openllmetry python google: output is candidates_token_count, without thoughts',
  },
  {
    when: {
      scopes: ['opentelemetry.instrumentation.openai', 'opentelemetry.instrumentation.langchain'],
    },
    input: 'inclusive',
    reasoning: 'inside',
    evidence: 'openllmetry python openai, langchain',
  },
  {
    when: {
      scopes: ['@traceloop/instrumentation-anthropic', '@traceloop/instrumentation-bedrock'],
      scopeVersion: { below: '0.27.1' },
    },
    input: 'exclusive',
    evidence: 'openllmetry js anthropic, bedrock ≤ 0.27.0 pass input_tokens on (#1026, #1028)',
  },
  {
    when: {
      scopes: ['@traceloop/instrumentation-anthropic', '@traceloop/instrumentation-bedrock'],
      scopeVersion: { from: '0.27.1' },
    },
    input: 'inclusive',
    evidence: 'openllmetry js anthropic, bedrock > 0.27.0 sum (#1026, #1028)',
  },
  {
    when: {
      scopes: ['@traceloop/instrumentation-openai', '@traceloop/instrumentation-langchain'],
    },
    input: 'inclusive',
    reasoning: 'inside',
    evidence: 'openllmetry js openai, langchain',
  },
];

const ROLES: readonly RoleRow[] = [
  {
    // The SDK renames outer and inner spans of the Vercel AI SDK alike; only ai.operationId tells them apart.
    when: {
      values: {
        'ai.operationId': [...AI_SDK_OUTER, 'embed', 'embedMany'].map((name) => `ai.${name}`),
      },
    },
    role: 'aggregate',
    reason: 'ai.operationId of an outer span',
    missingUsage: 'outer_span_alone',
  },
  {
    when: {
      scopes: ['opentelemetry.instrumentation.crewai'],
      values: { 'traceloop.span.kind': ['agent'] },
    },
    role: 'aggregate',
    reason: 'cumulative summary of all calls of the CrewAI agent so far',
  },
  {
    when: { values: { 'traceloop.span.kind': ['workflow', 'task', 'agent', 'session'] } },
    role: 'aggregate',
    reason: 'traceloop.span.kind of a caller',
  },
  {
    when: { values: { 'traceloop.span.kind': ['tool'] } },
    role: 'non_billable',
    reason: 'traceloop.span.kind tool',
  },
];

const association = (...names: string[]) =>
  names.map((name) => `traceloop.association.properties.${name}`);

export const openLlmetry = defineDialect({
  name: 'openllmetry',
  summary: 'OpenLLMetry (Traceloop): Python and JavaScript instrumentations, and its hub.',
  marks: [
    { scopes: [...PYTHON_SCOPES, ...JS_SCOPES, 'traceloop.tracer', '@traceloop/node-server-sdk'] },
    {
      keys: [
        'llm.request.type',
        'llm.usage.total_tokens',
        'traceloop.span.kind',
        'traceloop.entity.name',
        'traceloop.workflow.name',
        'traceloop.prompt.key',
        ...association('user_id', 'session_id', 'customer_id'),
      ],
    },
  ],
  identity: {
    operation: ['gen_ai.operation.name', 'llm.request.type', 'traceloop.span.kind'],
    provider: ['gen_ai.provider.name', 'gen_ai.system'],
    requestModel: ['gen_ai.request.model'],
    responseModel: ['gen_ai.response.model'],
    responseId: ['gen_ai.response.id'],
  },
  operations: {
    workflow: 'invoke_workflow',
    agent: 'invoke_agent',
    tool: 'execute_tool',
    execute_task: 'task',
    vector_db_retrieve: 'retrieval',
  },
  usage: {
    input: ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'],
    output: ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'],
    total: ['gen_ai.usage.total_tokens', 'llm.usage.total_tokens'],
    cacheRead: ['gen_ai.usage.cache_read.input_tokens', 'gen_ai.usage.cache_read_input_tokens'],
    cacheWrite: [
      'gen_ai.usage.cache_write.input_tokens',
      'gen_ai.usage.cache_creation.input_tokens',
      'gen_ai.usage.cache_creation_input_tokens',
    ],
    reasoning: [
      'gen_ai.usage.reasoning.output_tokens',
      'gen_ai.usage.reasoning_tokens',
      'llm.usage.reasoning_tokens',
    ],
  },
  context: {
    serviceTier: ['openai.response.service_tier', 'gen_ai.openai.response.service_tier'],
    requestedTier: ['openai.request.service_tier', 'gen_ai.openai.request.service_tier'],
  },
  attribution: {
    user: ['gen_ai.user', 'llm.user', ...association('user_id')],
    session: association('session_id', 'conversation_id', 'thread_id'),
    // Entities are steps (a LangChain class, a task); the workflow is what was built.
    feature: ['traceloop.workflow.name'],
    prompt: ['traceloop.prompt.key'],
    promptVersion: [
      'traceloop.prompt.version',
      'traceloop.prompt.version_name',
      'traceloop.prompt.version_hash',
    ],
  },
  inclusion: INCLUSION,
  roles: ROLES,
  // Its names are the OTel ones and their older synonyms.
  authority: 40,
  tags: {
    named: { 'traceloop.association.properties.customer_id': 'customer_id' },
    prefixes: ['traceloop.association.properties.'],
  },
  contentKeys: [
    'traceloop.entity.input',
    'traceloop.entity.output',
    'traceloop.prompt.template',
    'traceloop.prompt.template_variables',
    'gen_ai.headers',
    'llm.headers',
    'gen_ai.content.completion.chunk',
    'llm.content.completion.chunk',
    'gen_ai.request.structured_output_schema',
    'gen_ai.task.input',
    'gen_ai.task.output',
  ],
  contentPrefixes: ['gen_ai.prompt.', 'gen_ai.completion.', 'llm.request.functions.'],
});
