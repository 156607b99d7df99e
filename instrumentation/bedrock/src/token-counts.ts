/**
 * Token counts as Bedrock and its models tell them, in the shape of all providers. What was read from and written to a
 * cache stands beside the input, unless the total says that it is within (AWS, "Prompt caching": all that went in is
 * the sum of the three).
 */
import type { CallUsage } from '@ai-cost-profiler/core/usage.ts';

export interface TokenCounts {
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  readonly total?: number | undefined;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
  readonly cacheWrite5m?: number | undefined;
  readonly cacheWrite1h?: number | undefined;
  /** Whether the input holds what was read from a cache, whatever the total: OpenAI's way. */
  readonly isInclusive?: boolean | undefined;
}

export function usageOfCounts(counts: TokenCounts): CallUsage {
  const { input, output, cacheRead, cacheWrite, cacheWrite5m, cacheWrite1h } = counts;
  const cached = (cacheRead ?? 0) + (cacheWrite ?? 0);
  return {
    inputTokens: input === undefined || holdsCached(counts, cached) ? input : input + cached,
    cacheReadTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
    cacheWrite5mTokens: cacheWrite5m,
    cacheWrite1hTokens: cacheWrite1h,
    outputTokens: output,
  };
}

function holdsCached({ input, output, total, isInclusive }: TokenCounts, cached: number): boolean {
  if (isInclusive === true) return true;
  if (input === undefined || output === undefined) return false;
  return total === input + output && cached <= input;
}

/** What is told later wins, count by count. Only numbers are told: models send null for what they do not count. */
export function laterWins(before: TokenCounts, now: TokenCounts): TokenCounts {
  const merged: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(now)) {
    if (typeof value === 'number' || typeof value === 'boolean') merged[name] = value;
  }
  return merged;
}
