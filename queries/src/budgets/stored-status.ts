/**
 * Rows of `budget_status`: how a budget stood when the collector looked at it, judged as its status is. Of a budget the
 * rows of the newest look count, so that a key which is not among them any more is gone.
 */
import { formatInstant, type InstantNs } from '../range.ts';
import { sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import type { Alerting } from './alerting.ts';
import type { Budget } from './definition.ts';
import { ALERT_STATES, type BudgetState, type Judgement, spentUsd } from './judge.ts';
import type { Spending } from './spending.ts';

/** Why nothing is known: nothing is settled yet, or the window needs entries that are gone. */
export type UnknownStatus = 'unknown' | 'expired';

/** A row for the store: instants in RFC 3339, amounts as decimals, counts as integers. */
export interface StoredStatus {
  readonly tenant: string;
  readonly budget_id: string;
  /** '' for a budget without `each`. */
  readonly dimension: string;
  /** '' for a budget without `each`, and of one with it for all of its calls together. */
  readonly key: string;
  readonly budget_version: string;
  readonly budget_name: string;
  /** Of each key. */
  readonly amount_usd: string;
  readonly calls: string | null;
  readonly unpriced_calls: string | null;
  readonly spent_usd: string | null;
  readonly remaining_usd: string | null;
  readonly forecast_usd: string | null;
  readonly state: BudgetState | UnknownStatus | 'deleted';
  readonly period_from: string | null;
  readonly period_to: string | null;
  readonly at: string | null;
  readonly recorded_at: string;
}

const NOTHING_KNOWN = {
  ...{ calls: null, unpriced_calls: null, spent_usd: null, remaining_usd: null },
  ...{ forecast_usd: null, period_from: null, period_to: null, at: null },
} as const;

const headOf = (budget: Budget, recordedNs: InstantNs) => ({
  tenant: budget.tenant,
  budget_id: budget.id,
  dimension: budget.each ?? '',
  budget_version: String(budget.version),
  budget_name: budget.name,
  amount_usd: budget.amount_usd,
  recorded_at: formatInstant(recordedNs),
});

/** A look at a budget: at least one row. */
export function statusRows(
  budget: Budget,
  found: Alerting | UnknownStatus,
  recordedNs: InstantNs,
): StoredStatus[] {
  const head = headOf(budget, recordedNs);
  if (typeof found === 'string') return [{ ...head, ...NOTHING_KNOWN, key: '', state: found }];
  const { moment, top, total } = found;
  const { fromNs, toNs } = moment.period;
  const known = {
    ...head,
    period_from: formatInstant(fromNs),
    period_to: toNs === null ? null : formatInstant(toNs),
    at: formatInstant(moment.atNs),
  };
  const keys = top.map(({ spending, judgement }) => ({
    ...known,
    key: spending.key,
    ...countsOf(spending),
    ...standingOf(judgement),
  }));
  if (budget.each === null) return keys;
  const nothing = { remaining_usd: null, forecast_usd: null };
  const spent = { spent_usd: spentUsd(total), state: gravestState(found) };
  return [{ ...known, key: '', ...countsOf(total), ...nothing, ...spent }, ...keys];
}

const countsOf = ({ calls, unpricedCalls }: Spending) => ({
  calls: String(calls),
  unpriced_calls: String(unpricedCalls),
});

const standingOf = ({ spent_usd, remaining_usd, forecast_usd, state }: Judgement) => ({
  ...{ spent_usd, remaining_usd, forecast_usd, state },
});

/** Of all keys that alert, those included that are not among the rows. */
function gravestState({ keys, total }: Alerting): BudgetState {
  const held = new Set(keys.flatMap(({ states }) => states));
  const gravest = ALERT_STATES.findLast((state) => held.has(state));
  return gravest ?? (spentUsd(total) === null ? 'unknown' : 'ok');
}

/** A budget of which there are rows, by its tenant. */
export interface ToldBudget {
  readonly tenant: string;
  readonly budget_id: string;
}

/** Says that there is no such budget any more. */
export const deletedStatus = (told: ToldBudget, recordedNs: InstantNs): StoredStatus => ({
  ...told,
  ...NOTHING_KNOWN,
  ...{ dimension: '', key: '', budget_version: '0', budget_name: '', amount_usd: '0' },
  state: 'deleted',
  recorded_at: formatInstant(recordedNs),
});

/** Budgets that are told of, those that were deleted since included. `scope`: of all tenants. */
export function readToldBudgets(scope: TenantScope): Promise<ToldBudget[]> {
  return scope.query<ToldBudget>(
    sql`SELECT tenant, budget_id ${scope.from('budget_status')} GROUP BY tenant, budget_id HAVING argMax(state, recorded_at) != 'deleted'`,
  );
}
