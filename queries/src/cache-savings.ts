/**
 * What caches saved, beside every cost: one signed figure, and of how many calls it is known.
 * Invariant: where there are calls, and it is known of none, it is null, never "0".
 */
import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { z } from 'zod';

export interface CacheSavings {
  readonly calls: bigint;
  /** Calls of which it is known. */
  readonly cache_priced_calls: bigint;
  /** 1e-18 USD. */
  readonly cache_saved_usd: bigint;
}

export const CACHE_SAVED_SCHEMA = z
  .string()
  .nullable()
  .describe(
    'US dollars, plain decimal, exact: what the calls would have cost without caches, less what they cost. Tokens read from caches save, tokens written to them cost more: negative where writing cost more than reading saved. Of the cache_priced_calls; null when no call is one.',
  );

export const CACHE_PRICED_CALLS = 'Calls of which cache_saved_usd is known.';

export function showCacheSaved(sums: CacheSavings): string | null {
  const { calls, cache_priced_calls: known, cache_saved_usd: saved } = sums;
  return calls > 0n && known === 0n && saved === 0n ? null : formatUsd(saved);
}
