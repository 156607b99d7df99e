/**
 * Whether terms can be taken: each field alone, against the book they lie over, and against the
 * tenant's other terms. What is wrong is said with field, value and what was expected.
 */
import { USAGE_KEYS, type UsageKey } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { KeptTerms, PriceTerms } from '../price-terms.ts';
import { Problem } from '../problems.ts';
import { PriceBookError, RATE_TEXT } from './book-schema.ts';
import { parseInstantNs } from './calc.ts';
import { NO_CONTEXT } from './call-context.ts';
import { nearestModels } from './nearest-models.ts';
import type { PriceBook } from './price-book.ts';
import { bookProvider } from './provider-names.ts';
import { decimalRatio, parseRate } from './ratio.ts';
import { DISCOUNT_DECIMALS, splitTarget, tenantLayer } from './tenant-layer.ts';

const NS_PER_SECOND = 1_000_000_000n;
/** More is a slip of units more often than a contract. */
const JUMP = 10;
const SHOWN_CHARS_MAX = 100;
const INSTANT_EXPECTED = 'an instant to the second such as 2026-09-01T00:00:00Z';

/** 400 for one field of a request. */
export function wrong(field: string, value: unknown, expected: string): Problem {
  const shown = (JSON.stringify(value) ?? 'missing').slice(0, SHOWN_CHARS_MAX);
  return new Problem('parameter_invalid', `${field} is ${shown}; expected ${expected}.`);
}

/** An instant in the book's form: UTC, to the second. */
export function bookInstant(field: string, text: string): string {
  const ns = parseInstantNs(text);
  if (ns === undefined || ns % NS_PER_SECOND !== 0n) throw wrong(field, text, INSTANT_EXPECTED);
  return `${new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19)}Z`;
}

/** The terms with names and instants in the book's spelling. @throws Problem parameter_invalid */
export function settleTerms(told: PriceTerms): PriceTerms {
  const valid_from = told.valid_from === null ? null : bookInstant('valid_from', told.valid_from);
  const valid_until =
    told.valid_until === null ? null : bookInstant('valid_until', told.valid_until);
  if (valid_from !== null && valid_until !== null && valid_from >= valid_until) {
    throw wrong('valid_until', valid_until, `an instant after valid_from, ${valid_from}`);
  }
  const provider = told.provider === null ? null : bookProvider(told.provider);
  const terms = { ...told, provider, valid_from, valid_until } as PriceTerms;
  return terms.type === 'alias' ? { ...terms, name: terms.name.toLowerCase() } : terms;
}

/** @throws Problem parameter_invalid @param nowNs stands for the time of terms that begin at none */
export function checkTerms(terms: PriceTerms, book: PriceBook, nowNs: bigint): PriceTerms {
  const from = terms.valid_from;
  const atNs = from === null ? nowNs : (parseInstantNs(from) ?? nowNs);
  if (terms.type === 'alias') return checkAlias(terms, book, atNs);
  if (terms.type === 'rates') return checkRates(terms, book, atNs);
  return checkDiscount(terms, book, atNs);
}

type Of<T extends PriceTerms['type']> = Extract<PriceTerms, { readonly type: T }>;

function near(book: PriceBook, provider: string | null, model: string): string {
  const names = nearestModels(book, provider, model);
  return names.length === 0 ? '' : `; near to it: ${names.join(', ')}`;
}

function checkAlias(terms: Of<'alias'>, book: PriceBook, atNs: bigint): Of<'alias'> {
  const target = splitTarget(terms.target);
  if (target === undefined) {
    throw wrong('target', terms.target, 'PROVIDER/MODEL such as azure/gpt-4o');
  }
  if (book.find(target.provider, target.model, atNs) === undefined) {
    const hint = near(book, target.provider, target.model);
    throw wrong('target', terms.target, `a model that the price book has at that time${hint}`);
  }
  return { ...terms, target: `${target.provider}/${target.model.toLowerCase()}` };
}

/** The book's own id of a model that is known by it; an unknown one is the tenant's own. */
function settleModel(
  terms: { readonly provider: string; readonly model: string },
  book: PriceBook,
  atNs: bigint,
): { readonly model: string; readonly isKnown: boolean } {
  const found = book.find(terms.provider, terms.model, atNs);
  const told = terms.model.toLowerCase();
  if (found === undefined) return { model: told, isKnown: false };
  const isSame = found.provider === terms.provider && found.id.toLowerCase() === told;
  if (isSame) return { model: found.id, isKnown: true };
  const known = `${found.provider}/${found.id}`;
  throw wrong('model', terms.model, `the book's name of it, which is ${known}`);
}

function checkRates(terms: Of<'rates'>, book: PriceBook, atNs: bigint): Of<'rates'> {
  const keys = Object.keys(terms.rates);
  if (keys.length === 0) throw wrong('rates', {}, 'at least one, such as in_uncached=1.25/M');
  for (const [key, text] of Object.entries(terms.rates)) {
    if (!USAGE_KEYS.some((known) => known === key)) {
      throw wrong(`rates.${key}`, text, `a usage key, one of ${USAGE_KEYS.join(', ')}`);
    }
    if (!RATE_TEXT.test(text)) {
      throw wrong(`rates.${key}`, text, 'USD per units such as 1.25/M or 0.006/60');
    }
  }
  const { model } = settleModel(terms, book, atNs);
  const settled = { ...terms, model };
  checkShape(settled);
  if (terms.note === null) checkJumps(settled, book, atNs);
  return settled;
}

/** What the book's own schema says of conditions. */
function checkShape(terms: Of<'rates'>): void {
  const kept = {
    id: 'asked',
    tenant: '',
    createdAt: '2000-01-01T',
    createdBy: '',
    removedAt: null,
  };
  try {
    tenantLayer([{ ...kept, terms }]);
  } catch (error) {
    if (!(error instanceof PriceBookError)) throw error;
    throw wrong('when', terms.when, `conditions of the price book (${error.message})`);
  }
}

function checkJumps(terms: Of<'rates'>, book: PriceBook, atNs: bigint): void {
  const resolution = book.resolve(terms.provider, terms.model, atNs, NO_CONTEXT);
  if (!('plan' in resolution)) return;
  for (const [key, text] of Object.entries(terms.rates)) {
    const list = resolution.plan.rates[key as UsageKey]?.base.shown;
    const [told, listed] = [parseRate(text), list];
    if (listed === undefined) continue;
    const [a, b] = [
      Number(told.amount) / Number(told.per),
      Number(listed.amount) / Number(listed.per),
    ];
    if (a === 0 || b === 0 || Math.max(a / b, b / a) < JUMP) continue;
    const expected = `less than ten times more or less than the list's ${listed.amount}/${listed.per}, or a note that explains it`;
    throw wrong(`rates.${key}`, text, expected);
  }
}

function checkDiscount(terms: Of<'discount'>, book: PriceBook, atNs: bigint): Of<'discount'> {
  const expected = `a share above 0 and up to 1 such as 0.05, with at most ${DISCOUNT_DECIMALS} decimals`;
  const match = /^[01](?:\.(\d+))?$/.exec(terms.discount);
  if (match === null || (match[1] ?? '').length > DISCOUNT_DECIMALS) {
    throw wrong('discount', terms.discount, expected);
  }
  const share = decimalRatio(terms.discount);
  if (share.num === 0n || share.num > share.den) throw wrong('discount', terms.discount, expected);
  const { provider, model } = terms;
  if (provider !== null && book.layersOf(provider).length === 0) {
    throw wrong(
      'provider',
      provider,
      `a provider of the price book: ${book.providers().join(', ')}`,
    );
  }
  if (model === null) return terms;
  if (provider === null) throw wrong('provider', null, 'the provider of the model');
  const settled = settleModel({ provider, model }, book, atNs);
  if (!settled.isKnown) {
    throw wrong('model', model, `a model that the price book has${near(book, provider, model)}`);
  }
  return { ...terms, model: settled.model };
}

/** What terms of a kind must not say twice for the same time. */
function subjects(terms: PriceTerms): string[] {
  if (terms.type === 'alias') return [`alias ${terms.provider} ${terms.name}`];
  if (terms.type === 'discount') return [`discount ${terms.provider} ${terms.model}`];
  const when = JSON.stringify(Object.entries(terms.when).sort());
  return Object.keys(terms.rates).map((key) => `${terms.provider} ${terms.model} ${when} ${key}`);
}

function overlap(a: PriceTerms, b: PriceTerms): boolean {
  const startsBefore = (x: PriceTerms, y: PriceTerms) =>
    x.valid_from === null || y.valid_until === null || x.valid_from < y.valid_until;
  return startsBefore(a, b) && startsBefore(b, a);
}

/** Two terms that say the same thing differently for the same time: which one holds would be a guess. */
export function checkOverlaps(terms: PriceTerms, others: Iterable<KeptTerms>): void {
  const own = new Set(subjects(terms));
  for (const other of others) {
    if (other.removedAt !== null || !subjects(other.terms).some((one) => own.has(one))) continue;
    if (!overlap(terms, other.terms)) continue;
    const { valid_from, valid_until } = other.terms;
    const span = `from ${valid_from ?? 'always'} until ${valid_until ?? 'an open end'}`;
    throw wrong(
      'valid_from',
      terms.valid_from,
      `a time at which ${other.id} does not hold (${span}); end it with \`aicost prices overrides remove ${other.id} --at <time>\``,
    );
  }
}
