/**
 * Google's account of what a call used, in the shape of all providers. Source: `UsageMetadata` of the Gemini API
 * (ai.google.dev/api/generate-content) and of Vertex AI; both leave out what is 0.
 */
import type { CallUsage } from '@ai-cost-profiler/core/usage.ts';

interface ModalityTokens {
  readonly modality?: string | undefined;
  readonly tokenCount?: number | undefined;
}

export interface GoogleUsage {
  /** With what came from a cache. */
  readonly promptTokenCount?: number | undefined;
  readonly promptTokensDetails?: readonly ModalityTokens[] | undefined;
  readonly cachedContentTokenCount?: number | undefined;
  readonly cacheTokensDetails?: readonly ModalityTokens[] | undefined;
  /** Results of built-in tools that were given back to the model, beside the prompt. */
  readonly toolUsePromptTokenCount?: number | undefined;
  readonly candidatesTokenCount?: number | undefined;
  readonly candidatesTokensDetails?: readonly ModalityTokens[] | undefined;
  readonly thoughtsTokenCount?: number | undefined;
  readonly totalTokenCount?: number | undefined;
  /** Gemini API. */
  readonly serviceTier?: string | undefined;
  /** Vertex AI. */
  readonly trafficType?: string | undefined;
}

/** `isFinal`: the answer is finished, so that its total holds everything that came out. */
export function usageOf(told: GoogleUsage, isFinal: boolean): CallUsage {
  const input = told.promptTokensDetails;
  const cached = told.cacheTokensDetails;
  const output = told.candidatesTokensDetails;
  return {
    inputTokens: told.promptTokenCount,
    inputAudioTokens: tokensOf(input, 'AUDIO'),
    inputImageTokens: tokensOf(input, 'IMAGE'),
    inputVideoTokens: tokensOf(input, 'VIDEO'),
    cacheReadTokens: told.cachedContentTokenCount,
    cacheReadAudioTokens: tokensOf(cached, 'AUDIO'),
    cacheReadVideoTokens: tokensOf(cached, 'VIDEO'),
    toolUseTokens: told.toolUsePromptTokenCount,
    outputTokens: outputOf(told, isFinal),
    reasoningTokens: told.thoughtsTokenCount,
    outputAudioTokens: tokensOf(output, 'AUDIO'),
    outputImageTokens: tokensOf(output, 'IMAGE'),
  };
}

/** Undefined where the modality is not named: it may be among what is not told apart. */
function tokensOf(
  details: readonly ModalityTokens[] | undefined,
  modality: string,
): number | undefined {
  let sum: number | undefined;
  for (const detail of details ?? []) {
    if (detail.modality === modality && detail.tokenCount !== undefined) {
      sum = (sum ?? 0) + detail.tokenCount;
    }
  }
  return sum;
}

/** Everything that came out: the candidates and the thoughts, which are apart unless the total says otherwise. */
function outputOf(told: GoogleUsage, isFinal: boolean): number | undefined {
  const { candidatesTokenCount, thoughtsTokenCount, totalTokenCount, promptTokenCount } = told;
  const tools = told.toolUsePromptTokenCount ?? 0;
  const isSumTold = totalTokenCount !== undefined && promptTokenCount !== undefined;
  if (candidatesTokenCount === undefined) {
    if (!isFinal || !isSumTold) return thoughtsTokenCount;
    const rest = totalTokenCount - promptTokenCount - tools;
    return rest >= 0 ? rest : thoughtsTokenCount;
  }
  if (thoughtsTokenCount === undefined) return candidatesTokenCount;
  const visible = isSumTold ? totalTokenCount - promptTokenCount : undefined;
  const holdsThoughts =
    visible === candidatesTokenCount || visible === candidatesTokenCount + tools;
  return holdsThoughts ? candidatesTokenCount : candidatesTokenCount + thoughtsTokenCount;
}
