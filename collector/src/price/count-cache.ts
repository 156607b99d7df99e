/**
 * What caches did to the cost of a call, as cache-effect.ts says, by numbers: the same to the last digit, or none is
 * given.
 */
import { TOKEN_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';
import { CACHED_FROM } from './cache-effect.ts';
import { type CountRate, type CountRates, type CountTier, stepOf } from './count-rates.ts';

/** In units of the rates; NaN: a price that it needs is not known. */
export interface CacheCounts {
  saved: number;
  missed: number;
}

/** In the order of TOKEN_BUCKETS; a count is absent below 0. */
interface Counted {
  readonly buckets: Float64Array;
  /** What each bucket costs, in units. */
  readonly lines: Float64Array;
}

const PLACES = CACHED_FROM.map(([plain, cached]) => ({
  plain: TOKEN_BUCKETS.indexOf(plain),
  cached: cached.map((key) => TOKEN_BUCKETS.indexOf(key)),
}));
const UNCACHED = TOKEN_BUCKETS.indexOf('in_uncached');
const CACHE_READ = TOKEN_BUCKETS.indexOf('in_cache_read');

/** False when it does not fit into numbers. */
export function countCache(rates: CountRates, counted: Counted, into: CacheCounts): boolean {
  return countSaved(rates, counted, into) && countMissed(rates, counted, into);
}

function countSaved(rates: CountRates, { buckets, lines }: Counted, into: CacheCounts): boolean {
  into.saved = 0;
  for (const { plain, cached } of PLACES) {
    let tokens = 0;
    let paid = 0;
    for (const at of cached) {
      tokens += Math.max(buckets[at]!, 0);
      paid += lines[at]!;
    }
    if (tokens === 0) continue;
    const rate = rates.keys[plain];
    const step = rate === undefined ? undefined : stepOf(rate, buckets);
    if (step !== undefined && !fits(rates, step, Math.max(buckets[plain]!, 0) + tokens)) {
      return false;
    }
    into.saved += step === undefined ? Number.NaN : tokens * step.cost - paid;
  }
  return true;
}

function countMissed(rates: CountRates, { buckets, lines }: Counted, into: CacheCounts): boolean {
  into.missed = Number.NaN;
  const read = rates.keys[CACHE_READ];
  if (rates.keys[UNCACHED] === undefined || read === undefined) return true;
  const tokens = Math.max(buckets[UNCACHED]!, 0);
  const step = stepOf(read, buckets);
  if (!fits(rates, step, Math.max(buckets[CACHE_READ]!, 0) + tokens)) return false;
  into.missed = lines[UNCACHED]! - tokens * step.cost;
  return true;
}

function fits({ lineUnitsMax }: CountRates, step: CountRate | CountTier, tokens: number): boolean {
  return tokens * step.list <= lineUnitsMax && tokens * step.cost <= lineUnitsMax;
}
