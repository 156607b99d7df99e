/** What can be asked about prompts that begin alike, and how the URL spells it. */
import { z } from 'zod';
import type { Filter } from '../dimensions.ts';
import { rangeShape, readParameters, readRange, wholeNumberSchema } from '../parameters.ts';
import type { InstantNs, Range } from '../range.ts';

export interface CacheableInput {
  readonly range: Range;
  readonly filters: readonly Filter[];
  readonly ttlSeconds: number;
  readonly minTokens: number;
  readonly nowNs: InstantNs;
}

/** What most providers keep a prefix for at least, and from how many tokens on. */
const TTL_PRESET_S = 300;
const MIN_TOKENS_PRESET = 1024;

/** The parameters of `GET /api/v1/prompts/cacheable`, without the filters by dimension. */
export function cacheableParameters(nowNs: InstantNs) {
  return z.object({
    ...rangeShape(nowNs),
    ttl_seconds: wholeNumberSchema(TTL_PRESET_S, 1, 86_400).describe(
      `How long a provider keeps a prefix after it was last used: whole seconds from 1 to 86400. The default of ${TTL_PRESET_S} is what Anthropic and OpenAI promise at the least; above it, writes are priced as those of one hour.`,
    ),
    min_tokens: wholeNumberSchema(MIN_TOKENS_PRESET, 0, 1_000_000).describe(
      `Shorter prefixes are not kept: whole tokens. The default is ${MIN_TOKENS_PRESET}; some models need more.`,
    ),
  });
}

/** Reads a query string. Throws InputProblem. */
export function readCacheableInput(parameters: URLSearchParams, nowNs: InstantNs): CacheableInput {
  const { values, filters } = readParameters(cacheableParameters(nowNs), parameters);
  const { ttl_seconds: ttlSeconds, min_tokens: minTokens } = values;
  return { range: readRange(values, parameters), filters, ttlSeconds, minTokens, nowNs };
}
