/**
 * Dify, and the `gen_ai.span.kind` it shares with Alibaba's instrumentation. Providers are plugin ids
 * (`langgenius/openai/openai`); its time to first token is in nanoseconds, and not read.
 * Source: github.com/langgenius/dify, api/extensions/otel (read file by file, no tag).
 */
import type { DialectReading } from '../dialect.ts';
import { OTEL_IDENTITY, OTEL_USAGE } from '../otel-names.ts';
import { defineDialect } from '../table-dialect.ts';

function lastSegment(reading: DialectReading): DialectReading {
  const { provider } = reading;
  return provider?.includes('/') === true
    ? { ...reading, provider: provider.slice(provider.lastIndexOf('/') + 1) }
    : reading;
}

export const dify = defineDialect({
  name: 'dify',
  summary: 'Dify: workflow nodes; the name of a plugin stands before the provider.',
  marks: [
    { values: { 'gen_ai.framework': ['dify'] } },
    { keys: ['gen_ai.span.kind', 'dify.app_id'] },
  ],
  identity: { ...OTEL_IDENTITY, operation: ['gen_ai.span.kind', 'gen_ai.operation.name'] },
  operations: {
    llm: 'chat',
    embedding: 'embeddings',
    reranker: 'rerank',
    chain: 'invoke_workflow',
    task: 'invoke_workflow',
    agent: 'invoke_agent',
    tool: 'execute_tool',
    retriever: 'retrieval',
  },
  usage: OTEL_USAGE,
  attribution: {
    user: ['gen_ai.user.id'],
    session: ['gen_ai.session.id', 'dify.conversation_id'],
    feature: ['dify.app_name'],
  },
  correct: lastSegment,
  contentKeys: ['input.value', 'output.value'],
  contentPrefixes: [],
});
