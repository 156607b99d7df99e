/**
 * Sums over `costRows`. Unknown stays unknown: money of which nothing is known is NULL, and so is a share of nothing.
 */
import { INPUT_BUCKETS, OUTPUT_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';

/** What `SPENT` needs of `costRows`. */
export const MONEY = ['calls', 'unpriced_calls', 'cost_usd'] as const;

/** US dollars; NULL where there is nothing, or where no call has a price. */
export const SPENT = spentOf('true');

/** As `SPENT`, of some rows. */
export function spentOf(condition: string): string {
  const sum = (column: string) => `sumIf(${column}, ${condition})`;
  const [calls, unpriced, cost] = [sum('calls'), sum('unpriced_calls'), sum('cost_usd')];
  return `if(${cost} = 0 AND ${calls} = ${unpriced}, NULL, toFloat64(${cost}))`;
}

/** A quotient, NULL for one by nothing. */
export function quotient(above: string, below: string): string {
  return `toFloat64(${above}) / nullIf(toFloat64(${below}), 0)`;
}

/** Tokens in and out, of rows that have every bucket. */
export const TOKENS = [...INPUT_BUCKETS, ...OUTPUT_BUCKETS].join(' + ');
export const TOKEN_COLUMNS: readonly string[] = [...INPUT_BUCKETS, ...OUTPUT_BUCKETS];
export const INPUT_COLUMNS: readonly string[] = INPUT_BUCKETS;

/** Input tokens that a cache gave. */
export const CACHE_READ = 'in_cache_read + in_cache_read_audio + in_cache_read_video';
