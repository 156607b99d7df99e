// Prices as text for people: what a model costs and why, what is wrong with a book, which terms a tenant has.
import { z } from 'zod';
import type { BookReport, PriceAnswer, PriceOffer, PriceRate } from '../price-answer.ts';
import { type TextColumn, textTable } from './text-table.ts';

const indent = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n');

const pairs = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');

const WORDS = {
  gt: 'above',
  gte: 'from',
  prompt_tokens: 'prompt tokens',
  output_tokens: 'output tokens',
};

function tierLines(rate: PriceRate): string[] {
  return rate.tiers.map(({ metric, op, threshold, mode, amount_usd, per }) => {
    const reach = mode === 'cliff' ? 'for all of it' : 'for what is beyond';
    return `${rate.usage_key} ${WORDS[op]} ${threshold} ${WORDS[metric]}: ${amount_usd} per ${per}, ${reach}`;
  });
}

const RATE_COLUMNS: readonly TextColumn<PriceRate>[] = [
  { title: 'QUANTITY', text: (rate) => rate.usage_key },
  { title: 'USD', text: (rate) => rate.amount_usd, isNumber: true },
  { title: 'PER', text: (rate) => String(rate.per), isNumber: true },
  { title: 'ENTRY', text: (rate) => rate.price_id },
  { title: 'CHECKED', text: (rate) => rate.checked_at },
  {
    title: '',
    text: (rate) =>
      [
        rate.minimum === 0 ? '' : `at least ${rate.minimum}`,
        rate.is_plan ? 'announced, not confirmed' : '',
        rate.unverified === null ? '' : 'NOT VERIFIED',
      ]
        .filter((note) => note !== '')
        .join('; '),
  },
];

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}:\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

const doubt = (unverified: string | null): string => (unverified === null ? '' : ' NOT VERIFIED');

function offerText(offer: PriceOffer, asked: string): string {
  const notes = [
    ...(offer.alias_path.length === 0 ? [] : [`${asked} → ${offer.alias_path.join(' → ')}`]),
    ...(offer.deployment === null ? [] : [`the name tells deployment ${offer.deployment}`]),
    ...(offer.unpriced === null ? [] : [`no price: ${offer.unpriced}`]),
    `holds from ${offer.valid_from ?? 'always'} until ${offer.valid_until ?? 'further notice'}`,
  ];
  const conditional = offer.conditional.map(({ when, calendar, rates, price_id, unverified }) => {
    const times = calendar.map((window) => `at ${pairs(window)}`);
    const terms = [pairs(when), ...times].filter((one) => one !== '').join('; ');
    return `${terms}: ${pairs(rates)}  (${price_id})${doubt(unverified)}`;
  });
  const factors = offer.factors.map(({ id, factor, when, keys, is_discount, unverified }) => {
    const condition = Object.keys(when).length === 0 ? 'always' : pairs(when);
    const kind = is_discount ? 'cost only' : 'list and cost';
    return `× ${factor} on ${String(keys)}, ${condition}, ${kind}  (${id})${doubt(unverified)}`;
  });
  const listed = offer.rates.filter(({ billed_as }) => billed_as === null);
  const billedAs = offer.rates
    .filter(({ billed_as }) => billed_as !== null)
    .map(({ usage_key, billed_as }) => `${usage_key} as ${billed_as}`);
  const sources = [...new Set(offer.rates.map(({ source }) => source))];
  const shown = [...offer.rates, ...offer.conditional, ...offer.factors];
  const told = [offer.alias_unverified, ...shown.map(({ unverified }) => unverified)];
  const doubts = [...new Set(told.filter((one) => one !== null))];
  return [
    `${offer.provider}/${offer.model}\n`,
    indent(
      [
        ...notes.map((note) => `${note}\n`),
        listed.length === 0 ? '' : textTable(RATE_COLUMNS, listed),
        billedAs.length === 0 ? '' : `Billed at another price: ${billedAs.join(', ')}\n`,
        section('Tiers', listed.flatMap(tierLines)),
        section('Under conditions', conditional),
        section('Factors', factors),
        section('Sources', sources),
        section('Not verified by a source', doubts),
      ].join(''),
    ),
  ].join('');
}

/** What a model costs at each provider that knows it, and why. */
export function priceText(answer: PriceAnswer): string {
  const offers = answer.rows.map((offer) => `${offerText(offer, answer.model)}\n`);
  return `${offers.join('')}At ${answer.at}, by price book ${answer.book_version}.\n`;
}

/** What is wrong with a book, one line each, and what was looked at. */
export function reportText(report: BookReport, ageDays: number): string {
  const { files, models, rates, findings, unverified, book_version, checked_at } = report;
  const lines = findings.map(({ where, fault, message }) => `${fault}: ${where}: ${message}\n`);
  const seen = `Price book ${book_version}: ${files} files, ${models} models, ${rates} rates, last checked ${checked_at} (${ageDays} days ago).\n`;
  const end = findings.length === 0 ? 'Nothing is wrong.\n' : `${findings.length} faults.\n`;
  const doubts = unverified.map(({ where, why }) => `not verified: ${where}: ${why}\n`);
  const warning = `${unverified.length} of its prices, factors and aliases are not verified by a source.\n`;
  const warnings = unverified.length === 0 ? [] : [...doubts, warning];
  return [...lines, ...warnings, ...(files === 0 ? [] : [seen]), end].join('');
}

const maybe = z.string().nullish();
const termsRowSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  state: z.string(),
  tenant: maybe,
  provider: maybe,
  model: maybe,
  name: maybe,
  target: maybe,
  discount: maybe,
  rates: z.record(z.string(), z.string()).optional(),
  when: z.record(z.string(), z.string()).optional(),
  in_force: z.array(z.string()).optional(),
  book_version: maybe,
  age_days: z.number().optional(),
  valid_from: maybe,
  valid_until: maybe,
});
type TermsRow = z.infer<typeof termsRowSchema>;
const termsListSchema = z.looseObject({ rows: z.array(termsRowSchema) });

const SHOWN_PLACES_MAX = 5;

function saysWhat(row: TermsRow): string {
  const place = [row.provider ?? '*', row.model].filter((part) => part != null).join('/');
  if (row.type === 'alias') return `${place}/${row.name} → ${row.target}`;
  if (row.type === 'discount') return `${place} −${row.discount}`;
  if (row.type === 'import') {
    const places = row.in_force ?? [];
    const shown =
      places.length > SHOWN_PLACES_MAX ? `${places.length} providers` : places.join(', ');
    return `${row.book_version}, ${row.age_days} days old, for ${shown || 'none'}`;
  }
  const when = row.when ?? {};
  const condition = Object.keys(when).length === 0 ? '' : ` when ${pairs(when)}`;
  return `${place} ${pairs(row.rates ?? {})}${condition}`;
}

const TERMS_COLUMNS: readonly TextColumn<TermsRow>[] = [
  { title: 'ID', text: (row) => row.id },
  { title: 'TENANT', text: (row) => row.tenant ?? 'all' },
  { title: 'STATE', text: (row) => row.state },
  { title: 'FROM', text: (row) => row.valid_from ?? '-' },
  { title: 'UNTIL', text: (row) => row.valid_until ?? '-' },
  { title: 'WHAT', text: (row) => `${row.type} ${saysWhat(row)}` },
];

export function termsTable(answer: unknown): string {
  return textTable(TERMS_COLUMNS, termsListSchema.parse(answer).rows);
}

/** One line on terms that were just made, ended or taken back. */
export function termsLine(answer: unknown): string {
  const row = termsRowSchema.parse(answer);
  return `${row.id} is ${row.state}: ${row.type} ${saysWhat(row)}\n`;
}
