/** Embeddings (`/embeddings`): everything goes in, and no token comes out. */
import type { CallReader } from '@ai-cost-profiler/core/call-reader.ts';
import { ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT } from '@ai-cost-profiler/core/semconv.ts';
import { callRequest, countOf, type OpenAICall, originAttributes, textOf } from './openai-call.ts';

interface EmbeddingsAnswer {
  readonly model?: unknown;
  readonly usage?: { readonly prompt_tokens?: unknown; readonly total_tokens?: unknown } | null;
}

export function embeddingsReader(call: OpenAICall): CallReader {
  const { dimensions } = call.body as { dimensions?: unknown };
  const attributes = originAttributes(call);
  if (typeof dimensions === 'number') {
    attributes[ATTR_GEN_AI_EMBEDDINGS_DIMENSION_COUNT] = dimensions;
  }
  return {
    request: callRequest(call, 'embeddings', attributes),
    readWhole(answer) {
      const { model, usage } = answer as EmbeddingsAnswer;
      // Some compatible providers tell the total only.
      const inputTokens = countOf(usage?.prompt_tokens) ?? countOf(usage?.total_tokens);
      return { model: textOf(model), usage: { inputTokens } };
    },
  };
}
