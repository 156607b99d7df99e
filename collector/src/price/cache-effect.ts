/**
 * What caches did to the cost of a call: what it would have cost had it read and written none, and had it read all of
 * its input from one. In atto-dollars after the tenant's discount, as the cost itself, at the rates and tiers of the
 * same call.
 * Invariant: an amount that needs a price nobody knows is undefined, never 0. A call without cache tokens saved 0.
 */
import { type AttoUsd, LINE_ATTO_USD_MAX } from '@ai-cost-profiler/clickhouse/money.ts';
import type { InputBucket, Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { KeyPlan, RatePlan } from './rate-plan.ts';

export interface CacheEffect {
  /**
   * What the tokens read from caches would have cost as plain input, less what they cost, less what tokens written to
   * caches cost more than plain input: negative where writing cost more than reading saved.
   */
  readonly savedAtto: AttoUsd | undefined;
  /** What `in_uncached` cost more than read from a cache; undefined where the model has no price for that. */
  readonly missedAtto: AttoUsd | undefined;
}

export const UNKNOWN_EFFECT: CacheEffect = { savedAtto: undefined, missedAtto: undefined };

/** Where tokens would have been without a cache, and the buckets in which they are with one. */
export const CACHED_FROM: readonly (readonly [InputBucket, readonly InputBucket[]])[] = [
  ['in_uncached', ['in_cache_read', 'in_cache_write', 'in_cache_write_5m', 'in_cache_write_1h']],
  ['in_audio', ['in_cache_read_audio']],
  ['in_video', ['in_cache_read_video']],
];

/** The lines that a quantity of a bucket makes: what it costs, and what it would at list price. */
type LinesOf = (
  key: InputBucket,
  quantity: bigint,
  plan: KeyPlan,
) => readonly { readonly listAtto: AttoUsd; readonly costAtto: AttoUsd }[];

export function cacheEffect(usage: Usage, plan: RatePlan, linesOf: LinesOf): CacheEffect {
  const costOf = (key: InputBucket, quantity: bigint): AttoUsd | undefined => {
    const rate = plan.rates[key];
    if (rate === undefined) return undefined;
    let cost = 0n;
    for (const line of linesOf(key, quantity, rate)) {
      // As of a line that was charged: it is not believed.
      if (line.listAtto > LINE_ATTO_USD_MAX || line.costAtto > LINE_ATTO_USD_MAX) return undefined;
      cost += line.costAtto;
    }
    return cost;
  };
  return { savedAtto: savedBy(usage, costOf), missedAtto: missedBy(usage, costOf) };
}

type CostOf = (key: InputBucket, quantity: bigint) => AttoUsd | undefined;

function savedBy(usage: Usage, costOf: CostOf): AttoUsd | undefined {
  let saved = 0n;
  for (const [plain, buckets] of CACHED_FROM) {
    let tokens = 0n;
    for (const key of buckets) {
      const cached = usage[key] ?? 0n;
      if (cached === 0n) continue;
      const paid = costOf(key, cached);
      if (paid === undefined) return undefined;
      tokens += cached;
      saved -= paid;
    }
    if (tokens === 0n) continue;
    const more = costOfMore(plain, { tokens, to: usage[plain] ?? 0n }, costOf);
    if (more === undefined) return undefined;
    saved += more;
  }
  return saved;
}

function missedBy(usage: Usage, costOf: CostOf): AttoUsd | undefined {
  const tokens = usage.in_uncached ?? 0n;
  const plain = costOf('in_uncached', tokens);
  const read = costOfMore('in_cache_read', { tokens, to: usage.in_cache_read ?? 0n }, costOf);
  return plain === undefined || read === undefined ? undefined : plain - read;
}

/** What so many tokens cost beside those that are in the bucket: a graduated price depends on those. */
function costOfMore(
  key: InputBucket,
  { tokens, to }: { tokens: bigint; to: bigint },
  costOf: CostOf,
): AttoUsd | undefined {
  const all = costOf(key, to + tokens);
  const own = costOf(key, to);
  return all === undefined || own === undefined ? undefined : all - own;
}
