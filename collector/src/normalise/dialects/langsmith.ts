/**
 * LangSmith's OTel export (Python and JS SDK). `gen_ai.system` may be the framework, and its operation calls prompts
 * `chat`, so LangSmith's own run kind and metadata come first. Details are a Python dict printed into a string, or JSON
 * from JS; totals hold them. `langsmith.trace.session_id` is a project, not a session. Source:
 * github.com/langchain-ai/langsmith-sdk at bc8dd67, python/langsmith/_internal/otel, js/src/experimental/otel; PR
 * #2519.
 */
import type { BlobTable } from '../blob-table.ts';
import { OTEL_IDENTITY, OTEL_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

const DETAILS: readonly BlobTable[] = [
  {
    key: 'gen_ai.usage.input_token_details',
    format: 'python',
    usage: {
      cacheRead: ['cache_read'],
      cacheWrite: ['cache_creation'],
      cacheWrite5m: ['ephemeral_5m_input_tokens'],
      cacheWrite1h: ['ephemeral_1h_input_tokens'],
      inputAudio: ['audio'],
    },
  },
  {
    key: 'gen_ai.usage.output_token_details',
    format: 'python',
    usage: { reasoning: ['reasoning'], outputAudio: ['audio'] },
  },
  {
    key: 'langsmith.usage_metadata',
    format: 'json',
    usage: {
      input: ['input_tokens'],
      output: ['output_tokens'],
      total: ['total_tokens'],
      cacheRead: ['input_token_details.cache_read'],
      cacheWrite: ['input_token_details.cache_creation'],
      cacheWrite5m: ['input_token_details.ephemeral_5m_input_tokens'],
      cacheWrite1h: ['input_token_details.ephemeral_1h_input_tokens'],
      inputAudio: ['input_token_details.audio'],
      reasoning: ['output_token_details.reasoning'],
      outputAudio: ['output_token_details.audio'],
    },
    cost: ['total_cost'],
  },
];

export const langSmith = defineDialect({
  name: 'langsmith',
  summary: "LangSmith's OTel export; details are a Python dict as text, or JSON.",
  marks: [
    { scopes: ['langsmith'] },
    { keys: ['langsmith.span.kind', 'langsmith.span.id', 'langsmith.trace.name'] },
  ],
  identity: {
    ...OTEL_IDENTITY,
    operation: ['langsmith.span.kind', 'gen_ai.operation.name'],
    provider: ['langsmith.metadata.ls_provider', 'gen_ai.provider.name', 'gen_ai.system'],
    requestModel: ['gen_ai.request.model', 'langsmith.metadata.ls_model_name'],
  },
  operations: {
    llm: 'chat',
    embedding: 'embeddings',
    chain: 'invoke_workflow',
    tool: 'execute_tool',
    retriever: 'retrieval',
    prompt: 'plan',
    parser: 'plan',
  },
  usage: OTEL_USAGE,
  blobs: DETAILS,
  context: {
    serviceTier: ['gen_ai.response.service_tier'],
    requestedTier: ['gen_ai.request.service_tier'],
  },
  attribution: {
    user: ['langsmith.metadata.user_id'],
    session: [
      'langsmith.metadata.session_id',
      'langsmith.metadata.thread_id',
      'langsmith.metadata.conversation_id',
    ],
  },
  inclusion: [{ input: 'inclusive', reasoning: 'inside', evidence: 'langsmith: usage_metadata' }],
  tags: { labels: ['langsmith.span.tags'], prefixes: ['langsmith.metadata.'] },
  contentKeys: ['gen_ai.serialized.name', 'gen_ai.serialized.signature'],
  contentPrefixes: [],
});
