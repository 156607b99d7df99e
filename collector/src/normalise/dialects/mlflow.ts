/**
 * MLflow tracing over OTLP: every value is JSON in a string, also names (`"LLM"` with its quotes). Totals hold cache
 * tokens. Source: github.com/mlflow/mlflow, mlflow/tracing/constant.py and mlflow/tracing/otel/translation (read file
 * by file, no tag).
 */
import { OTEL_IDENTITY, OTEL_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

export const mlflow = defineDialect({
  name: 'mlflow',
  summary: 'MLflow Tracing: JSON in attributes, texts with their quotes.',
  marks: [{ keys: ['mlflow.spanType', 'mlflow.chat.tokenUsage', 'mlflow.traceRequestId'] }],
  identity: {
    ...OTEL_IDENTITY,
    operation: ['mlflow.spanType', 'gen_ai.operation.name'],
    provider: ['mlflow.llm.provider', 'gen_ai.provider.name', 'gen_ai.system'],
    requestModel: ['mlflow.llm.model', 'gen_ai.request.model'],
  },
  operations: {
    llm: 'chat',
    chat_model: 'chat',
    embedding: 'embeddings',
    reranker: 'rerank',
    chain: 'invoke_workflow',
    workflow: 'invoke_workflow',
    task: 'invoke_workflow',
    agent: 'invoke_agent',
    tool: 'execute_tool',
    retriever: 'retrieval',
    parser: 'plan',
    memory: 'search_memory',
  },
  usage: OTEL_USAGE,
  blobs: [
    {
      key: 'mlflow.chat.tokenUsage',
      format: 'json',
      usage: {
        input: ['input_tokens'],
        output: ['output_tokens'],
        total: ['total_tokens'],
        cacheRead: ['cache_read_input_tokens'],
        cacheWrite: ['cache_creation_input_tokens'],
      },
    },
    { key: 'mlflow.llm.cost', format: 'json', cost: ['total_cost'] },
  ],
  attribution: {
    user: ['mlflow.trace.user'],
    session: ['mlflow.trace.session'],
  },
  inclusion: [{ input: 'inclusive', reasoning: 'inside', evidence: 'mlflow: normalised totals' }],
  tags: { prefixes: ['mlflow.traceTag.'] },
  contentKeys: [
    'mlflow.spanInputs',
    'mlflow.spanOutputs',
    'mlflow.chat.messages',
    'mlflow.chat.tools',
  ],
  contentPrefixes: [],
});
