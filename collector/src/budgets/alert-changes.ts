/**
 * From what holds now and which alerts are open to the events that lie between. Pure, and repeatable: the same question
 * asked twice has no second answer, because an open alert does not fire again.
 */
import { createHmac } from 'node:crypto';
import type { AlertEvent } from '@ai-cost-profiler/queries/alerts/alert-event.ts';
import type { NewestEvent } from '@ai-cost-profiler/queries/alerts/open-alerts.ts';
import type { Alerting, AlertingKey } from '@ai-cost-profiler/queries/budgets/alerting.ts';
import type { Budget } from '@ai-cost-profiler/queries/budgets/definition.ts';
import type { AlertState } from '@ai-cost-profiler/queries/budgets/judge.ts';
import { formatInstant, type InstantNs, parseInstant } from '@ai-cost-profiler/queries/range.ts';

const ID_HEX = 32;

/** Keyed: an id stays when a person's name is erased, and must not tell whoever tries names. */
const hash = (secret: Uint8Array | string, ...parts: readonly (string | null)[]): string =>
  createHmac('sha256', secret).update(JSON.stringify(parts)).digest('hex').slice(0, ID_HEX);

export interface AlertQuestion {
  readonly budget: Budget;
  readonly alerting: Alerting;
  /** The open alerts of this budget. */
  readonly open: readonly AlertEvent[];
  /** By alert, what was told of it last. */
  readonly previous: ReadonlyMap<string, NewestEvent>;
  readonly nowNs: InstantNs;
  /** Of the tenant; ids follow from it. */
  readonly secret: Uint8Array;
}

/** Events of one budget, resolved ones first. */
export function alertChanges(question: AlertQuestion): AlertEvent[] {
  const { budget, alerting, open, previous, nowNs } = question;
  const wanted = wantedAlerts(question);
  const resolved = open.flatMap((alert) => {
    if (wanted.has(alert.alert_id)) return [];
    const isOther = alert.period_to !== periodTo(alerting);
    // More keys alert than were read: this one may be among those that were not.
    if (alerting.isCut && !isOther) return [];
    // What is known by now is of the other period.
    const found = isOther ? undefined : alerting.keys.find(({ key }) => key === alert.key);
    const { spent_usd = null, burn = [] } = found?.judgement ?? {};
    const at = formatInstant(alerting.moment.atNs);
    const now = { ...alert, ...toldOf(budget), spent_usd, burn: [...burn], at };
    return [resolve(now, reasonOf(alert, question), nowNs)];
  });
  const known = new Set(open.map(({ alert_id }) => alert_id));
  const fired = [...wanted]
    .filter(([id]) => !known.has(id))
    .map(([id, { key, state }]) =>
      fire({ budget, alerting, key, state, id, nowNs, previous: previous.get(id) }),
    );
  return [...resolved, ...fired];
}

/** Why an alert that does not hold any more is resolved. */
function reasonOf(alert: AlertEvent, { budget, alerting }: AlertQuestion): AlertEvent['reason'] {
  const isOther = alert.period_to !== periodTo(alerting);
  const isOver =
    alert.period_to !== null && parseInstant(alert.period_to, 0n) <= alerting.moment.atNs;
  const isChanged = alert.budget_version !== String(budget.version);
  if (isOther && (isOver || !isChanged)) return 'period_ended';
  return isChanged ? 'budget_changed' : 'below';
}

/** What an event says of its budget, as it is in force. */
const toldOf = (budget: Budget) => ({
  budget_name: budget.name,
  budget_version: String(budget.version),
  amount_usd: budget.amount_usd,
});

/** The budget is gone, and with it what its alerts were about. */
export function deletedBudgetChanges(open: readonly AlertEvent[], nowNs: InstantNs): AlertEvent[] {
  const at = formatInstant(nowNs);
  return open.map((alert) =>
    resolve({ ...alert, spent_usd: null, burn: [], at }, 'budget_deleted', nowNs),
  );
}

const periodTo = ({ moment }: Alerting): string | null =>
  moment.period.toNs === null ? null : formatInstant(moment.period.toNs);

/** By id. A calendar's next period has alerts of its own; a rolling window has one, which comes and goes. */
function wantedAlerts({ budget, alerting, secret }: AlertQuestion) {
  const { fromNs, toNs } = alerting.moment.period;
  const period = toNs === null ? 'rolling' : `${fromNs}/${toNs}`;
  return new Map(
    alerting.keys.flatMap((key) =>
      key.states.map((state) => [
        `alert_${hash(secret, budget.id, key.key, state, period)}`,
        { key, state },
      ]),
    ),
  );
}

function fire(about: {
  budget: Budget;
  alerting: Alerting;
  key: AlertingKey;
  state: AlertState;
  id: string;
  nowNs: InstantNs;
  previous: NewestEvent | undefined;
}): AlertEvent {
  const { budget, alerting, key, state, id, nowNs, previous } = about;
  const { period, atNs } = alerting.moment;
  return stamp(
    {
      alert_id: id,
      event: 'fired',
      state,
      reason: 'reached',
      budget_id: budget.id,
      ...toldOf(budget),
      dimension: budget.each,
      key: key.key,
      period_from: period.toNs === null ? null : formatInstant(period.fromNs),
      period_to: periodTo(alerting),
      spent_usd: key.judgement.spent_usd,
      burn: [...key.judgement.burn],
      at: formatInstant(atNs),
    },
    { nowNs, previous },
  );
}

function resolve(alert: AlertEvent, reason: AlertEvent['reason'], nowNs: InstantNs): AlertEvent {
  return stamp({ ...alert, event: 'resolved', reason }, { nowNs, previous: alert });
}

/** The id of an event follows from what was told before it: two that tell it at once tell it under one id. */
function stamp(
  event: Omit<AlertEvent, 'message_id' | 'recorded_at'>,
  told: { readonly nowNs: InstantNs; readonly previous: NewestEvent | undefined },
): AlertEvent {
  const before = told.previous?.recorded_at ?? null;
  return {
    ...event,
    message_id: `msg_${hash(event.alert_id, event.event, before)}`,
    recorded_at: formatInstant(told.nowNs),
  };
}
