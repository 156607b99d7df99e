/**
 * The price book as it is asked: layers of provider files, compiled on first use, and a bounded
 * memo of settled rates. Invariant: asking changes nothing but the memo, so a book may be shared.
 */
import type { OverrideLayer, ProviderBook } from './book-schema.ts';
import { type CallContext, contextKey, foldContext } from './call-context.ts';
import { type CompiledProvider, compileProvider, type Interval, inForce } from './compile-book.ts';
import { CountRateMemo } from './count-rates.ts';
import { type FoundModel, findModel, type ProviderLayers } from './find-model.ts';
import { bookProvider } from './provider-names.ts';
import { planRates, type RatePlan } from './rate-plan.ts';
import { decimalRatio, ONE, type Ratio } from './ratio.ts';

export type UnpricedReason =
  | 'unknown_provider'
  | 'unknown_model'
  | 'no_usage'
  | 'missing_rate'
  | 'unpriced_context'
  | 'invalid_context'
  | 'invalid_usage'
  | 'over_limit';
export type Unpriced = {
  readonly status: 'unpriced';
  readonly reason: UnpricedReason;
  readonly detail: string;
};
/** Rates for a span of time, or why there are none in it. */
export type Resolution = Interval & ({ readonly plan: RatePlan } | { readonly unpriced: Unpriced });

/** One layer of the book; a provider's file is read and compiled when it is first asked for. */
export type BookLayer = {
  readonly providers: ReadonlyMap<string, () => ProviderBook>;
  /** A customer's own terms: they hold with the provider they were agreed with, and no other. */
  readonly isContract?: true;
};

type CompiledLayers = { readonly contract: ProviderLayers; readonly list: ProviderLayers };

const MEMO_KEYS_MAX = 8192;
const MEMO_SPANS_MAX = 32;
const ALL_PROVIDERS = '*';

function unpriced(reason: UnpricedReason, detail: string): Unpriced {
  return { status: 'unpriced', reason, detail };
}

/** Layers over one another, the most binding first. */
export class PriceBook {
  readonly version: string;
  readonly #layers: readonly BookLayer[];
  readonly #compiled = new Map<string, CompiledLayers>();
  /** By file, so that a layer is compiled once for all its providers and all books over it. */
  readonly #files: WeakMap<ProviderBook, CompiledProvider>;
  /** By provider, model and context; each holds a few spans of time. */
  #memo = new Map<string, Map<string, Map<string, Resolution[]>>>();
  #memoised = 0;
  /** What was found out about kinds of calls. */
  readonly countRates = new CountRateMemo(this);

  constructor(
    layers: readonly BookLayer[],
    version: string,
    compiled: WeakMap<ProviderBook, CompiledProvider> = new WeakMap(),
  ) {
    this.#layers = layers;
    this.version = version;
    this.#files = compiled;
  }

  /** This book under one more layer with the same schema: a tenant's prices, aliases, discounts. */
  withOverrides(layer: OverrideLayer): PriceBook {
    const providers = new Map(
      layer.providers.map((book) => [
        book.provider === ALL_PROVIDERS ? ALL_PROVIDERS : bookProvider(book.provider),
        () => book,
      ]),
    );
    const version = `${this.version}+${layer.version}`;
    return new PriceBook([{ providers, isContract: true }, ...this.#layers], version, this.#files);
  }

  /** The names of the providers it has files for, sorted. */
  providers(): string[] {
    const names = new Set(this.#layers.flatMap((layer) => [...layer.providers.keys()]));
    names.delete(ALL_PROVIDERS);
    return [...names].sort();
  }

  /** A provider's layers, the most binding first; for one the book does not have, those for all. */
  layersOf(provider: string): ProviderLayers {
    const { contract, list } = this.#layersOf(provider);
    return contract.length === 0 ? list : [...contract, ...list];
  }

  #layersOf(provider: string): CompiledLayers {
    const known = this.#compiled.get(provider);
    if (known !== undefined) return known;
    const contract: CompiledProvider[] = [];
    const list: CompiledProvider[] = [];
    for (const layer of this.#layers) {
      for (const name of [provider, ALL_PROVIDERS]) {
        const file = layer.providers.get(name);
        if (file !== undefined) (layer.isContract ? contract : list).push(this.#compile(file()));
      }
    }
    const layers = { contract, list };
    // Names come from spans: only those that the book has are worth keeping.
    if (this.#has(provider)) this.#compiled.set(provider, layers);
    return layers;
  }

  #has(provider: string): boolean {
    return this.#layers.some((layer) => layer.providers.has(provider));
  }

  #compile(file: ProviderBook): CompiledProvider {
    const compiled = this.#files.get(file) ?? compileProvider(file);
    this.#files.set(file, compiled);
    return compiled;
  }

  /** The rates for a model in a context at an instant, or why there are none. Memoised. */
  resolve(provider: string, model: string, atNs: bigint, context: CallContext): Resolution {
    const key = contextKey(context);
    const spans = this.#memo.get(provider)?.get(model)?.get(key);
    if (spans !== undefined) {
      for (let i = spans.length - 1; i >= 0; i--) {
        const span = spans[i];
        if (span !== undefined && inForce(span, atNs)) return span;
      }
    }
    const resolution = this.#settle(provider, model, atNs, context);
    if (spans === undefined) this.#remember(provider, model, key, resolution);
    else {
      if (spans.length >= MEMO_SPANS_MAX) spans.shift();
      spans.push(resolution);
    }
    return resolution;
  }

  #remember(provider: string, model: string, key: string, resolution: Resolution): void {
    // Names come from spans, so anybody may send endless new ones: forget all rather than grow.
    if (this.#memoised >= MEMO_KEYS_MAX) {
      this.#memo = new Map();
      this.#memoised = 0;
    }
    const models = this.#memo.get(provider) ?? new Map<string, Map<string, Resolution[]>>();
    const contexts = models.get(model) ?? new Map<string, Resolution[]>();
    contexts.set(key, [resolution]);
    models.set(model, contexts);
    this.#memo.set(provider, models);
    this.#memoised += 1;
  }

  /** The model as the book knows it at an instant, for explaining a price. */
  find(provider: string, model: string, atNs: bigint): FoundModel | undefined {
    const finder = {
      layersOf: (name: string) => this.layersOf(name),
      listOf: (name: string) => this.#layersOf(name).list,
      contractOf: (name: string) => this.#layersOf(name).contract,
    };
    return findModel(finder, bookProvider(provider), model, atNs);
  }

  #settle(provider: string, model: string, atNs: bigint, context: CallContext): Resolution {
    const name = bookProvider(provider);
    const found = this.find(name, model, atNs);
    if (found === undefined) {
      return { ...this.#aliasSpan(name, atNs), unpriced: this.#unknown(provider, model) };
    }
    const discount = discountShare(context.tenantDiscount);
    if (discount === undefined) {
      const detail = `tenant_discount "${context.tenantDiscount}" is not a share from 0 to 1`;
      return { ...this.#aliasSpan(name, atNs), unpriced: unpriced('invalid_context', detail) };
    }
    if (found.unpriced !== undefined) {
      return {
        ...this.#aliasSpan(name, atNs),
        unpriced: unpriced('unknown_model', found.unpriced),
      };
    }
    const layers = this.layersOf(found.provider);
    const neutral = Object.assign({}, ...layers.map((layer) => layer.book.neutral));
    const plan = planRates(found, foldContext(context), { atNs, discount, neutral });
    return { fromNs: plan.fromNs, untilNs: plan.untilNs, plan };
  }

  #unknown(provider: string, model: string): Unpriced {
    if (this.#has(bookProvider(provider))) {
      const detail = `the price book has no model "${model}" of provider "${provider}"`;
      return unpriced('unknown_model', detail);
    }
    const detail = `the price book has no provider "${provider}"; add an override or an alias`;
    return unpriced('unknown_provider', detail);
  }

  /** An unknown name may be an alias at another time: its answer holds between alias edges. */
  #aliasSpan(provider: string, atNs: bigint): Interval {
    let fromNs: bigint | undefined;
    let untilNs: bigint | undefined;
    for (const layer of this.layersOf(provider)) {
      for (const edge of [...layer.aliases.values()].flat().flatMap((a) => [a.fromNs, a.untilNs])) {
        if (edge === undefined) continue;
        if (edge <= atNs && (fromNs === undefined || edge > fromNs)) fromNs = edge;
        if (edge > atNs && (untilNs === undefined || edge < untilNs)) untilNs = edge;
      }
    }
    return { fromNs, untilNs };
  }
}

function discountShare(text: string | undefined): Ratio | undefined {
  if (text === undefined || text === '') return ONE;
  if (!/^\d+(?:\.\d+)?$/.test(text)) return undefined;
  const share = decimalRatio(text);
  if (share.num > share.den) return undefined;
  return { num: share.den - share.num, den: share.den };
}
