/**
 * Rates as plain numbers: what a kind of call costs a token, in a unit in which every rate is whole, so that a charge
 * is a few multiplications and exact. Whatever does not fit (fractions, graduated tiers, minimums, fees, amounts beyond
 * 2^53 units) is left to price-call.ts: here a charge is the same to the last digit, or none is given.
 */
import { LINE_ATTO_USD_MAX } from '@ai-cost-profiler/clickhouse/money.ts';
import { INPUT_BUCKETS, TOKEN_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { CallContext } from './call-context.ts';
import type { PriceBook } from './price-book.ts';
import type { KeyPlan, PlannedRate, RatePlan } from './rate-plan.ts';
import { gcd } from './ratio.ts';

/** What calls of one kind have in common. One object a kind: what was found out is remembered by it. */
export interface PricedKind {
  readonly provider: string;
  readonly model: string;
  readonly context: CallContext;
}

/** The instant as an integer, made only where a double does not decide. */
interface ExactStart {
  readonly startTimeUnixNano: bigint;
}

/** Charges of one kind of call in a span of time. */
export interface CountRates {
  /** Nanoseconds as doubles, drawn in by more than a double may be off. */
  readonly fromNs: number;
  readonly untilNs: number;
  /** Atto-dollars in one unit. */
  readonly unitAtto: bigint;
  readonly keys: readonly (CountRate | undefined)[];
  /** Units of one line that a double holds, and that are believed. */
  readonly lineUnitsMax: number;
}

export interface CountRate {
  /** Units for one token, below the first tier. */
  readonly list: number;
  readonly cost: number;
  readonly tiers: readonly CountTier[];
}

export interface CountTier {
  readonly isPrompt: boolean;
  readonly isFromThreshold: boolean;
  readonly threshold: number;
  readonly list: number;
  readonly cost: number;
}

/** Atto-dollars, all exact. */
export interface CountCharge {
  listAtto: bigint;
  costAtto: bigint;
  /** What it costs at least and at most, by the lifetime of cache writes whose own was not told. */
  lowAtto: bigint;
  highAtto: bigint;
  /** What each of TOKEN_BUCKETS costs, in units. */
  readonly lines: Float64Array;
}

const noCharge = (): CountCharge => ({
  listAtto: 0n,
  costAtto: 0n,
  lowAtto: 0n,
  highAtto: 0n,
  lines: new Float64Array(TOKEN_BUCKETS.length),
});

/** Doubles of today's nanoseconds are 256 apart. */
const SLACK_NS = 1_024;
const CACHE_WRITE = TOKEN_BUCKETS.indexOf('in_cache_write');
/** The lifetimes that are sold. */
const LIFETIMES = ['in_cache_write_5m', 'in_cache_write_1h'] as const;
const BY_LIFETIME = LIFETIMES.map((key) => TOKEN_BUCKETS.indexOf(key));
const CITATION = TOKEN_BUCKETS.indexOf('in_citation');
const SPANS_MAX = 16;

/** Rates by kind, for one book. */
export class CountRateMemo {
  private readonly book: PriceBook;
  private readonly byKind = new WeakMap<PricedKind, CountRates[]>();
  /** Where a charge and its other reading are worked out, again and again. */
  readonly told = noCharge();
  readonly other = noCharge();
  /** Calls of a kind follow each other. */
  private lastKind: PricedKind | undefined;
  private lastRates: CountRates | undefined;

  constructor(book: PriceBook) {
    this.book = book;
  }

  /** The rates of a kind at an instant (as a double and exactly), or undefined where they do not fit. */
  ratesOf(kind: PricedKind, atNs: number, start: ExactStart): CountRates | undefined {
    const { lastRates } = this;
    if (this.lastKind === kind && lastRates !== undefined && holdsAt(lastRates, atNs)) {
      return lastRates;
    }
    this.lastRates = this.find(kind, atNs, start);
    this.lastKind = kind;
    return this.lastRates;
  }

  private find(kind: PricedKind, atNs: number, start: ExactStart): CountRates | undefined {
    const known = this.byKind.get(kind);
    if (known !== undefined) {
      for (let i = known.length - 1; i >= 0; i--) {
        const rates = known[i]!;
        if (holdsAt(rates, atNs)) return rates;
      }
    }
    const { provider, model, context } = kind;
    const resolution = this.book.resolve(provider, model, start.startTimeUnixNano, context);
    const rates = 'plan' in resolution ? countRatesOf(resolution.plan) : undefined;
    if (rates === undefined) return undefined;
    if (known === undefined) this.byKind.set(kind, [rates]);
    else if (known.length < SPANS_MAX) known.push(rates);
    return rates;
  }
}

function holdsAt({ fromNs, untilNs }: CountRates, atNs: number): boolean {
  return atNs > fromNs && atNs < untilNs;
}

/** The plan in numbers; undefined where one of its rates does not fit. */
function countRatesOf(plan: RatePlan): CountRates | undefined {
  const plans = TOKEN_BUCKETS.map((key) => plan.rates[key]);
  const rates = plans.flatMap((key) => (key === undefined ? [] : ratesOf(key)));
  if (plan.rates.requests !== undefined || !plans.every(isPlain) || !rates.every(isWhole)) {
    return undefined;
  }
  const amounts = rates.flatMap(({ list, cost }) => [list.num, cost.num]);
  const shared = amounts.reduce(gcd, 0n);
  const unitAtto = shared === 0n ? 1n : shared;
  return {
    fromNs: plan.fromNs === undefined ? Number.NEGATIVE_INFINITY : Number(plan.fromNs) + SLACK_NS,
    untilNs:
      plan.untilNs === undefined ? Number.POSITIVE_INFINITY : Number(plan.untilNs) - SLACK_NS,
    unitAtto,
    keys: plans.map((key) => (key === undefined ? undefined : countRate(key, unitAtto))),
    lineUnitsMax: Math.min(Number(LINE_ATTO_USD_MAX / unitAtto), 2 ** 48),
  };
}

function ratesOf({ base, tiers }: KeyPlan): PlannedRate[] {
  return [base, ...tiers.map(({ rate }) => rate)];
}

function isPlain(key: KeyPlan | undefined): boolean {
  return key === undefined || (key.minimum === 0n && !key.tiers.some(({ tier }) => tier.graduated));
}

function isWhole({ list, cost }: PlannedRate): boolean {
  return list.den === 1n && cost.den === 1n;
}

function countRate({ base, tiers }: KeyPlan, unitAtto: bigint): CountRate {
  const inUnits = ({ list, cost }: PlannedRate) => ({
    list: Number(list.num / unitAtto),
    cost: Number(cost.num / unitAtto),
  });
  return {
    ...inUnits(base),
    tiers: tiers.map(({ tier, rate }) => ({
      ...inUnits(rate),
      isPrompt: tier.metric === 'prompt_tokens',
      isFromThreshold: tier.gte,
      threshold: Number(tier.threshold),
    })),
  };
}

/**
 * Charges token buckets (in the order of TOKEN_BUCKETS, absent below 0). False when it does not fit: no bucket at
 * all, one without a rate, or too large amounts.
 */
export function chargeCounts(rates: CountRates, buckets: Float64Array, into: CountCharge): boolean {
  let list = 0;
  let cost = 0;
  let isTold = false;
  for (let at = 0; at < buckets.length; at++) {
    const count = buckets[at]!;
    into.lines[at] = 0;
    isTold ||= count >= 0;
    if (count <= 0) continue;
    const rate = rates.keys[at];
    if (rate === undefined) return false;
    const step = stepOf(rate, buckets);
    const line = count * step.list;
    if (line > rates.lineUnitsMax || count * step.cost > rates.lineUnitsMax) return false;
    list += line;
    into.lines[at] = count * step.cost;
    cost += into.lines[at]!;
  }
  if (!isTold) return false;
  into.listAtto = BigInt(list) * rates.unitAtto;
  into.costAtto = list === cost ? into.listAtto : BigInt(cost) * rates.unitAtto;
  into.lowAtto = into.highAtto = into.costAtto;
  return buckets[CACHE_WRITE]! <= 0 || widenByLifetimes(rates, buckets, into);
}

/** As rangeOfLifetimes of price-call.ts, which says why. False when it does not fit. */
function widenByLifetimes(
  { keys, unitAtto, lineUnitsMax }: CountRates,
  buckets: Float64Array,
  into: CountCharge,
): boolean {
  const written = buckets[CACHE_WRITE]!;
  const assumed = stepOf(keys[CACHE_WRITE]!, buckets).cost;
  for (const at of BY_LIFETIME) {
    const rate = keys[at];
    if (rate === undefined) continue;
    const { cost } = stepOf(rate, buckets);
    if (written * cost > lineUnitsMax) return false;
    const atto = into.costAtto + BigInt(written * (cost - assumed)) * unitAtto;
    if (atto < into.lowAtto) into.lowAtto = atto;
    if (atto > into.highAtto) into.highAtto = atto;
  }
  return true;
}

/** The last tier that the call is beyond. */
export function stepOf(rate: CountRate, buckets: Float64Array): CountRate | CountTier {
  if (rate.tiers.length === 0) return rate;
  let step: CountRate | CountTier = rate;
  for (const tier of rate.tiers) {
    const size = tier.isPrompt ? promptOf(buckets) : outputOf(buckets);
    if (tier.isFromThreshold ? size >= tier.threshold : size > tier.threshold) step = tier;
  }
  return step;
}

/** Tokens of cited pages are not part of the prompt. */
function promptOf(buckets: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < INPUT_BUCKETS.length; at++) {
    if (at !== CITATION) sum += Math.max(buckets[at]!, 0);
  }
  return sum;
}

function outputOf(buckets: Float64Array): number {
  let sum = 0;
  for (let at = INPUT_BUCKETS.length; at < buckets.length; at++) sum += Math.max(buckets[at]!, 0);
  return sum;
}
