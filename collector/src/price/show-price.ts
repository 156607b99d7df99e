/**
 * Explains a price: which entry gives each rate of a model at an instant, through which alias, and
 * what else its price may depend on. Pure; changes nothing but the book's memo.
 */
import type { PriceAnswer, PriceOffer, PriceQuestion, PriceRate } from '../price-answer.ts';
import { NO_CONTEXT } from './call-context.ts';
import {
  type CompiledEntry,
  type CompiledMultiplier,
  inForce,
  intervalOf,
} from './compile-book.ts';
import type { FoundModel } from './find-model.ts';
import { makersFirst } from './makers.ts';
import { nearestModels } from './nearest-models.ts';
import type { PriceBook, Resolution } from './price-book.ts';
import { bookProvider } from './provider-names.ts';
import type { KeyPlan } from './rate-plan.ts';

/** Nanoseconds since 1970 as RFC 3339 in UTC. */
function instantText(ns: bigint): string {
  const whole = new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  const fraction = (ns % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  return `${whole}${fraction === '' ? '' : `.${fraction}`}Z`;
}

const maybeInstant = (ns: bigint | undefined): string | null =>
  ns === undefined ? null : instantText(ns);

function provenance(entry: CompiledEntry) {
  const { source, checked_at, note, unverified } = entry.data;
  return {
    price_id: entry.id,
    source,
    checked_at,
    note: note ?? null,
    unverified: unverified ?? null,
  };
}

function shownRate(usageKey: string, plan: KeyPlan): PriceRate {
  const { shown } = plan.base;
  const minimum = plan.entry.rates.get(plan.key)?.minimum ?? 0n;
  return {
    usage_key: usageKey,
    amount_usd: shown.amount,
    per: Number(shown.per),
    tiers: plan.tiers.map(({ tier, rate }) => ({
      metric: tier.metric,
      op: tier.gte ? 'gte' : 'gt',
      threshold: Number(tier.threshold),
      mode: tier.graduated ? 'graduated' : 'cliff',
      amount_usd: rate.shown.amount,
      per: Number(rate.shown.per),
    })),
    minimum: Number(minimum),
    billed_as: plan.key === usageKey ? null : plan.key,
    is_plan: shown.plan,
    ...provenance(plan.entry),
  };
}

function shownConditional(entry: CompiledEntry): PriceOffer['conditional'][number] {
  const rates = [...entry.rates].map(([key, { base }]) => [key, `${base.amount}/${base.per}`]);
  return {
    when: Object.fromEntries(entry.when),
    calendar: [...(entry.data.calendar ?? [])],
    rates: Object.fromEntries(rates),
    ...provenance(entry),
  };
}

function shownFactor({ id, text, when, data }: CompiledMultiplier): PriceOffer['factors'][number] {
  return {
    id,
    factor: text,
    when: Object.fromEntries(when),
    keys: data.keys,
    is_discount: data.cost_only,
    source: data.source,
    unverified: data.unverified ?? null,
  };
}

/** Why there is no price at all; null where there is one. */
function lackOf(found: FoundModel, resolution: Resolution, atNs: bigint): string | null {
  if ('unpriced' in resolution) return resolution.unpriced.detail;
  if (Object.keys(resolution.plan.rates).length > 0) return null;
  const entries = found.entries.map(({ entry }) => entry);
  if (entries.some((entry) => inForce(entry, atNs))) return 'it has prices under conditions only';
  const ends = entries.flatMap(({ untilNs }) =>
    untilNs === undefined || untilNs > atNs ? [] : [untilNs],
  );
  const last = ends.reduce<bigint | undefined>(
    (a, b) => (a === undefined || b > a ? b : a),
    undefined,
  );
  return last === undefined
    ? 'none of its prices holds at that time'
    : `none of its prices holds at that time; the last one ended at ${instantText(last)}`;
}

/** The doubt about the alias that was followed, if its entry tells one. */
function aliasDoubt(book: PriceBook, provider: string, { model, atNs }: PriceQuestion) {
  const name = model.trim().toLowerCase();
  const followed = book
    .layersOf(bookProvider(provider))
    .flatMap((layer) => layer.book.aliases)
    .find((alias) => alias.alias.toLowerCase() === name && inForce(intervalOf(alias), atNs));
  return followed?.unverified ?? null;
}

function shownOffer(found: FoundModel, resolution: Resolution, atNs: bigint): PriceOffer {
  const rates = 'plan' in resolution ? Object.entries(resolution.plan.rates) : [];
  const conditional = found.entries
    .map(({ entry }) => entry)
    .filter((entry) => inForce(entry, atNs))
    .filter((entry) => entry.when.length > 0 || entry.windows !== undefined);
  return {
    provider: found.provider,
    model: found.id,
    alias_path: [...found.aliasPath],
    alias_unverified: null,
    deployment: found.deployment ?? null,
    unpriced: lackOf(found, resolution, atNs),
    valid_from: maybeInstant(resolution.fromNs),
    valid_until: maybeInstant(resolution.untilNs),
    rates: rates.map(([key, plan]) => shownRate(key, plan)),
    conditional: conditional.map(shownConditional),
    factors: found.multipliers.filter((factor) => inForce(factor, atNs)).map(shownFactor),
  };
}

function offerOf(book: PriceBook, provider: string, question: PriceQuestion) {
  const { model, atNs } = question;
  const found = book.find(provider, model, atNs);
  if (found === undefined) return undefined;
  const offer = shownOffer(found, book.resolve(provider, model, atNs, NO_CONTEXT), atNs);
  return { ...offer, alias_unverified: aliasDoubt(book, provider, question) };
}

/** Files of the book are read when first asked for; between two, others get their turn. */
const othersFirst = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An unknown model is an answer without rows, with the nearest known names. */
export async function showPrice(book: PriceBook, question: PriceQuestion): Promise<PriceAnswer> {
  const { model, provider, atNs } = question;
  const asked = provider === null ? book.providers() : [provider];
  const rows: PriceOffer[] = [];
  for (const name of asked) {
    const offer = offerOf(book, name, question);
    if (offer !== undefined) rows.push(offer);
    await othersFirst();
  }
  const meant = provider === null ? null : bookProvider(provider);
  return {
    model,
    provider,
    at: instantText(atNs),
    book_version: book.version,
    rows: makersFirst(rows),
    nearest: rows.length === 0 ? nearestModels(book, meant, model) : [],
  };
}
