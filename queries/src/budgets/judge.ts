/**
 * What spending means for a budget: state, remaining, share, burn rates, forecast. Pure; money is whole atto-dollars.
 */
import {
  divideHalfEven,
  formatDecimal,
  formatUsd,
  MONEY_SCALE,
} from '@ai-cost-profiler/clickhouse/money.ts';
import { costIsUnknown } from '../figures.ts';
import { type BurnLimit, burnUnits, type Moment } from './moment.ts';
import type { Spending } from './spending.ts';

/** States that somebody is told of; the later a state stands, the more it says. */
export const ALERT_STATES = ['warning', 'burning', 'exceeded'] as const;
export type AlertState = (typeof ALERT_STATES)[number];
export type BudgetState = 'ok' | 'unknown' | AlertState;

export interface BurnRate {
  readonly fast: string;
  readonly slow: string;
  readonly factor: string;
  /** How many times the even rate is spent in each window. */
  readonly fast_rate: string;
  readonly slow_rate: string;
  readonly burning: boolean;
}

export interface Judgement {
  readonly spent_usd: string | null;
  readonly remaining_usd: string | null;
  readonly share: string | null;
  readonly forecast_usd: string | null;
  readonly burn: readonly BurnRate[];
  readonly state: BudgetState;
  /** Every state that holds: a budget may be exceeded, burn, and be beyond its warning at once. */
  readonly alerting: readonly AlertState[];
}

const SCALE = 10n ** BigInt(MONEY_SCALE);
/** Before 1/20 of the period is over a forecast says more about the first hour than about the period. */
const FORECAST_SHARE_MIN = 20n;

export function judgeSpending(moment: Moment, spending: Spending): Judgement {
  const { amountAtto, warnAtto } = moment;
  const { spentAtto } = spending;
  const burn = moment.burnLimits.map((limit) => burnRate(moment, spending, limit));
  const spent = spentUsd(spending);
  if (spent === null) {
    const nothing = { spent_usd: null, remaining_usd: null, share: null, forecast_usd: null };
    return { ...nothing, burn, state: 'unknown', alerting: [] };
  }
  const holds: Readonly<Record<AlertState, boolean>> = {
    warning: warnAtto !== null && spentAtto >= warnAtto,
    burning: burn.some(({ burning }) => burning),
    exceeded: spentAtto > amountAtto,
  };
  const alerting = ALERT_STATES.filter((state) => holds[state]);
  const forecast = forecastAtto(moment, spentAtto);
  return {
    spent_usd: spent,
    remaining_usd: formatUsd(amountAtto - spentAtto),
    share: formatDecimal(divideHalfEven(spentAtto * SCALE, amountAtto), MONEY_SCALE),
    forecast_usd: forecast === null ? null : formatUsd(forecast),
    burn,
    state: alerting.at(-1) ?? 'ok',
    alerting,
  };
}

/** Null while no call has a price. */
export function spentUsd({ calls, unpricedCalls, spentAtto }: Spending): string | null {
  const sums = { calls, unpriced_calls: unpricedCalls, cost_usd: spentAtto };
  return costIsUnknown(sums) ? null : formatUsd(spentAtto);
}

function burnRate(moment: Moment, { burnAtto }: Spending, limit: BurnLimit): BurnRate {
  const { rule, fast, slow } = limit;
  const [fastAtto, slowAtto] = [burnAtto[fast.at] ?? 0n, burnAtto[slow.at] ?? 0n];
  return {
    ...rule,
    fast_rate: formatDecimal(divideHalfEven(...burnUnits(moment, fastAtto, fast)), MONEY_SCALE),
    slow_rate: formatDecimal(divideHalfEven(...burnUnits(moment, slowAtto, slow)), MONEY_SCALE),
    burning: fastAtto >= fast.limitAtto && slowAtto >= slow.limitAtto,
  };
}

/** Linear: spent so far times the period's length over what of it is over. */
function forecastAtto({ period, atNs }: Moment, spentAtto: bigint): bigint | null {
  if (period.toNs === null) return null;
  const overNs = atNs - period.fromNs;
  if (overNs * FORECAST_SHARE_MIN < period.lengthNs) return null;
  return divideHalfEven(spentAtto * period.lengthNs, overNs);
}
