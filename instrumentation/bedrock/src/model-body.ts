/**
 * The bodies that models answer InvokeModel with, whole or as the pieces of a stream, told apart by their fields: an
 * inference profile does not tell whose model answers. Sources: Amazon Bedrock user guide, "Inference request
 * parameters and response fields" (Anthropic, Nova, Titan, Llama, Mistral, Cohere, AI21, OpenAI).
 */
import type { TokenCounts } from './token-counts.ts';

/** Anything that a body may hold, as far as it is read. */
export interface ModelBody {
  readonly id?: unknown;
  readonly response_id?: unknown;
  readonly generation_id?: unknown;
  readonly usage?: ModelUsage;
  /** Anthropic: the beginning and the end of a stream. */
  readonly message?: ModelBody;
  readonly delta?: ModelBody;
  /** Nova: the events of Converse. */
  readonly metadata?: ModelBody;
  readonly messageStop?: ModelBody;
  /** Titan. */
  readonly inputTextTokenCount?: number;
  readonly totalOutputTextTokenCount?: number;
  readonly results?: readonly (ModelBody & { readonly tokenCount?: number })[];
  /** Llama. */
  readonly prompt_token_count?: number;
  readonly generation_token_count?: number;
  /** Mistral, OpenAI and those that answer as they do; Cohere. */
  readonly choices?: readonly ModelBody[];
  readonly outputs?: readonly ModelBody[];
  readonly generations?: readonly ModelBody[];
  readonly images?: readonly unknown[];
  readonly stop_reason?: unknown;
  readonly stopReason?: unknown;
  readonly finish_reason?: unknown;
  readonly completionReason?: unknown;
  /** Bedrock's own, in the last piece of any stream. */
  readonly 'amazon-bedrock-invocationMetrics'?: InvocationMetrics;
}

interface ModelUsage {
  /** Anthropic. */
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly cache_read_input_tokens?: number;
  readonly cache_creation_input_tokens?: number;
  readonly cache_creation?: {
    readonly ephemeral_5m_input_tokens?: number;
    readonly ephemeral_1h_input_tokens?: number;
  };
  /** Nova. */
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly totalTokens?: number;
  readonly cacheReadInputTokenCount?: number;
  readonly cacheWriteInputTokenCount?: number;
  /** OpenAI, Mistral, AI21 and others: the prompt holds what was read from a cache. */
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number } | null;
}

interface InvocationMetrics {
  readonly inputTokenCount?: number;
  readonly outputTokenCount?: number;
  readonly cacheReadInputTokenCount?: number;
  readonly cacheWriteInputTokenCount?: number;
}

export function countsOf(body: ModelBody): TokenCounts {
  const usage = body.usage ?? body.metadata?.usage;
  if (usage !== undefined && usage !== null) return countsOfUsage(usage);
  const begun = body.message?.usage;
  // What Anthropic says of the output when it begins is a placeholder: of a stream that is cut it stays unknown.
  if (begun !== undefined) return { ...countsOfUsage(begun), output: undefined };
  if (body.inputTextTokenCount !== undefined) {
    return { input: body.inputTextTokenCount, output: titanOutput(body) };
  }
  return { input: body.prompt_token_count, output: body.generation_token_count };
}

function countsOfUsage(usage: ModelUsage): TokenCounts {
  if (usage.prompt_tokens !== undefined) {
    return {
      input: usage.prompt_tokens,
      output: usage.completion_tokens,
      cacheRead: usage.prompt_tokens_details?.cached_tokens,
      isInclusive: true,
    };
  }
  return {
    input: usage.input_tokens ?? usage.inputTokens,
    output: usage.output_tokens ?? usage.outputTokens,
    total: usage.totalTokens,
    cacheRead: usage.cache_read_input_tokens ?? usage.cacheReadInputTokenCount,
    cacheWrite: usage.cache_creation_input_tokens ?? usage.cacheWriteInputTokenCount,
    cacheWrite5m: usage.cache_creation?.ephemeral_5m_input_tokens,
    cacheWrite1h: usage.cache_creation?.ephemeral_1h_input_tokens,
  };
}

function titanOutput({ results, totalOutputTextTokenCount }: ModelBody): number | undefined {
  if (results === undefined) return totalOutputTextTokenCount ?? undefined;
  const counts = results.map(({ tokenCount }) => tokenCount);
  const isEachTold = counts.every((count) => typeof count === 'number');
  return isEachTold ? counts.reduce((sum: number, count) => sum + count!, 0) : undefined;
}

/** What Bedrock measured itself. */
export function metricsOf(body: ModelBody): TokenCounts {
  const metrics = body['amazon-bedrock-invocationMetrics'];
  return {
    input: metrics?.inputTokenCount,
    output: metrics?.outputTokenCount,
    cacheRead: metrics?.cacheReadInputTokenCount,
    cacheWrite: metrics?.cacheWriteInputTokenCount,
  };
}

export function idOf(body: ModelBody): string | undefined {
  const ids = [body.id, body.message?.id, body.response_id, body.generation_id];
  return ids.find((id): id is string => typeof id === 'string');
}

/** Why it ended, in the model's word. */
export function finishReasonOf(body: ModelBody): string | undefined {
  const places = [
    body,
    body.delta,
    body.messageStop,
    ...[body.results, body.choices, body.outputs, body.generations].map((list) => list?.[0]),
  ];
  for (const place of places) {
    const { stop_reason, stopReason, finish_reason, completionReason } = place ?? {};
    const reason = [stop_reason, stopReason, finish_reason, completionReason].find(
      (word): word is string => typeof word === 'string',
    );
    if (reason !== undefined) return reason;
  }
  return undefined;
}
