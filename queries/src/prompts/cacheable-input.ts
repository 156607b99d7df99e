/** What can be asked about prompts that begin alike, and how the URL spells it. */
import { z } from 'zod';
import type { Filter } from '../dimensions.ts';
import { refuseSeveralTenants } from '../one-tenant.ts';
import { rangeShape, readParameters, readRange, wholeNumberSchema } from '../parameters.ts';
import type { InstantNs, Range } from '../range.ts';

export interface CacheableInput {
  readonly range: Range;
  readonly filters: readonly Filter[];
  readonly ttlSeconds: number;
  readonly minTokens: number;
  readonly nowNs: InstantNs;
}

/**
 * The presets are what Anthropic and OpenAI document, which neither promises for a single request:
 * - Anthropic keeps a prefix for 5 minutes after it was last used unless an hour is asked for, which costs more to
 *   write; from 1024 tokens on, of some models more
 *   (https://platform.claude.com/docs/en/build-with-claude/prompt-caching).
 * - OpenAI keeps it for 5 to 10 minutes without use as a rule and an hour at most, or 24 hours where that is asked for;
 *   from 1024 tokens on (https://developers.openai.com/api/docs/guides/prompt-caching).
 * Other providers have times of their own, or none.
 */
const TTL_PRESET_S = 300;
const MIN_TOKENS_PRESET = 1024;

/** The parameters of `GET /api/v1/prompts/cacheable`, without the filters by dimension. */
export function cacheableParameters(nowNs: InstantNs) {
  return z.object({
    ...rangeShape(nowNs),
    ttl_seconds: wholeNumberSchema(TTL_PRESET_S, 1, 86_400).describe(
      `How long a provider keeps a prefix after it was last used: whole seconds from 1 to 86400. The default of ${TTL_PRESET_S} is what Anthropic documents unless an hour is asked for, and the least of what OpenAI documents as usual (5 to 10 minutes); neither promises it for a single request, and other providers have other times. Above it, writes are priced as those of one hour.`,
    ),
    min_tokens: wholeNumberSchema(MIN_TOKENS_PRESET, 0, 1_000_000).describe(
      `Shorter prefixes are not kept: whole tokens. The default is ${MIN_TOKENS_PRESET}, as OpenAI and Anthropic document for most models; some need more.`,
    ),
  });
}

/** Reads a query string. Throws InputProblem. */
export function readCacheableInput(parameters: URLSearchParams, nowNs: InstantNs): CacheableInput {
  const { values, filters } = readParameters(cacheableParameters(nowNs), parameters);
  // Prices are those of one tenant, and no prompt of one is a prompt of another.
  refuseSeveralTenants(filters);
  const { ttl_seconds: ttlSeconds, min_tokens: minTokens } = values;
  return { range: readRange(values, parameters), filters, ttlSeconds, minTokens, nowNs };
}
