/**
 * A tenant's price terms as one more layer of the book, in the book's own schema. Pure.
 * Invariant: the same terms give the same layer and the same version, whoever made them and when.
 */
import { formatDecimal, parseDecimal } from '@ai-cost-profiler/clickhouse/money.ts';
import type { KeptTerms, PriceTerms } from '../price-terms.ts';
import { bookVersion } from './book-digest.ts';
import {
  type OverrideLayer,
  type ProviderBook,
  type ProviderBookInput,
  parseProviderBook,
} from './book-schema.ts';
import { bookProvider } from './provider-names.ts';

/** Stands for every provider. */
const ALL_PROVIDERS = '*';
/** Decimals of a discount: enough for any contract, and its factor stays short. */
export const DISCOUNT_DECIMALS = 12;

/** `openai/gpt-4o` → the provider's name in the book, and the rest; undefined where a part is missing. */
export function splitTarget(target: string): { provider: string; model: string } | undefined {
  const slash = target.indexOf('/');
  if (slash <= 0 || slash === target.length - 1) return undefined;
  return { provider: bookProvider(target.slice(0, slash)), model: target.slice(slash + 1) };
}

type Listed<K extends 'aliases' | 'multipliers'> = NonNullable<ProviderBookInput[K]>;
type Prices = NonNullable<NonNullable<ProviderBookInput['models']>[number]['prices']>;
type Parts = {
  readonly provider: string;
  readonly aliases: Listed<'aliases'>;
  readonly multipliers: Listed<'multipliers'>;
  readonly models: Map<string, Prices>;
};

function partsOf(books: Map<string, Parts>, provider: string | null): Parts {
  const name = provider === null ? ALL_PROVIDERS : bookProvider(provider);
  const parts = books.get(name) ?? {
    provider: name,
    aliases: [],
    multipliers: [],
    models: new Map(),
  };
  books.set(name, parts);
  return parts;
}

function told(kept: KeptTerms) {
  const { valid_from, valid_until, note } = kept.terms;
  return {
    ...(valid_from === null ? {} : { valid_from }),
    ...(valid_until === null ? {} : { valid_until }),
    ...(note === null ? {} : { note }),
    source: `terms ${kept.id}`,
    checked_at: kept.createdAt.slice(0, 10),
  };
}

function takeAlias(books: Map<string, Parts>, kept: KeptTerms, terms: PriceTerms): void {
  if (terms.type !== 'alias') return;
  const target = splitTarget(terms.target);
  if (target === undefined) return;
  partsOf(books, terms.provider).aliases.push({
    alias: terms.name,
    to: target.model,
    provider: target.provider,
    ...told(kept),
  });
}

function takeRates(books: Map<string, Parts>, kept: KeptTerms, terms: PriceTerms): void {
  if (terms.type !== 'rates') return;
  const { models } = partsOf(books, terms.provider);
  const prices = models.get(terms.model) ?? [];
  const when = Object.keys(terms.when).length === 0 ? {} : { when: terms.when };
  prices.push({ rates: terms.rates, ...when, ...told(kept) });
  models.set(terms.model, prices);
}

function takeDiscount(books: Map<string, Parts>, kept: KeptTerms, terms: PriceTerms): void {
  if (terms.type !== 'discount') return;
  const share = parseDecimal(terms.discount, DISCOUNT_DECIMALS);
  partsOf(books, terms.provider).multipliers.push({
    id: `discount ${terms.discount}`,
    factor: formatDecimal(10n ** BigInt(DISCOUNT_DECIMALS) - share, DISCOUNT_DECIMALS),
    keys: 'all',
    ...(terms.model === null ? {} : { only: [terms.model] }),
    cost_only: true,
    ...told(kept),
  });
}

/** Throws PriceBookError or RangeError for terms that are no part of a book. */
export function tenantLayer(kept: Iterable<KeptTerms>): OverrideLayer {
  const parts = new Map<string, Parts>();
  for (const one of kept) {
    takeAlias(parts, one, one.terms);
    takeRates(parts, one, one.terms);
    takeDiscount(parts, one, one.terms);
  }
  const books = new Map<string, ProviderBook>();
  for (const [name, { models, ...rest }] of parts) {
    const listed = [...models].map(([id, prices]) => ({ id, prices }));
    books.set(name, parseProviderBook({ ...rest, models: listed }, `the terms at ${name}`));
  }
  return { version: `t${bookVersion(books)}`, providers: [...books.values()] };
}
