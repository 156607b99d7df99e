/**
 * Sums over `costRows`. Unknown stays unknown: money of which nothing is known is NULL, and so is a share of nothing.
 */
import { INPUT_BUCKETS, OUTPUT_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';

/** What `SPENT` needs of `costRows`. */
export const MONEY = ['calls', 'unpriced_calls', 'cost_usd'] as const;

/** US dollars of `costRows` or of entries; NULL where there is nothing, or where no call has a price. */
export const SPENT = spentOf('true');

/** As `SPENT`, not yet a double: to be summed once more. */
export const KNOWN_COST = knownCost('true');

/** As `SPENT`, of some rows. */
export function spentOf(condition: string): string {
  return `toFloat64(${knownCost(condition)})`;
}

function knownCost(condition: string): string {
  const sum = (column: string) => `sumIf(${column}, ${condition})`;
  const [calls, unpriced, cost] = [sum('calls'), sum('unpriced_calls'), sum('cost_usd')];
  return `if(${cost} = 0 AND ${calls} = ${unpriced}, NULL, ${cost})`;
}

/** A quotient, NULL for one by nothing. */
export function quotient(above: string, below: string): string {
  return `toFloat64(${above}) / nullIf(toFloat64(${below}), 0)`;
}

/** Tokens in and out, of rows that have every bucket. */
export const TOKENS = [...INPUT_BUCKETS, ...OUTPUT_BUCKETS].join(' + ');
export const TOKEN_COLUMNS: readonly string[] = [...INPUT_BUCKETS, ...OUTPUT_BUCKETS];
export const INPUT_COLUMNS: readonly string[] = INPUT_BUCKETS;
export const OUTPUT_COLUMNS: readonly string[] = OUTPUT_BUCKETS;

/** Input tokens that a cache gave. */
export const CACHE_READ_COLUMNS = INPUT_COLUMNS.filter((one) => one.startsWith('in_cache_read'));

/** These columns of one entry `t` of the ledger together; what it does not tell adds nothing. */
export function ofEntry(columns: readonly string[]): string {
  return columns.map((column) => `coalesce(t.${column}, 0)`).join(' + ');
}

/** As `ofEntry`, of all entries. */
export function sumOfEntries(columns: readonly string[]): string {
  return `sum(${ofEntry(columns)})`;
}

/** The share of input that a cache gave; `sumOf` sums columns of the rows at hand. */
export function cachedShare(sumOf: (columns: readonly string[]) => string): string {
  return quotient(sumOf(CACHE_READ_COLUMNS), sumOf(INPUT_COLUMNS));
}
