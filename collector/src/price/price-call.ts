/**
 * The charge of one call: quantities times the rates in force, each line rounded once.
 * Invariant: Σ lines is the total; a quantity without a price makes the call unpriced, never free.
 */
import { divideHalfEven, LINE_ATTO_USD_MAX, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import {
  INPUT_BUCKETS,
  OUTPUT_BUCKETS,
  type Usage,
  type UsageKey,
} from '@ai-cost-profiler/clickhouse/usage.ts';
import type { ChargeKey } from '../bucket-amounts.ts';
import { type CacheEffect, cacheEffect, UNKNOWN_EFFECT } from './cache-effect.ts';
import { type CallContext, NO_CONTEXT } from './call-context.ts';
import type { PriceBook, Unpriced, UnpricedReason } from './price-book.ts';
import type { ChargeRate, KeyPlan, PlannedRate, RatePlan } from './rate-plan.ts';
import type { Ratio } from './ratio.ts';

/** What the provider itself said the call cost. */
export type ReportedCost = {
  /** Plain decimal USD. */
  readonly costUsd?: string;
  /** xAI's `cost_in_usd_ticks`: 1e-10 USD each (docs.x.ai/developers/cost-tracking). */
  readonly costTicks?: bigint;
};

export type PricedCall = {
  readonly provider: string;
  readonly model: string;
  /** The call's start, nanoseconds since 1970: the price in force then is the price. */
  readonly atNs: bigint;
  readonly usage: Usage;
  readonly context?: CallContext;
  readonly reported?: ReportedCost;
  /** A fee the producer told in USD, charged beside the computed lines. Plain decimal. */
  readonly flatFeeUsd?: string;
};

export type ChargeLine = {
  readonly key: ChargeKey;
  /** Measured units count 1e-9 of their unit, as in `Usage`. */
  readonly quantity: bigint;
  /** More than `quantity` where the provider bills a minimum. */
  readonly billedQuantity: bigint;
  readonly rate: ChargeRate;
  /** At list price, and after the customer's discount. */
  readonly listAtto: bigint;
  readonly costAtto: bigint;
  /** The exact amount does not end within 1e-18 USD and was rounded, half to even. */
  readonly inexact: boolean;
};

export type Priced = {
  readonly status: 'priced';
  readonly basis: 'computed' | 'reported';
  readonly listAtto: bigint;
  readonly costAtto: bigint;
  readonly lines: readonly ChargeLine[];
  readonly bookVersion: string;
  readonly inexact: boolean;
  /** Of a reported cost nothing is known of it. */
  readonly cache: CacheEffect;
  /** Where cache writes were told without their lifetime and it changes the price. */
  readonly lifetimes?: CostRange;
};
/** What a call costs at least and at most, in atto-dollars, both ends possible. */
export type CostRange = { readonly lowAtto: bigint; readonly highAtto: bigint };
export type PriceResult = Priced | Unpriced;

const ATTO_PER_TICK = 100_000_000n;
/** Charged by what the producer told; tokens of cited pages are not part of the prompt. */
const PROMPT_BUCKETS: readonly UsageKey[] = INPUT_BUCKETS.filter((key) => key !== 'in_citation');

function fail(reason: UnpricedReason, detail: string): Unpriced {
  return { status: 'unpriced', reason, detail };
}

function sumOf(usage: Usage, keys: readonly UsageKey[]): bigint {
  let sum = 0n;
  for (const key of keys) sum += usage[key] ?? 0n;
  return sum;
}

type Sizes = { readonly prompt: bigint; readonly output: bigint };
const NO_SIZES: Sizes = { prompt: 0n, output: 0n };

function beyond(tier: KeyPlan['tiers'][number]['tier'], sizes: Sizes): boolean {
  const size = tier.metric === 'prompt_tokens' ? sizes.prompt : sizes.output;
  return tier.gte ? size >= tier.threshold : size > tier.threshold;
}

type Rounded = { readonly atto: bigint; readonly inexact: boolean };

/** The one rounding of a line: half to even, and marked when it changed anything. */
function amount(quantity: bigint, rate: Ratio): Rounded {
  const exact = quantity * rate.num;
  if (rate.den === 1n) return { atto: exact, inexact: false };
  const inexact = exact % rate.den !== 0n;
  return { atto: inexact ? divideHalfEven(exact, rate.den) : exact / rate.den, inexact };
}

function chargeLine(key: UsageKey, told: bigint, billed: bigint, rate: PlannedRate): ChargeLine {
  const list = amount(billed, rate.list);
  const cost = rate.cost === rate.list ? list : amount(billed, rate.cost);
  return {
    key,
    quantity: told,
    billedQuantity: billed,
    rate: rate.shown,
    listAtto: list.atto,
    costAtto: cost.atto,
    inexact: list.inexact || cost.inexact,
  };
}

/** The part of a quantity at each graduated rate; the metric's size decides where a part begins. */
function graduatedLines(key: UsageKey, quantity: bigint, plan: KeyPlan): ChargeLine[] {
  const lines: ChargeLine[] = [];
  const steps = plan.tiers.filter(({ tier }) => tier.graduated);
  let start = 0n;
  let rate = plan.base;
  for (const step of steps) {
    const end = step.tier.threshold < quantity ? step.tier.threshold : quantity;
    if (end > start) lines.push(chargeLine(key, end - start, end - start, rate));
    start = end;
    rate = step.rate;
  }
  if (quantity > start) lines.push(chargeLine(key, quantity - start, quantity - start, rate));
  return lines;
}

function linesOfKey(key: UsageKey, quantity: bigint, plan: KeyPlan, sizes: Sizes): ChargeLine[] {
  if (plan.tiers.some(({ tier }) => tier.graduated)) return graduatedLines(key, quantity, plan);
  let rate = plan.base;
  for (const step of plan.tiers) if (beyond(step.tier, sizes)) rate = step.rate;
  const billed = quantity > 0n && quantity < plan.minimum ? plan.minimum : quantity;
  return [chargeLine(key, quantity, billed, rate)];
}

function withoutRate(call: PricedCall, plan: RatePlan, key: UsageKey): Unpriced {
  const open = plan.uncovered[key];
  if (open === undefined) {
    const detail = `${key}: ${plan.modelId} of ${call.provider} has no price for it at that time`;
    return fail('missing_rate', detail);
  }
  return fail('unpriced_context', `${key}: ${plan.modelId} has no known price under ${open}`);
}

function sizesOf(usage: Usage, plan: RatePlan): Sizes {
  return plan.tiered
    ? { prompt: sumOf(usage, PROMPT_BUCKETS), output: sumOf(usage, OUTPUT_BUCKETS) }
    : NO_SIZES;
}

function chargeUsage(call: PricedCall, plan: RatePlan, sizes: Sizes): ChargeLine[] | Unpriced {
  const { usage } = call;
  const lines: ChargeLine[] = [];
  let key: UsageKey;
  for (key in usage) {
    const quantity = usage[key];
    if (quantity === undefined) continue;
    if (quantity < 0n) return fail('invalid_usage', `${key} is ${quantity}, expected 0 or more`);
    const rate = plan.rates[key];
    if (rate !== undefined) lines.push(...linesOfKey(key, quantity, rate, sizes));
    // Most models take no fee for the request itself, and every call is one.
    else if (quantity !== 0n && key !== 'requests') return withoutRate(call, plan, key);
  }
  // A call is one request even where the producer does not count it.
  const fee = plan.rates.requests;
  if (fee !== undefined && usage.requests === undefined)
    lines.push(...linesOfKey('requests', 1n, fee, sizes));
  return lines;
}

/**
 * What the call costs at least and at most, where cache writes were told without their lifetime and the provider sells
 * two. They are charged at its default, 5 minutes ("By default, the cache has a 5-minute lifetime",
 * platform.claude.com/docs/en/build-with-claude/prompt-caching). Undefined where the lifetime changes nothing.
 */
function rangeOfLifetimes(
  { usage }: PricedCall,
  { plan, sizes, costAtto }: { plan: RatePlan; sizes: Sizes; costAtto: bigint },
): CostRange | undefined {
  const written = usage.in_cache_write ?? 0n;
  const assumed = plan.rates.in_cache_write;
  if (written === 0n || assumed === undefined) return undefined;
  const costAt = (rate: KeyPlan) =>
    linesOfKey('in_cache_write', written, rate, sizes).reduce((sum, l) => sum + l.costAtto, 0n);
  const rest = costAtto - costAt(assumed);
  let [lowAtto, highAtto] = [costAtto, costAtto];
  for (const rate of [plan.rates.in_cache_write_5m, plan.rates.in_cache_write_1h]) {
    const cost = rate === undefined ? costAtto : rest + costAt(rate);
    if (cost < lowAtto) lowAtto = cost;
    if (cost > highAtto) highAtto = cost;
  }
  return lowAtto === highAtto ? undefined : { lowAtto, highAtto };
}

const TOLD = { plan: false, unverified: false } as const;

function toldLine(key: 'flat_fee' | 'reported_cost', atto: bigint, text: string): ChargeLine {
  return {
    key,
    quantity: 1n,
    billedQuantity: 1n,
    rate: { amount: text, per: 1n, multipliers: [], priceId: 'told by the producer', ...TOLD },
    listAtto: atto,
    costAtto: atto,
    inexact: false,
  };
}

function total(
  lines: readonly ChargeLine[],
  basis: Priced['basis'],
  bookVersion: string,
): PriceResult {
  let listAtto = 0n;
  let costAtto = 0n;
  let inexact = false;
  for (const line of lines) {
    if (line.listAtto > LINE_ATTO_USD_MAX) {
      return fail('over_limit', `${line.key}: a charge line above 1000000000 USD is not believed`);
    }
    listAtto += line.listAtto;
    costAtto += line.costAtto;
    inexact ||= line.inexact;
  }
  const cache = UNKNOWN_EFFECT;
  return { status: 'priced', basis, listAtto, costAtto, lines, bookVersion, inexact, cache };
}

function hasUsage(usage: Usage): boolean {
  let key: UsageKey;
  for (key in usage) if (usage[key] !== undefined) return true;
  return false;
}

function reportedAtto(
  reported: ReportedCost | undefined,
): { atto: bigint; text: string } | undefined {
  if (reported?.costUsd !== undefined) {
    return { atto: parseUsd(reported.costUsd), text: reported.costUsd };
  }
  if (reported?.costTicks === undefined) return undefined;
  return { atto: reported.costTicks * ATTO_PER_TICK, text: `${reported.costTicks}e-10` };
}

/** Reasons that mean "there is no price", where the provider's own figure stands in. */
const REPORTED_STANDS_IN: ReadonlySet<UnpricedReason> = new Set([
  'unknown_provider',
  'unknown_model',
  'no_usage',
  'missing_rate',
  'unpriced_context',
]);

function compute(book: PriceBook, call: PricedCall): PriceResult {
  const fee = call.flatFeeUsd;
  if (!hasUsage(call.usage) && fee === undefined) {
    return fail('no_usage', 'the call told no usage, so what it cost is unknown');
  }
  const context = call.context ?? NO_CONTEXT;
  const resolution = book.resolve(call.provider, call.model, call.atNs, context);
  if ('unpriced' in resolution) return resolution.unpriced;
  const { plan } = resolution;
  const sizes = sizesOf(call.usage, plan);
  const lines = chargeUsage(call, plan, sizes);
  if ('status' in lines) return lines;
  if (fee !== undefined) lines.push(toldLine('flat_fee', parseUsd(fee), fee));
  const result = total(lines, 'computed', book.version);
  if (result.status === 'unpriced') return result;
  const cache = cacheEffect(call.usage, plan, (key, quantity, rate) =>
    linesOfKey(key, quantity, rate, sizes),
  );
  const lifetimes = rangeOfLifetimes(call, { plan, sizes, costAtto: result.costAtto });
  return lifetimes === undefined ? { ...result, cache } : { ...result, cache, lifetimes };
}

/**
 * Prices one call by the book in force at its start. Amounts are atto-dollars. Throws RangeError
 * only for a reported cost or fee that is not plain decimal text.
 */
export function priceCall(book: PriceBook, call: PricedCall): PriceResult {
  const result = compute(book, call);
  if (result.status === 'priced' || !REPORTED_STANDS_IN.has(result.reason)) return result;
  const reported = reportedAtto(call.reported);
  if (reported === undefined || reported.atto < 0n) return result;
  return total([toldLine('reported_cost', reported.atto, reported.text)], 'reported', book.version);
}
