/**
 * Writes `collector/src/price/book/` from the data of `@pydantic/genai-prices` (MIT), and then the
 * digest of the whole book. What that data has wrong is not mended here but in the hand-kept layer
 * `collector/src/price/corrections/`, so that a newer seed never undoes a correction.
 * Invariant: its numbers are read as their shortest decimal text; no arithmetic touches a price.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type MatchRule,
  type ProviderBookInput,
  parseProviderBook,
} from '@ai-cost-profiler/collector/price/book-schema.ts';
import {
  type ModelInfo,
  type ModelPrice,
  type Provider,
  waitForUpdate,
} from '@pydantic/genai-prices';
import { writeBookDigest } from './digest-price-book.ts';

const SEED_VERSION = '0.1.8';
/** The day that version was published: the day its data was last known to be looked after. */
const SEED_DAY = '2026-09-23';
const PRICE_FOLDER = join(import.meta.dirname, '../collector/src/price');

const BOOK_NAMES: { readonly [seedId: string]: string } = { 'x-ai': 'xai', aws: 'bedrock' };

/** Their price key → our usage key and the units it pays for. Keys we have no unit for are absent. */
const PRICE_KEYS: { readonly [seedKey: string]: readonly [usageKey: string, per: string] } = {
  input_mtok: ['in_uncached', 'M'],
  cache_read_mtok: ['in_cache_read', 'M'],
  cache_audio_read_mtok: ['in_cache_read_audio', 'M'],
  cache_write_mtok: ['in_cache_write', 'M'],
  cache_write_1h_mtok: ['in_cache_write_1h', 'M'],
  input_audio_mtok: ['in_audio', 'M'],
  input_image_mtok: ['in_image', 'M'],
  input_video_mtok: ['in_video', 'M'],
  output_citation_mtok: ['in_citation', 'M'],
  output_mtok: ['out_text', 'M'],
  output_reasoning_mtok: ['out_reasoning', 'M'],
  output_audio_mtok: ['out_audio', 'M'],
  output_image_mtok: ['out_image', 'M'],
  audio_hours: ['audio_seconds', '3600'],
  input_document_kpages: ['pages', 'k'],
  requests_kcount: ['requests', 'k'],
  web_searches_kcount: ['web_searches', 'k'],
  storage_searches_kcount: ['file_searches', 'k'],
};

type Entry = NonNullable<NonNullable<ProviderBookInput['models']>[number]['prices']>[number];
type Rates = Entry['rates'];

/** The shortest decimal text of a number, without an exponent: 5e-7 → "0.0000005". */
function decimalText(value: number): string {
  const match = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  if (match === null) throw new RangeError(`${value} is not a price`);
  const [, whole = '', fraction = '', exponent = '0'] = match;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return digits.padEnd(point, '0');
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

type SeedTier = { readonly start: number; readonly price: number };

/** "Prompts with >272K input tokens" (OpenAI's price page): the seed's 271999 is one too low. */
const OPENAI_LONG_CONTEXT = 272_000;

/** Their tiers hold above `start`; 199999 means "from 200000 on", as xAI has it. */
function tier({ start, price }: SeedTier, per: string) {
  if (start === OPENAI_LONG_CONTEXT - 1) {
    return {
      op: 'gt' as const,
      threshold: OPENAI_LONG_CONTEXT,
      rate: `${decimalText(price)}/${per}`,
    };
  }
  const from = start % 1000 === 999;
  return {
    op: from ? ('gte' as const) : ('gt' as const),
    threshold: from ? start + 1 : start,
    rate: `${decimalText(price)}/${per}`,
  };
}

function seedRates(prices: ModelPrice): Rates {
  const rates: { [key: string]: Rates[keyof Rates] } = {};
  for (const [seedKey, price] of Object.entries(prices)) {
    const known = PRICE_KEYS[seedKey];
    if (known === undefined || price === undefined) continue;
    const [key, per] = known;
    if (typeof price === 'number') rates[key] = `${decimalText(price)}/${per}`;
    else {
      rates[key] = {
        base: `${decimalText(price.base)}/${per}`,
        tiers: price.tiers.map((step) => tier(step, per)),
      };
    }
  }
  // The seed writes a free model as a model without any price.
  if (Object.keys(prices).length === 0) return { in_uncached: '0/M', out_text: '0/M' };
  return rates;
}

type Conditional = Exclude<ModelInfo['prices'], ModelPrice>[number];

/** Dates become intervals; hours of the day become windows inside the interval before them. */
function seedEntries(model: ModelInfo, source: string): Entry[] {
  const provenance = {
    source,
    checked_at: SEED_DAY,
    note: `as recorded in genai-prices ${SEED_VERSION}`,
  };
  if (!Array.isArray(model.prices)) return [{ rates: seedRates(model.prices), ...provenance }];
  const list = model.prices as Conditional[];
  const dated = list.filter(({ constraint }) => constraint?.type !== 'time_of_date');
  const starts = dated.map(({ constraint }) =>
    constraint?.type === 'start_date' ? `${constraint.start_date}T00:00:00Z` : undefined,
  );
  const entries: Entry[] = dated.map(({ prices }, i) => ({
    ...(starts[i] === undefined ? {} : { valid_from: starts[i] }),
    ...(starts[i + 1] === undefined ? {} : { valid_until: starts[i + 1] }),
    ...((starts[i] ?? '') > `${SEED_DAY}T` ? { status: 'plan' as const } : {}),
    rates: seedRates(prices),
    ...provenance,
  }));
  const lastStart = starts.at(-1);
  for (const { constraint, prices } of list) {
    if (constraint?.type !== 'time_of_date') continue;
    entries.push({
      ...(lastStart === undefined ? {} : { valid_from: lastStart }),
      calendar: [
        {
          tz: 'UTC',
          from: constraint.start_time.slice(0, 5),
          until: constraint.end_time.slice(0, 5),
        },
      ],
      rates: seedRates(prices),
      ...provenance,
    });
  }
  return entries;
}

function seedProvider(provider: Provider): ProviderBookInput {
  const source = provider.pricing_urls?.[0] ?? 'https://github.com/pydantic/genai-prices';
  return {
    provider: BOOK_NAMES[provider.id] ?? provider.id.replaceAll('_', '-'),
    name: provider.name,
    models: provider.models
      .map((model) => ({
        id: model.id,
        match: model.match as MatchRule,
        prices: seedEntries(model, source).filter(({ rates }) => Object.keys(rates).length > 0),
      }))
      .filter(({ prices }) => prices.length > 0),
  };
}

const providers = await waitForUpdate();
if (providers === null) throw new Error('@pydantic/genai-prices carries no data');
const bookFolder = join(PRICE_FOLDER, 'book');
mkdirSync(bookFolder, { recursive: true });
for (const provider of providers) {
  const book = seedProvider(provider);
  parseProviderBook(book, `seed of ${provider.id}`);
  const { models = [], ...head } = book;
  const lines = models.map((model) => `    ${JSON.stringify(model)}`).join(',\n');
  const text = `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "models": [\n${lines}\n  ]\n}\n`;
  writeFileSync(join(bookFolder, `${book.provider}.json`), text);
}
const version = writeBookDigest(process.argv.includes('--forget-unreleased'));
process.stdout.write(`${providers.length} providers written, book version ${version}\n`);
