/**
 * The usage of a message as Anthropic reports it, in the shape of all providers. Anthropic's input holds neither what
 * was read from nor what was written to a cache; ours holds both.
 * Source: npm @anthropic-ai/sdk 1.14.0, resources/messages/messages.d.ts and resources/beta/messages/messages.d.ts.
 */
import type { CallConditions } from '@ai-cost-profiler/core/call-conditions.ts';
import type { InnerCall } from '@ai-cost-profiler/core/call-span.ts';
import type { CallUsage } from '@ai-cost-profiler/core/usage.ts';

type Told<Value> = Value | null | undefined;

/** What of a usage object is read. Older versions, other platforms and events of a stream leave members out. */
export interface AnthropicUsage {
  readonly input_tokens?: Told<number>;
  readonly cache_read_input_tokens?: Told<number>;
  readonly cache_creation_input_tokens?: Told<number>;
  /** Parts of the cache writes by the time that they are kept. */
  readonly cache_creation?: Told<{
    readonly ephemeral_5m_input_tokens?: Told<number>;
    readonly ephemeral_1h_input_tokens?: Told<number>;
  }>;
  readonly output_tokens?: Told<number>;
  readonly output_tokens_details?: Told<{ readonly thinking_tokens?: Told<number> }>;
  readonly server_tool_use?: Told<{
    readonly web_search_requests?: Told<number>;
    readonly web_fetch_requests?: Told<number>;
    readonly code_execution_requests?: Told<number>;
  }>;
  readonly service_tier?: Told<string>;
  readonly speed?: Told<string>;
  readonly inference_geo?: Told<string>;
  readonly iterations?: Told<readonly AnthropicIteration[]>;
}

/** One run of a model within a message. */
export interface AnthropicIteration extends AnthropicUsage {
  readonly type: string;
  readonly model?: Told<string>;
}

/** Of the iterations, those that the usage of the message leaves out, and that are charged beside it. */
const CHARGED_APART: readonly string[] = ['compaction', 'advisor_message'];

/** `codeRuns`: those that the message shows, where its usage does not count them. */
export function usageOf(told: AnthropicUsage, codeRuns = 0): CallUsage {
  const { cache_creation: writes, server_tool_use: tools } = told;
  return {
    inputTokens: wholeInput(told),
    cacheReadTokens: told.cache_read_input_tokens ?? undefined,
    cacheWriteTokens: told.cache_creation_input_tokens ?? undefined,
    cacheWrite5mTokens: writes?.ephemeral_5m_input_tokens ?? undefined,
    cacheWrite1hTokens: writes?.ephemeral_1h_input_tokens ?? undefined,
    outputTokens: told.output_tokens ?? undefined,
    reasoningTokens: told.output_tokens_details?.thinking_tokens ?? undefined,
    webSearches: tools?.web_search_requests ?? undefined,
    webFetches: tools?.web_fetch_requests ?? undefined,
    codeExecutions: tools?.code_execution_requests ?? (codeRuns > 0 ? codeRuns : undefined),
  };
}

function wholeInput(told: AnthropicUsage): number | undefined {
  const { input_tokens: uncached } = told;
  if (typeof uncached !== 'number') return undefined;
  return uncached + (told.cache_read_input_tokens ?? 0) + (told.cache_creation_input_tokens ?? 0);
}

export function conditionsOf(told: AnthropicUsage, served: CallConditions): CallConditions {
  return {
    ...served,
    serviceTier: told.service_tier ?? undefined,
    speed: told.speed ?? undefined,
    inferenceGeo: told.inference_geo ?? undefined,
  };
}

/** The model and the id of a message, and how it was served. */
export interface ServedMessage {
  readonly id: string | undefined;
  readonly model: string | undefined;
  readonly conditions: CallConditions;
}

/** Summaries of what no longer fits, and advice of another model: runs that are charged beside the message. */
export function innerCallsOf(told: AnthropicUsage, served: ServedMessage): InnerCall[] {
  const apart = told.iterations?.filter(({ type }) => CHARGED_APART.includes(type)) ?? [];
  return apart.map((iteration, n) => ({
    id: `${served.id ?? ''}/${iteration.type}-${n + 1}`,
    model: iteration.model ?? served.model,
    usage: usageOf(iteration),
    conditions: served.conditions,
  }));
}

/** What an event of a stream tells in place of what was told before: totals of the whole message so far. */
export function replaceUsage(before: AnthropicUsage, now: AnthropicUsage): AnthropicUsage {
  const told = Object.entries(now).filter(([, value]) => value !== null && value !== undefined);
  const usage: AnthropicUsage = { ...before, ...Object.fromEntries(told) };
  return isSplitStale(usage, before, now) ? { ...usage, cache_creation: undefined } : usage;
}

/** Whether the cache writes grew, and nobody said how long the new ones are kept. */
function isSplitStale(
  { cache_creation_input_tokens: writes }: AnthropicUsage,
  before: AnthropicUsage,
  now: AnthropicUsage,
): boolean {
  const hasNewSplit = now.cache_creation !== null && now.cache_creation !== undefined;
  return !hasNewSplit && writes !== before.cache_creation_input_tokens;
}
