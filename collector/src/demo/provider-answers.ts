/** Answers of OpenAI, Anthropic and Gemini in the shape of their APIs, as far as anybody reads them. */
import type { ChatWish } from './chat-wish.ts';

/** What an answer says beside its usage. */
export interface AnswerHead {
  readonly id: string;
  readonly model: string;
}

/** OpenAI: totals hold what was cached, and the reasoning. */
export function chatCompletion({ id, model }: AnswerHead, wish: ChatWish): object {
  const { freshTokens, cacheReadTokens = 0, textTokens, reasoningTokens = 0, finish } = wish;
  const [prompt, completion] = [freshTokens + cacheReadTokens, textTokens + reasoningTokens];
  return {
    id,
    model,
    object: 'chat.completion',
    service_tier: 'default',
    choices: [{ index: 0, finish_reason: finish ?? 'stop' }],
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      prompt_tokens_details: { cached_tokens: cacheReadTokens },
      completion_tokens_details: { reasoning_tokens: reasoningTokens },
    },
  };
}

const STOP_REASONS = { stop: 'end_turn', tool_calls: 'tool_use', length: 'max_tokens' } as const;

/** Anthropic: the input holds neither what was read from nor what was written to the cache. */
export function anthropicMessage({ id, model }: AnswerHead, wish: ChatWish): object {
  const { freshTokens, cacheReadTokens = 0, cacheWriteTokens = 0, textTokens } = wish;
  const { reasoningTokens = 0, finish } = wish;
  return {
    id,
    model,
    type: 'message',
    role: 'assistant',
    content: [],
    stop_reason: STOP_REASONS[finish ?? 'stop'],
    usage: {
      input_tokens: freshTokens,
      cache_read_input_tokens: cacheReadTokens,
      cache_creation_input_tokens: cacheWriteTokens,
      output_tokens: textTokens + reasoningTokens,
      output_tokens_details: { thinking_tokens: reasoningTokens },
      service_tier: 'standard',
    },
  };
}

/** Gemini: thoughts stand beside the candidates. */
export function geminiAnswer({ id, model }: AnswerHead, wish: ChatWish): object {
  const { freshTokens, cacheReadTokens = 0, textTokens, reasoningTokens = 0, finish } = wish;
  const prompt = freshTokens + cacheReadTokens;
  return {
    responseId: id,
    modelVersion: model,
    candidates: [{ index: 0, finishReason: finish === 'length' ? 'MAX_TOKENS' : 'STOP' }],
    usageMetadata: {
      promptTokenCount: prompt,
      cachedContentTokenCount: cacheReadTokens,
      candidatesTokenCount: textTokens,
      thoughtsTokenCount: reasoningTokens,
      totalTokenCount: prompt + textTokens + reasoningTokens,
    },
  };
}
