/**
 * `prices check`: what a book must hold beyond its shape. Pure: files in, findings out.
 * Invariant: two prices never hold at once for the same quantity under the same conditions, time has
 * no hole between two prices, no price jumps tenfold unexplained, and everything names its source.
 */
import type {
  ModelData,
  MultiplierData,
  PriceEntryData,
  ProviderBook,
  RateData,
} from './book-schema.ts';
import { compileProvider, instantNs } from './compile-book.ts';
import { parseRate } from './ratio.ts';

/** One provider's file in the book, with the layer it stands in: `book` or `corrections`. */
export type BookFile = { readonly layer: string; readonly book: ProviderBook };
export type BookFinding = {
  /** File, model and key, as a person would look for them. */
  readonly where: string;
  readonly fault:
    | 'overlap'
    | 'gap'
    | 'jump'
    | 'source'
    | 'interval'
    | 'reference'
    | 'compile'
    | 'schema'
    | 'lost';
  readonly message: string;
};

const JUMP = 10;
const DISTANT_PAST = -(10n ** 30n);
const DISTANT_FUTURE = 10n ** 30n;

function startOf(entry: { valid_from?: string | undefined }): bigint {
  return entry.valid_from === undefined ? DISTANT_PAST : instantNs(entry.valid_from);
}
function endOf(entry: { valid_until?: string | undefined }): bigint {
  return entry.valid_until === undefined ? DISTANT_FUTURE : instantNs(entry.valid_until);
}

function conditionsOf(entry: PriceEntryData): string {
  const when = Object.entries(entry.when ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([when, entry.calendar ?? null]);
}

function baseText(rate: RateData): string {
  return typeof rate === 'string' ? rate : rate.base;
}

/** How many times one price is another; undefined where one of them is free. */
function timesAs(a: RateData, b: RateData): number | undefined {
  const [x, y] = [parseRate(baseText(a)), parseRate(baseText(b))];
  const [p, q] = [Number(x.amount) / Number(x.per), Number(y.amount) / Number(y.per)];
  return p === 0 || q === 0 ? undefined : Math.max(p / q, q / p);
}

type Timed = { readonly entry: PriceEntryData; readonly rate: RateData };

/** The entries of one key under equal conditions, by their start. */
function timelines(prices: readonly PriceEntryData[]): Map<string, Timed[]> {
  const lines = new Map<string, Timed[]>();
  for (const entry of prices) {
    for (const [key, rate] of Object.entries(entry.rates)) {
      if (rate === undefined) continue;
      const name = `${key} ${conditionsOf(entry)}`;
      const line = lines.get(name) ?? [];
      line.push({ entry, rate });
      lines.set(name, line);
    }
  }
  for (const line of lines.values()) {
    line.sort((a, b) => (startOf(a.entry) < startOf(b.entry) ? -1 : 1));
  }
  return lines;
}

function checkTimeline(where: string, line: readonly Timed[]): BookFinding[] {
  const findings: BookFinding[] = [];
  for (const [i, later] of line.entries()) {
    const earlier = line[i - 1];
    if (earlier === undefined) continue;
    const [end, start] = [endOf(earlier.entry), startOf(later.entry)];
    const span = `${earlier.entry.valid_until ?? 'open end'} and ${later.entry.valid_from ?? 'no start'}`;
    if (end > start)
      findings.push({ where, fault: 'overlap', message: `two prices hold at once: ${span}` });
    if (end < start && later.entry.calendar === undefined) {
      findings.push({ where, fault: 'gap', message: `no price holds between ${span}` });
    }
    const times = timesAs(earlier.rate, later.rate);
    if (times !== undefined && times >= JUMP && later.entry.note === undefined) {
      const message = `the price changes ${times.toFixed(1)} times over; explain it in a note`;
      findings.push({ where, fault: 'jump', message });
    }
  }
  return findings;
}

function checkEntry(where: string, entry: PriceEntryData | MultiplierData): BookFinding[] {
  const findings: BookFinding[] = [];
  if (!/^https:\/\/\S+$/.test(entry.source)) {
    findings.push({ where, fault: 'source', message: `"${entry.source}" is not an https address` });
  }
  if (startOf(entry) >= endOf(entry)) {
    findings.push({ where, fault: 'interval', message: 'it ends before it begins' });
  }
  return findings;
}

function checkModel(file: string, model: ModelData): BookFinding[] {
  const where = `${file} ${model.id}`;
  const lines = [...timelines(model.prices)];
  return [
    ...model.prices.flatMap((entry) => checkEntry(where, entry)),
    ...lines.flatMap(([name, line]) => checkTimeline(`${where} ${name}`, line)),
  ];
}

/** A correction of ten times the price it corrects is more likely a slip of units. */
function checkAgainstBelow(file: BookFile, below: ProviderBook | undefined): BookFinding[] {
  if (below === undefined) return [];
  const findings: BookFinding[] = [];
  for (const model of file.book.models) {
    const seed = below.models.find(({ id }) => id === model.id)?.prices.at(-1);
    const last = model.prices.filter((entry) => entry.when === undefined).at(-1);
    for (const [key, rate] of Object.entries(last?.rates ?? {})) {
      const before = seed?.rates[key];
      const times = before === undefined || rate === undefined ? undefined : timesAs(before, rate);
      if (times === undefined || times < JUMP || last?.note !== undefined) continue;
      const message = `${times.toFixed(1)} times the price below it; explain it in a note`;
      findings.push({
        where: `${file.layer}/${file.book.provider} ${model.id} ${key}`,
        fault: 'jump',
        message,
      });
    }
  }
  return findings;
}

function matchesSome(pattern: string, ids: ReadonlySet<string>): boolean {
  if (!pattern.endsWith('*')) return ids.has(pattern);
  const start = pattern.slice(0, -1);
  return [...ids].some((id) => id.startsWith(start));
}

function checkReferences(file: BookFile, all: readonly BookFile[]): BookFinding[] {
  const { book } = file;
  const where = `${file.layer}/${book.provider}`;
  const ids = new Set(all.flatMap((other) => other.book.models.map(({ id }) => id)));
  const providers = new Set(all.map((other) => other.book.provider));
  const named = book.multipliers.flatMap((factor) => [
    ...(factor.only ?? []),
    ...(factor.except ?? []),
  ]);
  const lost = [
    ...named.filter((pattern) => !matchesSome(pattern, ids)).map((id) => `model "${id}"`),
    ...book.fallbacks
      .filter(({ provider }) => !providers.has(provider))
      .map(({ provider }) => `provider "${provider}"`),
  ];
  return lost.map((name) => ({ where, fault: 'reference', message: `the book has no ${name}` }));
}

function checkCompiles(file: BookFile): BookFinding[] {
  try {
    compileProvider(file.book);
    return [];
  } catch (error) {
    const where = `${file.layer}/${file.book.provider}`;
    return [{ where, fault: 'compile', message: String(error) }];
  }
}

/** Every finding in the files of a book, the most binding layer first; none means it may be used. */
export function checkBook(files: readonly BookFile[]): BookFinding[] {
  return files.flatMap((file, i) => {
    const name = `${file.layer}/${file.book.provider}`;
    const below = files.slice(i + 1).find(({ book }) => book.provider === file.book.provider)?.book;
    return [
      ...file.book.models.flatMap((model) => checkModel(name, model)),
      ...file.book.tools.flatMap((entry) => checkEntry(`${name} tools`, entry)),
      ...file.book.multipliers.flatMap((factor) => checkEntry(`${name} ${factor.id}`, factor)),
      ...checkAgainstBelow(file, below),
      ...checkReferences(file, files),
      ...checkCompiles(file),
    ];
  });
}
