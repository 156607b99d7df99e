/**
 * From what a span says of provider and model to the entries that may price it. The layers of the
 * book are asked from the top (a tenant's overrides, then corrections, then the seed); the model's
 * id joins what they say of the same model. An unknown model stays unknown: never a near match.
 */
import {
  type CompiledAlias,
  type CompiledEntry,
  type CompiledModel,
  type CompiledMultiplier,
  type CompiledProvider,
  type Interval,
  inForce,
} from './compile-book.ts';
import { nameCandidates } from './model-names.ts';

/** The layers of one provider, the most binding first. */
export type ProviderLayers = readonly CompiledProvider[];

export type RankedEntry = { readonly entry: CompiledEntry; readonly layer: number };

/** Everything that may price a model, before the context is looked at. */
export type FoundModel = {
  readonly id: string;
  /** The snapshot an alias stood for at the instant, where it was one. */
  readonly aliasOf: string | undefined;
  readonly entries: readonly RankedEntry[];
  readonly multipliers: readonly CompiledMultiplier[];
  /** Set by the name itself: Azure's `eu/…` tells a data zone. */
  readonly deployment: string | undefined;
  readonly unpriced: string | undefined;
  /** Instants at which the alias may come to mean something else. */
  readonly aliasIntervals: readonly Interval[];
};

type Named = {
  readonly id: string;
  readonly aliasIntervals: readonly Interval[];
  readonly alias: boolean;
};

function exactModel(layers: ProviderLayers, name: string): CompiledModel | undefined {
  for (const layer of layers) {
    const model = layer.exact.get(name);
    if (model !== undefined) return model;
  }
  return undefined;
}

function matchModel(layers: ProviderLayers, name: string): CompiledModel | undefined {
  const exact = exactModel(layers, name);
  if (exact !== undefined) return exact;
  for (const layer of layers) {
    for (const pattern of layer.patterns) if (pattern.test(name)) return pattern.model;
  }
  return undefined;
}

function aliasesOf(layers: ProviderLayers, name: string): readonly CompiledAlias[] {
  for (const layer of layers) {
    const aliases = layer.aliases.get(name);
    if (aliases !== undefined) return aliases;
  }
  return [];
}

function nameModel(layers: ProviderLayers, name: string, atNs: bigint): Named | undefined {
  const aliases = aliasesOf(layers, name);
  const target = aliases.find((alias) => inForce(alias, atNs))?.to;
  const model = matchModel(layers, target ?? name);
  if (model === undefined) return undefined;
  return { id: model.id, aliasIntervals: aliases, alias: target !== undefined };
}

function modelEntries(
  layers: ProviderLayers,
  id: string,
): {
  entries: RankedEntry[];
  unpriced: string | undefined;
} {
  const entries: RankedEntry[] = [];
  let unpriced: string | undefined;
  for (const [depth, layer] of layers.entries()) {
    const model = layer.byId.get(id);
    if (model === undefined) continue;
    unpriced ??= model.unpriced;
    for (const entry of model.entries) entries.push({ entry, layer: layers.length - depth });
    if (model.withdraws) break;
  }
  return { entries, unpriced };
}

function appliesTo(multiplier: CompiledMultiplier, id: string): boolean {
  if (multiplier.except?.(id) === true) return false;
  return multiplier.only === undefined || multiplier.only(id);
}

type Finder = { readonly layersOf: (provider: string) => ProviderLayers };

function multipliersFor(layers: ProviderLayers, id: string): CompiledMultiplier[] {
  return layers.flatMap((layer) => layer.multipliers.filter((factor) => appliesTo(factor, id)));
}

function toolEntries(layers: ProviderLayers): RankedEntry[] {
  return layers.flatMap((layer) => layer.tools.map((entry) => ({ entry, layer: 0 })));
}

function findHere(
  finder: Finder,
  provider: string,
  told: string,
  atNs: bigint,
): FoundModel | undefined {
  const layers = finder.layersOf(provider);
  for (const candidate of nameCandidates(provider, told)) {
    const named = nameModel(layers, candidate.name, atNs);
    if (named === undefined) continue;
    const { entries, unpriced } = modelEntries(layers, named.id);
    return {
      id: named.id,
      aliasOf: named.alias ? named.id : undefined,
      aliasIntervals: named.aliasIntervals,
      entries: [...entries, ...toolEntries(layers)],
      multipliers: multipliersFor(layers, named.id),
      deployment: candidate.deployment,
      unpriced,
    };
  }
  return undefined;
}

/** The model a provider sells at another provider's price list, such as OpenAI's on Azure. */
function findElsewhere(
  finder: Finder,
  provider: string,
  told: string,
  atNs: bigint,
): FoundModel | undefined {
  const own = finder.layersOf(provider);
  for (const fallback of own.flatMap((layer) => layer.book.fallbacks)) {
    const lists = finder.layersOf(fallback.provider);
    for (const candidate of nameCandidates(provider, told)) {
      const found = findHere(finder, fallback.provider, candidate.name, atNs);
      if (found === undefined) continue;
      const theirs = new Set(lists.flatMap((layer) => layer.tools));
      const kept = found.entries.filter(({ entry }) => fallback.tools || !theirs.has(entry));
      const ownFactors = multipliersFor(own, found.id);
      return {
        ...found,
        entries: [...kept, ...toolEntries(own)],
        multipliers: fallback.multipliers
          ? [...new Set([...ownFactors, ...found.multipliers])]
          : ownFactors,
        deployment: candidate.deployment,
      };
    }
  }
  return undefined;
}

/** Undefined when no layer knows the model at that provider or where its models come from. */
export function findModel(
  finder: Finder,
  provider: string,
  told: string,
  atNs: bigint,
): FoundModel | undefined {
  return findHere(finder, provider, told, atNs) ?? findElsewhere(finder, provider, told, atNs);
}
