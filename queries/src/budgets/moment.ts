/**
 * What a budget is looked at with: up to when, over which period and burn windows, and from which amounts on it is in
 * which state. Invariant: limits are whole atto-dollars, so that SQL and this process draw the same line.
 */
import { MONEY_SCALE, parseDecimal, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { type InstantNs, NS_PER_SECOND, type Range } from '../range.ts';
import { type Budget, type BurnRule, RATIO_SCALE, spanSeconds } from './definition.ts';
import { type EndedPeriod, type Period, periodAt } from './period.ts';

/** A burn rule with the places of its windows in `burnRanges`, and what must be spent there to burn. */
export interface BurnLimit {
  readonly rule: BurnRule;
  readonly fast: BurnWindow;
  readonly slow: BurnWindow;
}

export interface BurnWindow {
  /** Place in `burnRanges`. */
  readonly at: number;
  readonly seconds: number;
  readonly limitAtto: bigint;
}

export interface Moment {
  /** Everything before counts: now, or where settle is through. */
  readonly atNs: InstantNs;
  /** For the basis settled: of traces that go on later, calls booked later are left out. */
  readonly markNs: InstantNs | null;
  readonly period: Period;
  /** From the period's start to `atNs`; empty at the very start. */
  readonly spentRange: Range;
  readonly burnRanges: readonly Range[];
  readonly burnLimits: readonly BurnLimit[];
  readonly amountAtto: bigint;
  /** Spending this much is warning; null: never. */
  readonly warnAtto: bigint | null;
}

/**
 * Null while the basis is settled and nothing was ever settled: then nothing is known.
 * @param ended a period that is over by then: it is looked at as it ended
 */
export function momentOf(
  budget: Budget,
  nowNs: InstantNs,
  settledThroughNs: InstantNs | null,
  ended?: EndedPeriod,
): Moment | null {
  const isSettled = budget.basis === 'settled';
  const knownNs = isSettled ? settledThroughNs : nowNs;
  if (knownNs === null) return null;
  const atNs = ended?.toNs ?? knownNs;
  const period = ended ?? periodAt(budget.window, atNs);
  const amountAtto = parseUsd(budget.amount_usd);
  const warn = budget.warn_at === null ? null : ratio(budget.warn_at);
  return {
    atNs,
    markNs: isSettled ? settledThroughNs : null,
    period,
    spentRange: { fromNs: period.fromNs, toNs: atNs },
    amountAtto,
    warnAtto: warn === null ? null : ceilDivide(amountAtto * warn, RATIO_ONE),
    ...burnOf(budget, { amountAtto, atNs, period }),
  };
}

const RATIO_ONE = 10n ** BigInt(RATIO_SCALE);
const ratio = (text: string): bigint => parseDecimal(text, RATIO_SCALE);

/** Sums are whole atto-dollars too: to reach a fraction is to reach the next whole. */
const ceilDivide = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

function burnOf(
  budget: Budget,
  { amountAtto, atNs, period }: Pick<Moment, 'amountAtto' | 'atNs' | 'period'>,
): Pick<Moment, 'burnRanges' | 'burnLimits'> {
  const lengths: number[] = [];
  const windowOf = (span: string, factor: string): BurnWindow => {
    const seconds = spanSeconds(span);
    if (!lengths.includes(seconds)) lengths.push(seconds);
    const evenly = amountAtto * BigInt(seconds) * NS_PER_SECOND;
    const limitAtto = ceilDivide(evenly * ratio(factor), period.lengthNs * RATIO_ONE);
    return { at: lengths.indexOf(seconds), seconds, limitAtto };
  };
  const burnLimits = budget.burn_rules.map((rule) => ({
    rule,
    fast: windowOf(rule.fast, rule.factor),
    slow: windowOf(rule.slow, rule.factor),
  }));
  const burnRanges = lengths.map((seconds) => ({
    fromNs: atNs - BigInt(seconds) * NS_PER_SECOND,
    toNs: atNs,
  }));
  return { burnRanges, burnLimits };
}

/** How many times the even rate was spent in a window: (spent / window) / (amount / period), in units of 1e-18. */
export function burnUnits(
  moment: Moment,
  spentAtto: bigint,
  { seconds }: BurnWindow,
): [bigint, bigint] {
  const scale = 10n ** BigInt(MONEY_SCALE);
  const numerator = spentAtto * moment.period.lengthNs * scale;
  return [numerator, moment.amountAtto * BigInt(seconds) * NS_PER_SECOND];
}
