/** The keys of a budget that somebody must be told of now, each with every state that holds. */
import { readSettledThrough } from '../provisional.ts';
import type { InstantNs } from '../range.ts';
import type { TenantScope } from '../tenant-scope.ts';
import type { Budget } from './definition.ts';
import { type AlertState, type Judgement, judgeSpending } from './judge.ts';
import { type Moment, momentOf } from './moment.ts';
import type { EndedPeriod } from './period.ts';
import { readSpending } from './spending.ts';

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
}

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
  const spending = await readSpending({ scope, budget, moment, nowNs, limit, onlyAlerting: true });
  const keys = spending.slice(0, limit).map((one) => {
    const judgement = judgeSpending(moment, one);
    return { key: budget.each === null ? null : one.key, judgement, states: judgement.alerting };
  });
  return { moment, keys, isCut: spending.length > limit };
}
