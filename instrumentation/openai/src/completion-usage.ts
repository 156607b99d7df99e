/**
 * Usage as chat completions tell it, OpenAI's and those of the providers that speak its API. Where they differ:
 * OpenAI, DeepSeek, Groq, Mistral and most put reasoning into the output; xAI counts it beside, which the total shows;
 * Gemini's compatible API leaves thoughts out of the output but not out of the total; Perplexity counts reasoning and
 * citations beside the total.
 */
import type { CallUsage } from '@ai-cost-profiler/core/usage.ts';
import { countOf } from './openai-call.ts';

/** What is read of it. */
export interface CompletionUsage {
  readonly prompt_tokens?: unknown;
  readonly completion_tokens?: unknown;
  readonly total_tokens?: unknown;
  readonly prompt_tokens_details?: PromptDetails | null;
  readonly completion_tokens_details?: CompletionDetails | null;
  /** DeepSeek. */
  readonly prompt_cache_hit_tokens?: unknown;
  /** Moonshot. */
  readonly cached_tokens?: unknown;
  /** Perplexity. */
  readonly citation_tokens?: unknown;
  readonly reasoning_tokens?: unknown;
  readonly num_search_queries?: unknown;
  readonly search_context_size?: unknown;
  readonly cost?: unknown;
  /** xAI: 1e-10 USD. */
  readonly cost_in_usd_ticks?: unknown;
}

interface PromptDetails {
  readonly cached_tokens?: unknown;
  readonly cache_write_tokens?: unknown;
  readonly audio_tokens?: unknown;
  readonly image_tokens?: unknown;
}

interface CompletionDetails {
  readonly reasoning_tokens?: unknown;
  readonly audio_tokens?: unknown;
  readonly image_tokens?: unknown;
}

export function completionUsage(usage: CompletionUsage, provider: string): CallUsage {
  const prompt = usage.prompt_tokens_details;
  const completion = usage.completion_tokens_details;
  const reasoning = countOf(completion?.reasoning_tokens) ?? countOf(usage.reasoning_tokens);
  return {
    inputTokens: countOf(usage.prompt_tokens),
    cacheReadTokens:
      countOf(prompt?.cached_tokens) ??
      countOf(usage.prompt_cache_hit_tokens) ??
      countOf(usage.cached_tokens),
    cacheWriteTokens: countOf(prompt?.cache_write_tokens),
    inputAudioTokens: countOf(prompt?.audio_tokens),
    inputImageTokens: countOf(prompt?.image_tokens),
    citationTokens: countOf(usage.citation_tokens),
    outputTokens: wholeOutput(usage, { provider, reasoning }),
    reasoningTokens: reasoning,
    outputAudioTokens: countOf(completion?.audio_tokens),
    outputImageTokens: countOf(completion?.image_tokens),
    webSearches: countOf(usage.num_search_queries),
  };
}

interface Told {
  readonly provider: string;
  readonly reasoning: number | undefined;
}

/** Everything that came out, with reasoning. */
function wholeOutput(usage: CompletionUsage, { provider, reasoning }: Told): number | undefined {
  const input = countOf(usage.prompt_tokens);
  const output = countOf(usage.completion_tokens);
  const total = countOf(usage.total_tokens);
  if (output === undefined) return undefined;
  const beside = reasoning ?? 0;
  if (provider === 'perplexity') return output + beside;
  if (input === undefined || total === undefined || total <= input + output) return output;
  if (total === input + output + beside) return output + beside;
  // Of the others nobody says what the rest of the total is.
  return provider.startsWith('gcp.') ? total - input : output;
}
