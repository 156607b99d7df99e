/**
 * How a budget stands: the keys that somebody must be told of now, each with every state that holds, and beside them
 * those that spent most. One question for both, asked once a minute of every budget.
 */
import { readSettledThrough } from '../provisional.ts';
import type { InstantNs } from '../range.ts';
import type { TenantScope } from '../tenant-scope.ts';
import type { Budget } from './definition.ts';
import { type AlertState, type Judgement, judgeSpending } from './judge.ts';
import { type Moment, momentOf } from './moment.ts';
import type { EndedPeriod } from './period.ts';
import { NOTHING_SPENT, readSpending, type Spending } from './spending.ts';

export interface AlertingKey {
  /** Null for a budget without `each`. */
  readonly key: string | null;
  readonly judgement: Judgement;
  readonly states: readonly AlertState[];
}

export interface Alerting {
  readonly moment: Moment;
  readonly keys: readonly AlertingKey[];
  /** There are more than were read: a key that is not among these may be alerting as well. */
  readonly isCut: boolean;
  /** Whatever their state, those that spent most first; none of a period that is over. */
  readonly top: readonly JudgedKey[];
  /** Of every call that the filters find. */
  readonly total: Spending;
}

/** A key with what it spent; '' for a budget without `each`. */
export interface JudgedKey {
  readonly spending: Spending;
  readonly judgement: Judgement;
}

/** Keys of one budget that are kept as they stand, beside those that alert. */
const TOP_KEYS_MAX = 20;

export interface AlertingQuestion {
  readonly budget: Budget;
  readonly nowNs: InstantNs;
  readonly limit: number;
  /** A period that is over: what held at its end. */
  readonly ended?: EndedPeriod;
}

/** Null while nothing is known. Throws ExpiredQuestion, and what the store throws. */
export async function readAlerting(
  scope: TenantScope,
  asked: AlertingQuestion,
): Promise<Alerting | null> {
  const { budget, nowNs, limit, ended } = asked;
  const moment = momentOf(budget, nowNs, await readSettledThrough(scope, nowNs), ended);
  if (moment === null) return null;
  const topKeys = ended === undefined ? TOP_KEYS_MAX : 0;
  const spending = await readSpending({ scope, budget, moment, nowNs, limit, topKeys });
  const judged = spending
    .filter(({ isTotal }) => !isTotal)
    .map((one): JudgedKey => ({ spending: one, judgement: judgeSpending(moment, one) }));
  const keys = judged
    .filter(({ judgement }) => judgement.alerting.length > 0)
    .map(({ spending: { key }, judgement }) => ({
      key: budget.each === null ? null : key,
      judgement,
      states: judgement.alerting,
    }));
  return {
    moment,
    keys: keys.slice(0, limit),
    isCut: keys.length > limit,
    top: judged.slice(0, topKeys),
    total: spending.find(({ isTotal }) => isTotal) ?? NOTHING_SPENT,
  };
}
