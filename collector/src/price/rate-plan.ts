/**
 * The rates in force for one model, context and span of time: which entry gives each quantity its
 * price, which factors stack on it, and from when until when that holds.
 * Invariant: a dimension the caller told (tier, batch, speed, geography) is covered by an entry or a
 * factor for every quantity it bears on, or that quantity has no price here.
 */
import {
  INPUT_BUCKETS,
  MEASURED_SCALE,
  MEASURED_UNITS,
  OUTPUT_BUCKETS,
  USAGE_KEYS,
  type UsageKey,
} from '@ai-cost-profiler/clickhouse/usage.ts';
import type { ContextDimension, DimensionTest } from './book-schema.ts';
import { CALENDAR_SLOT_NS, windowHolds } from './calendar.ts';
import type { FoldedContext } from './call-context.ts';
import {
  type CompiledEntry,
  type CompiledMultiplier,
  type CompiledRate,
  type CompiledTier,
  type Interval,
  inForce,
  type WhenTest,
} from './compile-book.ts';
import type { FoundModel, RankedEntry } from './find-model.ts';
import { attoPerUnit, multiply, ONE, type RateParts, type Ratio, ratio } from './ratio.ts';

export type AppliedFactor = { readonly id: string; readonly factor: string };

/** What a charge line shows of its price. */
export type ChargeRate = {
  /** USD as a plain decimal, for `per` units of the quantity. */
  readonly amount: string;
  readonly per: bigint;
  readonly multipliers: readonly AppliedFactor[];
  /** The price entry: provider/model@from[conditions]. */
  readonly priceId: string;
  /** True when the price was announced for this time and not yet confirmed. */
  readonly plan: boolean;
  /** The price or a factor on it has no source that was read (`unverified` in the book). */
  readonly unverified: boolean;
};
export type PlannedRate = {
  readonly shown: ChargeRate;
  /** Atto-dollars per whole number of the stored quantity. */
  readonly list: Ratio;
  /** The very same object where no discount applies. */
  readonly cost: Ratio;
};
export type PlannedTier = {
  readonly tier: CompiledTier;
  readonly rate: PlannedRate;
};
export type KeyPlan = {
  readonly base: PlannedRate;
  readonly tiers: readonly PlannedTier[];
  /** In the stored quantity's unit. */
  readonly minimum: bigint;
  /** The price entry that gave it, and the quantity whose price it is there. */
  readonly entry: CompiledEntry;
  readonly key: UsageKey;
};
export type RatePlan = {
  readonly modelId: string;
  readonly rates: { readonly [K in UsageKey]?: KeyPlan };
  /** A told dimension that nothing in the book prices for a key. */
  readonly uncovered: { readonly [K in UsageKey]?: string };
  readonly tiered: boolean;
} & Interval;

/** Where a quantity has no price of its own, the bucket whose price the providers bill it at. */
const BILLED_AS: { readonly [K in UsageKey]?: UsageKey } = {
  in_cache_write: 'in_cache_write_5m',
  in_cache_write_5m: 'in_cache_write',
  in_cache_read_video: 'in_cache_read',
  in_image: 'in_uncached',
  in_video: 'in_uncached',
  in_tool_use: 'in_uncached',
  out_reasoning: 'out_text',
};
/** Dimensions that somebody chose and pays for; the others only describe. */
const PAID_DIMENSIONS: readonly ContextDimension[] = ['service_tier', 'batch', 'speed'];
/** Paid for only at models that have a price for some geography; elsewhere it changes nothing. */
const PAID_WHERE_PRICED: ContextDimension = 'inference_geo';
const TOKEN_KEYS: ReadonlySet<string> = new Set([...INPUT_BUCKETS, ...OUTPUT_BUCKETS]);
const MEASURED: ReadonlySet<string> = new Set(MEASURED_UNITS);
/** Fees for tools and storage do not follow the tier that served the model. */
const TIERLESS_KEYS: ReadonlySet<string> = new Set([
  'requests',
  'web_searches',
  'x_searches',
  'file_searches',
  'code_sessions',
  'session_seconds',
  'search_units',
  'cache_token_hours',
]);

function passes(test: DimensionTest, value: string | undefined): boolean {
  if (value === undefined) return false;
  if (typeof test === 'string') return test === value;
  return Array.isArray(test) ? test.includes(value) : !('not' in test && test.not.includes(value));
}

function whenHolds(when: WhenTest, context: FoldedContext): boolean {
  return when.every(([dimension, test]) => passes(test, context[dimension as ContextDimension]));
}

function entryHolds(entry: CompiledEntry, context: FoldedContext, atNs: bigint): boolean {
  if (!inForce(entry, atNs) || !whenHolds(entry.when, context)) return false;
  return entry.windows?.some((window) => windowHolds(window, atNs)) ?? true;
}

function names(when: WhenTest, dimension: string): boolean {
  return when.some(([named]) => named === dimension);
}

/** A factor is taken unless the entry's own price already is the price under that condition. */
function stacks(factor: CompiledMultiplier, entry: CompiledEntry, key: string): boolean {
  const { keys } = factor;
  const inScope = keys === 'all' || (keys === 'tokens' ? TOKEN_KEYS.has(key) : keys.has(key));
  return inScope && !factor.when.some(([dimension]) => names(entry.when, dimension));
}

function paidDimensions(found: FoundModel, context: FoldedContext): ContextDimension[] {
  const geography = found.multipliers.some((factor) => names(factor.when, PAID_WHERE_PRICED));
  const paid = geography ? [...PAID_DIMENSIONS, PAID_WHERE_PRICED] : PAID_DIMENSIONS;
  return paid.filter((dimension) => context[dimension] !== undefined);
}

type Choice = {
  readonly entry: CompiledEntry;
  readonly key: UsageKey;
  readonly rate: CompiledRate;
  readonly factors: readonly CompiledMultiplier[];
  readonly uncovered: string | undefined;
};

type Situation = {
  readonly context: FoldedContext;
  readonly paid: readonly ContextDimension[];
  readonly entries: readonly RankedEntry[];
  readonly factors: readonly CompiledMultiplier[];
};

function specificity(entry: CompiledEntry): number {
  return entry.when.length + (entry.windows === undefined ? 0 : 1);
}

function choose(situation: Situation, key: UsageKey): Choice | undefined {
  let best: { choice: Choice; rank: number } | undefined;
  for (const { entry, layer } of situation.entries) {
    const rate = entry.rates.get(key);
    if (rate === undefined) continue;
    const factors = situation.factors.filter((factor) => stacks(factor, entry, key));
    const open = TIERLESS_KEYS.has(key)
      ? undefined
      : situation.paid.find(
          (dimension) =>
            !names(entry.when, dimension) &&
            !factors.some((factor) => names(factor.when, dimension)),
        );
    const rank = (open === undefined ? 10_000 : 0) + layer * 100 + specificity(entry);
    if (best === undefined || rank >= best.rank) {
      best = { choice: { entry, key, rate, factors, uncovered: open }, rank };
    }
  }
  return best?.choice;
}

function product(factors: readonly CompiledMultiplier[]): Ratio {
  return factors.reduce((soFar, factor) => multiply(soFar, factor.factor), ONE);
}

function planRate(parts: RateParts, choice: Choice, key: UsageKey, discount: Ratio): PlannedRate {
  const onList = choice.factors.filter((factor) => !factor.costOnly);
  const onCost = choice.factors.filter((factor) => factor.costOnly);
  const perUnit = attoPerUnit(parts);
  const stored = MEASURED.has(key) ? ratio(perUnit.num, perUnit.den * MEASURED_SCALE) : perUnit;
  const list = multiply(stored, product(onList));
  const reduction = multiply(product(onCost), discount);
  return {
    shown: {
      amount: parts.amount,
      per: parts.per,
      multipliers: choice.factors.map((factor) => ({ id: factor.id, factor: factor.text })),
      priceId: choice.entry.id,
      plan: choice.entry.plan,
      unverified: [choice.entry, ...choice.factors].some(
        (one) => one.data.unverified !== undefined,
      ),
    },
    list,
    cost: reduction.num === reduction.den ? list : multiply(list, reduction),
  };
}

function planKey(choice: Choice, key: UsageKey, discount: Ratio): KeyPlan {
  return {
    base: planRate(choice.rate.base, choice, key, discount),
    tiers: choice.rate.tiers.map((tier) => ({
      tier,
      rate: planRate(tier.rate, choice, key, discount),
    })),
    minimum: choice.rate.minimum * (MEASURED.has(key) ? MEASURED_SCALE : 1n),
    entry: choice.entry,
    key: choice.key,
  };
}

/** The longest known span around the instant in which none of the intervals begins or ends. */
function steadySpan(intervals: readonly Interval[], calendar: boolean, atNs: bigint): Interval {
  let fromNs = calendar ? atNs - (atNs % CALENDAR_SLOT_NS) : undefined;
  let untilNs = fromNs === undefined ? undefined : fromNs + CALENDAR_SLOT_NS;
  for (const { fromNs: start, untilNs: end } of intervals) {
    for (const edge of [start, end]) {
      if (edge === undefined) continue;
      if (edge <= atNs && (fromNs === undefined || edge > fromNs)) fromNs = edge;
      if (edge > atNs && (untilNs === undefined || edge < untilNs)) untilNs = edge;
    }
  }
  return { fromNs, untilNs };
}

function withoutNeutral(
  context: FoldedContext,
  neutral: { readonly [D in ContextDimension]?: readonly string[] | undefined },
): FoldedContext {
  const kept = Object.entries(context).filter(
    ([dimension, value]) => neutral[dimension as ContextDimension]?.includes(value) !== true,
  );
  return Object.fromEntries(kept) as FoldedContext;
}

/** Settles each quantity's rate for a found model in a context at an instant. */
export function planRates(
  found: FoundModel,
  told: FoldedContext,
  settings: {
    readonly atNs: bigint;
    readonly discount: Ratio;
    readonly neutral: { readonly [D in ContextDimension]?: readonly string[] | undefined };
  },
): RatePlan {
  const zoned = found.deployment === undefined ? told : { ...told, deployment: found.deployment };
  const context = withoutNeutral(zoned, settings.neutral);
  const { atNs, discount } = settings;
  const situation: Situation = {
    context,
    paid: paidDimensions(found, context),
    entries: found.entries.filter(({ entry }) => entryHolds(entry, context, atNs)),
    factors: found.multipliers.filter(
      (factor) => inForce(factor, atNs) && whenHolds(factor.when, context),
    ),
  };
  const rates: { [K in UsageKey]?: KeyPlan } = {};
  const uncovered: { [K in UsageKey]?: string } = {};
  for (const key of USAGE_KEYS) {
    const own = choose(situation, key);
    const instead = BILLED_AS[key];
    const choice = own ?? (instead === undefined ? undefined : choose(situation, instead));
    if (choice === undefined) continue;
    if (choice.uncovered === undefined) rates[key] = planKey(choice, key, discount);
    else uncovered[key] = `${choice.uncovered} "${context[choice.uncovered as ContextDimension]}"`;
  }
  const intervals = [
    ...found.entries.map(({ entry }) => entry),
    ...found.multipliers,
    ...found.aliasIntervals,
  ];
  const calendar = found.entries.some(({ entry }) => entry.windows !== undefined);
  return {
    modelId: found.id,
    rates,
    uncovered,
    tiered: Object.values(rates).some((rate) => rate.tiers.length > 0),
    ...steadySpan(intervals, calendar, atNs),
  };
}
