/**
 * One look at every budget: which keys are in which state now, or were when a period ended, and what of that is new.
 * Invariant: an event is stored before anybody hears of it, so that deliveries follow from what is stored.
 */
import type { AlertEvent } from '@ai-cost-profiler/queries/alerts/alert-event.ts';
import { readNewestEvents, readOpenAlerts } from '@ai-cost-profiler/queries/alerts/open-alerts.ts';
import { type Alerting, readAlerting } from '@ai-cost-profiler/queries/budgets/alerting.ts';
import type { Budget } from '@ai-cost-profiler/queries/budgets/definition.ts';
import { type EndedPeriod, endedPeriods } from '@ai-cost-profiler/queries/budgets/period.ts';
import type { UnknownStatus } from '@ai-cost-profiler/queries/budgets/stored-status.ts';
import { ExpiredQuestion } from '@ai-cost-profiler/queries/expired-ledger.ts';
import { instantOfMs } from '@ai-cost-profiler/queries/parameters.ts';
import { formatInstant, type InstantNs } from '@ai-cost-profiler/queries/range.ts';
import { openTenantScope, type TenantScope } from '@ai-cost-profiler/queries/tenant-scope.ts';
import type { Deletions } from '../deletion-fence.ts';
import { alertChanges, deletedBudgetChanges } from './alert-changes.ts';
import type { Budgets } from './budget-operations.ts';
import type { LastLooks } from './last-looks.ts';
import { StatusNotes } from './note-statuses.ts';
import { type TellDeps, tellAlerts } from './tell-alerts.ts';

export interface EvaluateDeps extends TellDeps {
  readonly budgets: Pick<Budgets, 'inForce' | 'tenants'>;
  /** Of the passes before; kept by who calls. */
  readonly lastLooks: LastLooks;
  /** Keys the ids of a tenant's alerts. */
  readonly idSecretOf: (tenant: string) => Uint8Array;
  readonly nowMs: () => number;
  readonly onEvaluated: (outcome: 'known' | 'unknown' | 'expired') => void;
}

/** Keys of one budget that can alert at once. */
const ALERTING_KEYS_MAX = 10_000;
/** After this long no other budget of the tenant is begun in the same pass. */
const TURN_MS_MAX = 10_000;
const NO_DIMENSIONS = { by: [], filters: [] };

/**
 * Looks at the budgets of every tenant, of each as many as its turn has time for: the next pass goes on with the
 * others. Throws what the store throws, when all tenants had their turn.
 */
export async function evaluateBudgets(deps: EvaluateDeps, signal: AbortSignal): Promise<void> {
  const inForce = deps.budgets.inForce();
  const failures: unknown[] = [];
  // One that takes too long, a budget or a tenant, keeps no other from being looked at.
  const onFailed = (error: unknown) => void failures.push(error);
  const deletions = await deps.fence.look(deps.store);
  const notes = new StatusNotes(deletions);
  let isWhole = true;
  for (const tenant of deps.budgets.tenants()) {
    if (signal.aborted) return;
    const budgets = deps.lastLooks.inTurn(inForce.filter((budget) => budget.tenant === tenant));
    const turn = { tenant, budgets, notes, deletions, onFailed };
    const looking = evaluateTenant(deps, turn, signal);
    isWhole = (await looking.catch(onFailed)) === true && isWhole;
  }
  // What was looked at was, whether or not the table takes how it stands.
  if (isWhole && failures.length === 0) deps.lastLooks.passed(inForce.map(({ id }) => id));
  await notes.store(deps).catch(onFailed);
  if (failures.length > 0) throw failures[0];
}

interface TenantTurn {
  readonly tenant: string;
  readonly budgets: readonly Budget[];
  readonly notes: StatusNotes;
  readonly deletions: Deletions;
  readonly onFailed: (error: unknown) => void;
}

/** @returns whether there was time for all of them */
async function evaluateTenant(
  deps: EvaluateDeps,
  { tenant, budgets, notes, deletions, onFailed }: TenantTurn,
  signal: AbortSignal,
): Promise<boolean> {
  // Half way, tables tell different things of whom it is about; and nothing settles or is stored meanwhile.
  if (deletions.isRunning(tenant)) return false;
  const scope = openTenantScope(deps.store, { tenant, operator: false }, NO_DIMENSIONS);
  const open = await unlessFailed(readOpenAlerts(scope), signal, () => {
    for (const budget of budgets) notes.note(budget, 'unknown', instantOfMs(deps.nowMs()));
  });
  const endMs = deps.nowMs() + TURN_MS_MAX;
  let looked = 0;
  for (const budget of budgets) {
    if (signal.aborted) return false;
    if (deps.nowMs() >= endMs) break;
    looked += 1;
    deps.lastLooks.begin(budget.id);
    const ofBudget = open.filter(({ budget_id }) => budget_id === budget.id);
    const looking = { scope, budget, deletions, nowNs: instantOfMs(deps.nowMs()) };
    await lookAt(deps, looking, { notes, before: ofBudget, signal }).catch(onFailed);
  }
  if (signal.aborted) return false;
  const ids = new Set(budgets.map(({ id }) => id));
  const orphans = open.filter(({ budget_id }) => !ids.has(budget_id));
  const events = deletedBudgetChanges(orphans, instantOfMs(deps.nowMs()));
  await tellAlerts(deps, { tenant, deletions, events });
  return looked === budgets.length;
}

interface Looking {
  readonly scope: TenantScope;
  readonly budget: Budget;
  readonly deletions: Deletions;
  readonly nowNs: InstantNs;
}

interface LookState {
  readonly notes: StatusNotes;
  /** What of it was open before. */
  readonly before: readonly AlertEvent[];
  readonly signal: AbortSignal;
}

/** One budget: at the end of every period that ended since the last look, and then as it stands. */
async function lookAt(
  deps: EvaluateDeps,
  looking: Looking,
  { notes, before, signal }: LookState,
): Promise<void> {
  const { scope, budget, deletions, nowNs } = looking;
  const { tenant } = budget;
  const alerting = await unlessFailed(read(deps, looking), signal, () =>
    notes.note(budget, 'unknown', nowNs),
  );
  notes.note(budget, alerting, nowNs);
  if (isUnknown(alerting)) return;
  const { atNs } = alerting.moment;
  const lastNs = await deps.lastLooks.of(scope, budget.id, nowNs);
  const ended = lastNs === null ? [] : endedPeriods(budget.window, lastNs, atNs);
  let open = before;
  // Events of one alert are told apart by when they were recorded.
  let recordedNs = nowNs;
  for (const period of ended) {
    const events = await changesAtEnd(deps, looking, { period, open, recordedNs: recordedNs++ });
    if (!(await tellAlerts(deps, { tenant, deletions, events }))) return;
    open = openAfter(open, events);
  }
  const { events } = await changesOf(deps, looking, { alerting, open, recordedNs });
  if (!(await tellAlerts(deps, { tenant, deletions, events }))) return;
  deps.lastLooks.note(budget.id, atNs);
}

/** What of a period that ended is new; nothing of an alert that was already resolved with it. */
async function changesAtEnd(
  deps: EvaluateDeps,
  looking: Looking,
  asked: { period: EndedPeriod; open: readonly AlertEvent[]; recordedNs: InstantNs },
): Promise<AlertEvent[]> {
  const { period, recordedNs } = asked;
  const alerting = await read(deps, { ...looking, ended: period });
  if (isUnknown(alerting)) return [];
  const periodTo = formatInstant(period.toNs);
  const open = asked.open.filter(({ period_to }) => period_to === periodTo);
  const { events, previous } = await changesOf(deps, looking, { alerting, open, recordedNs });
  return events.filter(({ alert_id }) => previous.get(alert_id)?.reason !== 'period_ended');
}

/** What is new, and what was told last of the alerts that fire. */
async function changesOf(
  { idSecretOf }: EvaluateDeps,
  { scope, budget }: Looking,
  asked: { alerting: Alerting; open: readonly AlertEvent[]; recordedNs: InstantNs },
) {
  const { alerting, open, recordedNs: nowNs } = asked;
  const question = { budget, alerting, open, nowNs, secret: idSecretOf(budget.tenant) };
  const events = alertChanges({ ...question, previous: new Map() });
  if (events.every(({ event }) => event === 'resolved')) return { events, previous: new Map() };
  const { toNs } = alerting.moment.period;
  const previous = await readNewestEvents(scope, { budgetId: budget.id, toNs });
  return { events: alertChanges({ ...question, previous }), previous };
}

function openAfter(open: readonly AlertEvent[], events: readonly AlertEvent[]): AlertEvent[] {
  const changed = new Set(events.map(({ alert_id }) => alert_id));
  const others = open.filter(({ alert_id }) => !changed.has(alert_id));
  return [...others, ...events.filter(({ event }) => event === 'fired')];
}

/** How a budget stood an hour ago is not how it stands: a look that fails, and was not ended by a stop, is noted. */
async function unlessFailed<T>(
  looking: Promise<T>,
  signal: AbortSignal,
  note: () => void,
): Promise<T> {
  try {
    return await looking;
  } catch (error) {
    if (!signal.aborted) note();
    throw error;
  }
}

const isUnknown = (found: Alerting | UnknownStatus): found is UnknownStatus =>
  typeof found === 'string';

/** Or that nothing is known, or not any more. */
async function read(
  { onEvaluated }: EvaluateDeps,
  { scope, ...asked }: Looking & { readonly ended?: EndedPeriod },
): Promise<Alerting | UnknownStatus> {
  try {
    const alerting = await readAlerting(scope, { ...asked, limit: ALERTING_KEYS_MAX });
    onEvaluated(alerting === null ? 'unknown' : 'known');
    return alerting ?? 'unknown';
  } catch (error) {
    if (!(error instanceof ExpiredQuestion)) throw error;
    // Its window reaches back further than the ledger: what was spent is not known any more.
    onEvaluated('expired');
    return 'expired';
  }
}
