/**
 * One provider's file made ready for look-ups: names to models, texts to fractions, instants to
 * BigInt. Invariant: what is compiled answers exactly as its data reads; nothing is decided here.
 */
import type {
  AliasData,
  DimensionTest,
  MatchRule,
  ModelData,
  MultiplierData,
  PriceEntryData,
  ProviderBook,
  RateData,
} from './book-schema.ts';
import { PriceBookError } from './book-schema.ts';
import { type CompiledWindow, compileWindow } from './calendar.ts';
import { bookProvider } from './provider-names.ts';
import { decimalRatio, parseRate, type RateParts, type Ratio } from './ratio.ts';

export type Interval = {
  readonly fromNs: bigint | undefined;
  readonly untilNs: bigint | undefined;
};

export type CompiledTier = {
  readonly metric: 'prompt_tokens' | 'output_tokens';
  readonly gte: boolean;
  readonly threshold: bigint;
  readonly graduated: boolean;
  readonly rate: RateParts;
};
export type CompiledRate = {
  readonly base: RateParts;
  readonly tiers: readonly CompiledTier[];
  readonly minimum: bigint;
};
export type WhenTest = readonly [dimension: string, test: DimensionTest][];
export type CompiledEntry = Interval & {
  readonly id: string;
  readonly plan: boolean;
  readonly when: WhenTest;
  readonly windows: readonly CompiledWindow[] | undefined;
  readonly rates: ReadonlyMap<string, CompiledRate>;
  readonly data: PriceEntryData;
};
export type CompiledMultiplier = Interval & {
  readonly id: string;
  readonly when: WhenTest;
  readonly text: string;
  readonly factor: Ratio;
  readonly keys: 'tokens' | 'all' | ReadonlySet<string>;
  readonly only: ((modelId: string) => boolean) | undefined;
  readonly except: ((modelId: string) => boolean) | undefined;
  readonly costOnly: boolean;
  readonly data: MultiplierData;
};
export type CompiledAlias = Interval & {
  readonly to: string;
  /** The book's name of the provider that is asked for `to` instead of the one that was told. */
  readonly provider: string | undefined;
};
export type CompiledModel = {
  readonly id: string;
  readonly entries: readonly CompiledEntry[];
  readonly withdraws: boolean;
  readonly unpriced: string | undefined;
};
export type CompiledProvider = {
  readonly book: ProviderBook;
  readonly aliases: ReadonlyMap<string, readonly CompiledAlias[]>;
  readonly exact: ReadonlyMap<string, CompiledModel>;
  readonly patterns: readonly {
    readonly test: (name: string) => boolean;
    readonly model: CompiledModel;
  }[];
  readonly byId: ReadonlyMap<string, CompiledModel>;
  readonly multipliers: readonly CompiledMultiplier[];
  readonly tools: readonly CompiledEntry[];
};

/** Nanoseconds since 1970 of an instant in the book's form. */
export function instantNs(text: string): bigint {
  return BigInt(Date.parse(text)) * 1_000_000n;
}

/** The interval of anything in the book that holds for a time. */
export function intervalOf(data: {
  valid_from?: string | undefined;
  valid_until?: string | undefined;
}): Interval {
  return {
    fromNs: data.valid_from === undefined ? undefined : instantNs(data.valid_from),
    untilNs: data.valid_until === undefined ? undefined : instantNs(data.valid_until),
  };
}

/** Whether an instant lies in a half-open interval. */
export function inForce(interval: Interval, atNs: bigint): boolean {
  const { fromNs, untilNs } = interval;
  return (fromNs === undefined || atNs >= fromNs) && (untilNs === undefined || atNs < untilNs);
}

function compileRate(data: RateData): CompiledRate {
  if (typeof data === 'string') return { base: parseRate(data), tiers: [], minimum: 0n };
  const tiers = (data.tiers ?? []).map((tier) => ({
    metric: tier.metric,
    gte: tier.op === 'gte',
    threshold: BigInt(tier.threshold),
    graduated: tier.mode === 'graduated',
    rate: parseRate(tier.rate),
  }));
  tiers.sort((a, b) => (a.threshold < b.threshold ? -1 : 1));
  return { base: parseRate(data.base), tiers, minimum: BigInt(data.minimum ?? 0) };
}

function compileWhen(when: PriceEntryData['when']): WhenTest {
  return Object.entries(when ?? {}) as [string, DimensionTest][];
}

function entryId(prefix: string, data: PriceEntryData): string {
  const when = compileWhen(data.when).map(([key, test]) => `${key}=${JSON.stringify(test)}`);
  const calendar = data.calendar === undefined ? [] : ['calendar'];
  const terms = [...when, ...calendar].join(',').replaceAll('"', '');
  return `${prefix}@${data.valid_from ?? 'always'}${terms === '' ? '' : `[${terms}]`}`;
}

function compileEntry(prefix: string, data: PriceEntryData, book: ProviderBook): CompiledEntry {
  const rates = Object.entries(data.rates) as [string, RateData][];
  return {
    ...intervalOf(data),
    id: entryId(prefix, data),
    plan: data.status === 'plan',
    when: compileWhen(data.when),
    windows: data.calendar?.map((window) => compileWindow(window, book.holidays)),
    rates: new Map(rates.map(([key, rate]) => [key, compileRate(rate)])),
    data,
  };
}

/** Model ids; one that ends in `*` stands for all that begin so. */
function compileIds(ids: readonly string[]): (modelId: string) => boolean {
  const exact = new Set(ids);
  const starts = ids.filter((id) => id.endsWith('*')).map((id) => id.slice(0, -1));
  return (modelId) => exact.has(modelId) || starts.some((start) => modelId.startsWith(start));
}

function compileMultiplier(data: MultiplierData): CompiledMultiplier {
  return {
    ...intervalOf(data),
    id: data.id,
    when: compileWhen(data.when),
    text: data.factor,
    factor: decimalRatio(data.factor),
    keys: typeof data.keys === 'string' ? data.keys : new Set<string>(data.keys),
    only: data.only === undefined ? undefined : compileIds(data.only),
    except: data.except === undefined ? undefined : compileIds(data.except),
    costOnly: data.cost_only,
    data,
  };
}

function compileAliases(list: readonly AliasData[]): Map<string, CompiledAlias[]> {
  const byName = new Map<string, CompiledAlias[]>();
  for (const data of list) {
    const name = data.alias.toLowerCase();
    const known = byName.get(name) ?? [];
    const provider = data.provider === undefined ? undefined : bookProvider(data.provider);
    known.push({ ...intervalOf(data), to: data.to.toLowerCase(), provider });
    byName.set(name, known);
  }
  return byName;
}

function compileMatch(rule: MatchRule): (name: string) => boolean {
  if ('or' in rule) {
    const any = rule.or.map(compileMatch);
    return (name) => any.some((test) => test(name));
  }
  if ('and' in rule) {
    const all = rule.and.map(compileMatch);
    return (name) => all.every((test) => test(name));
  }
  if ('regex' in rule) {
    const regex = new RegExp(rule.regex, 'i');
    return (name) => regex.test(name);
  }
  if ('equals' in rule) return compileEquals(rule.equals.toLowerCase());
  if ('starts_with' in rule) return compileStart(rule.starts_with.toLowerCase());
  if ('ends_with' in rule) return compileEnd(rule.ends_with.toLowerCase());
  return compilePart(rule.contains.toLowerCase());
}
const compileEquals = (whole: string) => (name: string) => name === whole;

/**
 * What may follow a model's name is a date, a revision or a suffix of the platform; another version
 * number or size makes it another model, which must not be taken for this one.
 */
const ANOTHER_MODEL =
  /^[-.](?:\d{1,2}(?!\d)|(?:lite|mini|nano|pro|max|ultra|image|tts|live|audio|fast|flash|highspeed|codex|realtime|transcribe|search|deep-research)(?![a-z]))/;
const compileStart = (start: string) => (name: string) =>
  name.startsWith(start) && !ANOTHER_MODEL.test(name.slice(start.length));
const compilePart = (part: string) => (name: string) => {
  const at = name.indexOf(part);
  return at >= 0 && !ANOTHER_MODEL.test(name.slice(at + part.length));
};
const compileEnd = (end: string) => (name: string) => name.endsWith(end);

/** The rules of an alternative, one by one. */
function alternatives(rule: MatchRule | undefined): readonly MatchRule[] {
  if (rule === undefined) return [];
  return 'or' in rule ? rule.or : [rule];
}

function compileModel(data: ModelData, book: ProviderBook): CompiledModel {
  const prefix = `${book.provider}/${data.id}`;
  return {
    id: data.id,
    entries: data.prices.map((entry) => compileEntry(prefix, entry, book)),
    withdraws: data.withdraws !== undefined,
    unpriced: data.unpriced,
  };
}

/** Throws PriceBookError naming the provider when a zone, a holiday list or a pattern is unknown. */
export function compileProvider(book: ProviderBook): CompiledProvider {
  const exact = new Map<string, CompiledModel>();
  const byId = new Map<string, CompiledModel>();
  const patterns: CompiledProvider['patterns'][number][] = [];
  try {
    for (const data of book.models) {
      const model = compileModel(data, book);
      byId.set(data.id, model);
      for (const rule of alternatives(data.match)) {
        if (!('equals' in rule)) patterns.push({ test: compileMatch(rule), model });
        else if (!exact.has(rule.equals.toLowerCase())) exact.set(rule.equals.toLowerCase(), model);
      }
    }
    for (const [id, model] of byId) {
      if (!exact.has(id.toLowerCase())) exact.set(id.toLowerCase(), model);
    }
    return {
      book,
      aliases: compileAliases(book.aliases),
      exact,
      byId,
      patterns,
      multipliers: book.multipliers.map(compileMultiplier),
      tools: book.tools.map((entry) => compileEntry(`${book.provider}/tools`, entry, book)),
    };
  } catch (error) {
    throw new PriceBookError(`price book of ${book.provider}: ${String(error)}`, { cause: error });
  }
}
