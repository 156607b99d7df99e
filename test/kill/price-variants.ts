/**
 * Price terms that are put in force and taken back while the test runs, so that repricing changes something: what is
 * asked of the collector, and beside it, by hand, what a charge comes to under it.
 */
import type { Usage, UsageKey } from '@ai-cost-profiler/clickhouse/usage.ts';

/** `none`: the list price. `rates`: two models at rates of the tenant's own. `discount`: a tenth off one model. */
export const PRICE_VARIANTS = ['none', 'rates', 'discount'] as const;
export type PriceVariant = (typeof PRICE_VARIANTS)[number];

const ATTO_PER_USD_A_MILLION = 1_000_000_000_000n;

/** USD a million tokens; `acme-finetune-7` has no price in the list. */
const OWN_RATES: Readonly<Record<string, Partial<Record<UsageKey, bigint>>>> = {
  'gpt-4o-2024-08-06': { in_uncached: 3n, in_cache_read: 2n, out_text: 12n },
  'acme-finetune-7': { in_uncached: 5n, out_text: 20n },
};
/** Where the price book has another name for the model of the spans. */
const BOOK_NAMES: Readonly<Record<string, string>> = { 'gpt-4o-2024-08-06': 'gpt-4o' };
const DISCOUNTED = 'claude-sonnet-4-5';

/** Bodies of `POST /api/v1/admin/prices/overrides` for a tenant. */
export function termsOf(variant: PriceVariant, tenant: string): object[] {
  switch (variant) {
    case 'none':
      return [];
    case 'rates':
      return Object.entries(OWN_RATES).map(([model, rates]) => ({
        tenant,
        terms: {
          type: 'rates',
          provider: 'openai',
          model: BOOK_NAMES[model] ?? model,
          rates: Object.fromEntries(Object.entries(rates).map(([key, usd]) => [key, `${usd}/M`])),
        },
      }));
    case 'discount':
      return [
        {
          tenant,
          terms: { type: 'discount', discount: '0.1', provider: 'anthropic', model: DISCOUNTED },
        },
      ];
  }
}

/** What usage costs at the tenant's own rates, in atto-dollars; undefined where the list's hold. */
export function ownRateAtto(
  variant: PriceVariant,
  model: string,
  usage: Usage,
): bigint | undefined {
  const rates = variant === 'rates' ? OWN_RATES[model] : undefined;
  if (rates === undefined) {
    return undefined;
  }
  let sum = 0n;
  for (const key of Object.keys(usage) as UsageKey[]) {
    const rate = rates[key];
    if (rate === undefined) {
      throw new Error(`the test has no rate of its own for ${key} of ${model}`);
    }
    sum += usage[key]! * rate * ATTO_PER_USD_A_MILLION;
  }
  return sum;
}

/** What cache reads saved at the tenant's own rates: plain input of as many tokens, less what they cost. */
export function ownSavedAtto(
  variant: PriceVariant,
  model: string,
  { in_cache_read: read = 0n }: Usage,
): bigint | undefined {
  if (read === 0n) return 0n;
  const plain = ownRateAtto(variant, model, { in_uncached: read });
  const cached = ownRateAtto(variant, model, { in_cache_read: read });
  return plain === undefined || cached === undefined ? undefined : plain - cached;
}

/** What is left of a list amount under the variant. */
export function discounted(variant: PriceVariant, model: string, listAtto: bigint): bigint {
  if (variant !== 'discount' || model !== DISCOUNTED) {
    return listAtto;
  }
  if (listAtto % 10n !== 0n) {
    throw new Error(`a tenth of ${listAtto} atto-dollars is not whole; the test rounds nothing`);
  }
  return (listAtto / 10n) * 9n;
}
