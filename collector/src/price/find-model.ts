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

/** What is asked of the book's layers. */
export type Finder = {
  /** All layers of a provider, a customer's contract with it included. */
  readonly layersOf: (provider: string) => ProviderLayers;
  /** Without the contract: a contract with one provider prices nothing that another one sells. */
  readonly listOf: (provider: string) => ProviderLayers;
  readonly contractOf: (provider: string) => ProviderLayers;
};

/** Everything that may price a model, before the context is looked at. */
export type FoundModel = {
  readonly id: string;
  /** Whose price list was asked: the told provider, unless an alias leads to another one. */
  readonly provider: string;
  /** What the told name stood for at the instant, step by step; empty where it was no alias. */
  readonly aliasPath: readonly string[];
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
  readonly aliasPath: readonly string[];
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

/** Every layer's: an alias that ended, or has not begun, leaves the name to the layers below. */
function aliasesOf(layers: ProviderLayers, name: string): readonly CompiledAlias[] {
  return layers.flatMap((layer) => layer.aliases.get(name) ?? []);
}

function nameModel(layers: ProviderLayers, name: string, atNs: bigint): Named | undefined {
  const aliases = aliasesOf(layers, name).filter(({ provider }) => provider === undefined);
  const target = aliases.find((alias) => inForce(alias, atNs))?.to;
  const model = matchModel(layers, target ?? name);
  if (model === undefined) return undefined;
  const aliasPath = target === undefined ? [] : [target];
  return { id: model.id, aliasIntervals: aliases, aliasPath };
}

/** What the layers say of a model, down to one that sets those below it aside. */
export function modelEntries(
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

function multipliersFor(layers: ProviderLayers, id: string): CompiledMultiplier[] {
  return layers.flatMap((layer) => layer.multipliers.filter((factor) => appliesTo(factor, id)));
}

function toolEntries(layers: ProviderLayers): RankedEntry[] {
  return layers.flatMap((layer) => layer.tools.map((entry) => ({ entry, layer: 0 })));
}

/** Names to try at the layers of one provider, the most literal first. */
function findHere(
  layers: ProviderLayers,
  { provider, told }: { provider: string; told: string },
  atNs: bigint,
): FoundModel | undefined {
  for (const candidate of nameCandidates(provider, told)) {
    const named = nameModel(layers, candidate.name, atNs);
    if (named === undefined) continue;
    const { entries, unpriced } = modelEntries(layers, named.id);
    return {
      id: named.id,
      provider,
      aliasPath: named.aliasPath,
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
  { provider, told }: { provider: string; told: string },
  atNs: bigint,
): FoundModel | undefined {
  const own = finder.layersOf(provider);
  for (const fallback of own.flatMap((layer) => layer.book.fallbacks)) {
    const list = finder.listOf(fallback.provider);
    for (const candidate of nameCandidates(provider, told)) {
      const asked = { provider: fallback.provider, told: candidate.name };
      const found = findHere(list, asked, atNs);
      if (found === undefined) continue;
      const theirs = new Set(list.flatMap((layer) => layer.tools));
      const kept = found.entries.filter(({ entry }) => fallback.tools || !theirs.has(entry));
      const ownFactors = multipliersFor(own, found.id);
      return {
        ...found,
        provider,
        entries: [...kept, ...toolEntries(own)],
        multipliers: fallback.multipliers ? [...ownFactors, ...found.multipliers] : ownFactors,
        deployment: candidate.deployment,
      };
    }
  }
  return undefined;
}

/** A contract's entries outrank every layer of a list, also one of another provider. */
const CONTRACT_RANK = 50;

/** What a contract says of a model that its provider sells at another one's price list. */
function withContract(found: FoundModel, contract: ProviderLayers): FoundModel {
  const { entries, unpriced } = modelEntries(contract, found.id);
  const own = entries.map(({ entry, layer }) => ({ entry, layer: layer + CONTRACT_RANK }));
  const withdraws = contract.some((layer) => layer.byId.get(found.id)?.withdraws === true);
  return {
    ...found,
    entries: withdraws ? own : [...found.entries, ...own],
    unpriced: found.unpriced ?? unpriced,
  };
}

function findAt(
  finder: Finder,
  asked: { provider: string; told: string },
  atNs: bigint,
): FoundModel | undefined {
  const contract = finder.contractOf(asked.provider);
  const here = findHere(finder.layersOf(asked.provider), asked, atNs);
  if (here !== undefined) {
    const list = finder.listOf(asked.provider);
    if (contract.length === 0 || list.some((layer) => layer.byId.has(here.id))) return here;
  }
  const told = here?.aliasPath.at(-1) ?? asked.told;
  const elsewhere = findElsewhere(finder, { provider: asked.provider, told }, atNs);
  if (elsewhere === undefined) return here;
  if (here !== undefined && here.id !== elsewhere.id) return here;
  return withContract(elsewhere, contract);
}

type Redirect = {
  /** In force at the instant. */
  readonly alias: CompiledAlias | undefined;
  /** Of all aliases of the name, whether they are in force or not. */
  readonly intervals: readonly Interval[];
  readonly deployment: string | undefined;
};

/** Where an alias leads that names its provider: a deployment, an opaque profile, a gateway's name. */
function redirectOf(
  layers: ProviderLayers,
  { provider, told }: { provider: string; told: string },
  atNs: bigint,
): Redirect {
  const intervals: Interval[] = [];
  const names = [{ name: told.trim().toLowerCase() }, ...nameCandidates(provider, told)];
  for (const candidate of names) {
    const aliases = aliasesOf(layers, candidate.name).filter((one) => one.provider !== undefined);
    intervals.push(...aliases);
    const alias = aliases.find((one) => inForce(one, atNs));
    const deployment = 'deployment' in candidate ? candidate.deployment : undefined;
    if (alias !== undefined) return { alias, intervals, deployment };
  }
  return { alias: undefined, intervals, deployment: undefined };
}

/** A gateway's name may stand for a deployment, and that for a model. */
const REDIRECTS_MAX = 4;

/** Undefined when no layer knows the model at that provider or where its models come from. */
export function findModel(
  finder: Finder,
  provider: string,
  told: string,
  atNs: bigint,
): FoundModel | undefined {
  const intervals: Interval[] = [];
  const aliasPath: string[] = [];
  let asked = { provider, told };
  let zone: string | undefined;
  for (;;) {
    const redirect = redirectOf(finder.layersOf(asked.provider), asked, atNs);
    intervals.push(...redirect.intervals);
    const { alias } = redirect;
    if (alias?.provider === undefined) break;
    zone ??= redirect.deployment;
    const next = { provider: alias.provider, told: alias.to };
    // A deployment may be named like the model that it serves: that is no circle.
    if (next.provider === asked.provider && next.told === asked.told.trim().toLowerCase()) break;
    if (aliasPath.length === REDIRECTS_MAX) return undefined;
    aliasPath.push(`${next.provider}/${next.told}`);
    asked = next;
  }
  const found = findAt(finder, asked, atNs);
  if (found === undefined || intervals.length === 0) return found;
  return {
    ...found,
    aliasPath: [...aliasPath, ...found.aliasPath],
    aliasIntervals: [...found.aliasIntervals, ...intervals],
    deployment: found.deployment ?? zone,
  };
}
