/**
 * The book as rows of the table `prices`: one a rate, so that a figure can be checked by SQL. Pure.
 * Invariant: (book_version, provider, model, price_id, usage_key) names one row; entries that a
 * correction set aside are not among them. Factors and aliases are no rates: `prices show` tells them.
 */
import type { CompiledEntry, CompiledRate, CompiledTier } from './compile-book.ts';
import { modelEntries } from './find-model.ts';
import type { PriceBook } from './price-book.ts';

export type PriceTableRow = {
  readonly book_version: string;
  readonly price_id: string;
  readonly provider: string;
  /** '' for fees that hold for every model of the provider. */
  readonly model: string;
  /** The rule that recognises the model's names, as JSON; '' where only its id does. */
  readonly match: string;
  readonly usage_key: string;
  readonly amount_usd: string;
  readonly per: string;
  readonly valid_from: string | null;
  readonly valid_to: string | null;
  /** When the rate holds beyond its time, as JSON: context, calendar, tier, minimum; '' for always. */
  readonly conditions: string;
  readonly source: string;
  readonly checked_at: string;
  readonly loaded_at: string;
};

type Place = Pick<PriceTableRow, 'book_version' | 'provider' | 'model' | 'match' | 'loaded_at'>;

function tierText(tier: CompiledTier): string {
  return `${tier.metric}${tier.gte ? '>=' : '>'}${tier.threshold}`;
}

function conditionsOf(entry: CompiledEntry, rate: CompiledRate, tier?: CompiledTier): string {
  const { when, calendar, status } = entry.data;
  const conditions = {
    ...(when === undefined ? {} : { when }),
    ...(calendar === undefined ? {} : { calendar }),
    ...(tier === undefined
      ? {}
      : { tier: tierText(tier), mode: tier.graduated ? 'graduated' : 'cliff' }),
    ...(rate.minimum === 0n ? {} : { minimum: Number(rate.minimum) }),
    ...(status === 'plan' ? { status } : {}),
  };
  return Object.keys(conditions).length === 0 ? '' : JSON.stringify(conditions);
}

function entryRows(place: Place, entry: CompiledEntry): PriceTableRow[] {
  const { source, checked_at, valid_from, valid_until } = entry.data;
  const shared = {
    ...place,
    valid_from: valid_from ?? null,
    valid_to: valid_until ?? null,
    source,
    checked_at,
  };
  return [...entry.rates].flatMap(([usage_key, rate]) => [
    {
      ...shared,
      usage_key,
      price_id: entry.id,
      amount_usd: rate.base.amount,
      per: String(rate.base.per),
      conditions: conditionsOf(entry, rate),
    },
    ...rate.tiers.map((tier) => ({
      ...shared,
      usage_key,
      price_id: `${entry.id}#${tierText(tier)}`,
      amount_usd: tier.rate.amount,
      per: String(tier.rate.per),
      conditions: conditionsOf(entry, rate, tier),
    })),
  ]);
}

/** A layer may price again what one below it prices from the same instant on: the lower one is told apart. */
function tellApart(rows: readonly PriceTableRow[]): PriceTableRow[] {
  const times = new Map<string, number>();
  return rows.map((row) => {
    const key = `${row.model}\n${row.price_id}\n${row.usage_key}`;
    const before = times.get(key) ?? 0;
    times.set(key, before + 1);
    return before === 0 ? row : { ...row, price_id: `${row.price_id}~${before + 1}` };
  });
}

/** The rates of one provider, `loadedAt` in RFC 3339. */
export function priceTableRows(
  book: PriceBook,
  provider: string,
  loadedAt: string,
): PriceTableRow[] {
  const layers = book.layersOf(provider);
  const place = { book_version: book.version, provider, loaded_at: loadedAt };
  const ids = new Set(layers.flatMap((layer) => [...layer.byId.keys()]));
  const models = [...ids].flatMap((model) => {
    const rule = layers
      .flatMap((layer) => layer.book.models)
      .find(({ id, match }) => id === model && match !== undefined)?.match;
    const match = rule === undefined ? '' : JSON.stringify(rule);
    const { entries } = modelEntries(layers, model);
    return entries.flatMap(({ entry }) => entryRows({ ...place, model, match }, entry));
  });
  const tools = layers
    .flatMap((layer) => layer.tools)
    .flatMap((entry) => entryRows({ ...place, model: '', match: '' }, entry));
  return tellApart([...models, ...tools]);
}
