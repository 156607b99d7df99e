/** What input costs plain, read from a cache and written to one: rates of a model at an instant, by a price book. */
import type { CallContext } from './call-context.ts';
import type { PriceBook } from './price-book.ts';
import type { KeyPlan } from './rate-plan.ts';
import type { Ratio } from './ratio.ts';

/** As the questions about prompts ask; all names as spans tell them. */
export interface CacheRatesQuestion {
  readonly provider: string;
  readonly model: string;
  readonly serviceTier: string;
  readonly batch: boolean;
  readonly speed: string;
  readonly region: string;
  readonly inputTokens: number;
  readonly atNs: bigint;
}

/** Atto-dollars per token, after the tenant's discount. */
export interface CacheRates {
  readonly input: Ratio;
  readonly read: Ratio;
  readonly write: Ratio | undefined;
  readonly write1h: Ratio | undefined;
}

/** Undefined where the book does not know both the price of input and that of reading a cache. */
export function cacheRates(book: PriceBook, question: CacheRatesQuestion): CacheRates | undefined {
  const { provider, model, serviceTier, batch, speed, region, inputTokens, atNs } = question;
  const context: CallContext = { serviceTier, batch, speed, region };
  const resolution = book.resolve(provider, model, atNs, context);
  if ('unpriced' in resolution) return undefined;
  const { in_uncached, in_cache_read, in_cache_write_5m, in_cache_write_1h } =
    resolution.plan.rates;
  if (in_uncached === undefined || in_cache_read === undefined) return undefined;
  const rateOf = (plan: KeyPlan | undefined) =>
    plan === undefined ? undefined : rateAt(plan, BigInt(inputTokens));
  return {
    input: rateAt(in_uncached, BigInt(inputTokens)),
    read: rateAt(in_cache_read, BigInt(inputTokens)),
    write: rateOf(in_cache_write_5m),
    write1h: rateOf(in_cache_write_1h),
  };
}

/** Of a prompt of so many tokens: a tier that raises the price of all of it counts. */
function rateAt({ base, tiers }: KeyPlan, inputTokens: bigint): Ratio {
  const reached = tiers.filter(({ tier }) => {
    if (tier.graduated || tier.metric !== 'prompt_tokens') return false;
    return tier.gte ? inputTokens >= tier.threshold : inputTokens > tier.threshold;
  });
  const highest = reached.reduce<(typeof tiers)[number] | undefined>(
    (a, b) => (a === undefined || b.tier.threshold > a.tier.threshold ? b : a),
    undefined,
  );
  return highest?.rate.cost ?? base.cost;
}
