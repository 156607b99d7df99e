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
  /** Keys the ids of a tenant's alerts. */
  readonly idSecretOf: (tenant: string) => Uint8Array;
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
  // One that takes too long, a budget or a tenant, keeps no other from being looked at.
  const onFailed = (error: unknown) => void failures.push(error);
  for (const tenant of deps.budgets.tenants()) {
    if (signal.aborted) return;
    const budgets = inForce.filter((budget) => budget.tenant === tenant);
    await evaluateTenant(deps, { tenant, budgets, onFailed }, signal).catch(onFailed);
  }
  if (failures.length > 0) throw failures[0];
}

async function evaluateTenant(
  deps: EvaluateDeps,
  of: { tenant: string; budgets: readonly Budget[]; onFailed: (error: unknown) => void },
  signal: AbortSignal,
): Promise<void> {
  const { tenant, budgets, onFailed } = of;
  const scope = openTenantScope(deps.store, { tenant, operator: false }, NO_DIMENSIONS);
  const open = await readOpenAlerts(scope);
  for (const budget of budgets) {
    if (signal.aborted) return;
    const ofBudget = open.filter(({ budget_id }) => budget_id === budget.id);
    const looking = changesOf(deps, scope, budget, ofBudget);
    await looking.then((events) => tell(deps, tenant, events)).catch(onFailed);
  }
  if (signal.aborted) return;
  const ids = new Set(budgets.map(({ id }) => id));
  const orphans = open.filter(({ budget_id }) => !ids.has(budget_id));
  await tell(deps, tenant, deletedBudgetChanges(orphans, instantOfMs(deps.nowMs())));
}

async function changesOf(
  { nowMs, onEvaluated, idSecretOf }: EvaluateDeps,
  scope: TenantScope,
  budget: Budget,
  open: readonly AlertEvent[],
): Promise<AlertEvent[]> {
  const nowNs = instantOfMs(nowMs());
  try {
    const alerting = await readAlerting(scope, { budget, nowNs, limit: ALERTING_KEYS_MAX });
    onEvaluated(alerting === null ? 'unknown' : 'known');
    if (alerting === null) return [];
    const secret = idSecretOf(budget.tenant);
    return alertChanges({ budget, alerting, open, nowNs, secret });
  } catch (error) {
    if (!(error instanceof ExpiredQuestion)) throw error;
    // Its window reaches back further than the ledger: what was spent is not known any more.
    onEvaluated('expired');
    return [];
  }
}

async function tell(
  { store, budgets, publishAlert }: EvaluateDeps,
  tenant: string,
  events: readonly AlertEvent[],
): Promise<void> {
  // The tenant may have been deleted since: nothing more is stored for it.
  if (events.length === 0 || !budgets.tenants().includes(tenant)) return;
  const rows = events.map((event) => storedAlert(tenant, event));
  await store.insertRows(`${store.database}.alerts`, rows);
  for (const event of events) publishAlert(tenant, event);
}
