/**
 * One look at every budget: which keys are in which state now, and what of that is new. Invariant: an event is stored
 * before anybody hears of it, so that deliveries follow from what is stored.
 */
import { type AlertEvent, storedAlert } from '@ai-cost-profiler/queries/alerts/alert-event.ts';
import { readOpenAlerts } from '@ai-cost-profiler/queries/alerts/open-alerts.ts';
import { readAlerting } from '@ai-cost-profiler/queries/budgets/alerting.ts';
import type { Budget } from '@ai-cost-profiler/queries/budgets/definition.ts';
import { ExpiredQuestion } from '@ai-cost-profiler/queries/expired-ledger.ts';
import { instantOfMs } from '@ai-cost-profiler/queries/parameters.ts';
import {
  openTenantScope,
  type Store as QueryStore,
  type TenantScope,
} from '@ai-cost-profiler/queries/tenant-scope.ts';
import type { PublishAlert } from '../publish-alert.ts';
import { alertChanges, deletedBudgetChanges } from './alert-changes.ts';
import type { Budgets } from './budget-operations.ts';

export interface AlertStore extends QueryStore {
  insertRows(table: string, rows: readonly object[]): Promise<void>;
}

export interface EvaluateDeps {
  readonly store: AlertStore;
  readonly budgets: Pick<Budgets, 'inForce' | 'tenants'>;
  readonly publishAlert: PublishAlert;
  readonly nowMs: () => number;
  readonly onEvaluated: (outcome: 'known' | 'unknown' | 'expired') => void;
}

/** Keys of one budget that can alert at once. */
const ALERTING_KEYS_MAX = 10_000;
const NO_DIMENSIONS = { by: [], filters: [] };

/** Looks at every budget of every tenant. Throws what the store throws, when all were looked at. */
export async function evaluateBudgets(deps: EvaluateDeps, signal: AbortSignal): Promise<void> {
  const inForce = deps.budgets.inForce();
  const failures: unknown[] = [];
  for (const tenant of deps.budgets.tenants()) {
    const scope = openTenantScope(deps.store, { tenant, operator: false }, NO_DIMENSIONS);
    const open = await readOpenAlerts(scope);
    const budgets = inForce.filter((budget) => budget.tenant === tenant);
    for (const budget of budgets) {
      if (signal.aborted) return;
      const ofBudget = open.filter(({ budget_id }) => budget_id === budget.id);
      try {
        await tell(deps, tenant, await changesOf(deps, scope, budget, ofBudget));
      } catch (error) {
        // One that takes too long keeps no other from being looked at.
        failures.push(error);
      }
    }
    const ids = new Set(budgets.map(({ id }) => id));
    const orphans = open.filter(({ budget_id }) => !ids.has(budget_id));
    await tell(deps, tenant, deletedBudgetChanges(orphans, instantOfMs(deps.nowMs())));
  }
  if (failures.length > 0) throw failures[0];
}

async function changesOf(
  { nowMs, onEvaluated }: EvaluateDeps,
  scope: TenantScope,
  budget: Budget,
  open: readonly AlertEvent[],
): Promise<AlertEvent[]> {
  const nowNs = instantOfMs(nowMs());
  try {
    const alerting = await readAlerting(scope, { budget, nowNs, limit: ALERTING_KEYS_MAX });
    onEvaluated(alerting === null ? 'unknown' : 'known');
    return alerting === null ? [] : alertChanges(budget, alerting, open, nowNs);
  } catch (error) {
    if (!(error instanceof ExpiredQuestion)) throw error;
    // Its window reaches back further than the ledger: what was spent is not known any more.
    onEvaluated('expired');
    return [];
  }
}

async function tell(
  { store, publishAlert }: EvaluateDeps,
  tenant: string,
  events: readonly AlertEvent[],
): Promise<void> {
  const rows = events.map((event) => storedAlert(tenant, event));
  await store.insertRows(`${store.database}.alerts`, rows);
  for (const event of events) publishAlert(tenant, event);
}
