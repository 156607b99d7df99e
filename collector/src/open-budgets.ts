/**
 * Budgets, alerts and webhooks with the control state they stand on, and the loop that looks at them, in the collector
 * that settles.
 */
import { randomBytes } from 'node:crypto';
import { type AlertLoop, startAlertLoop } from './budgets/alert-loop.ts';
import { type Budgets, createBudgets } from './budgets/budget-operations.ts';
import { type DeliverResult, deliverAlerts } from './budgets/deliver-alerts.ts';
import { evaluateBudgets } from './budgets/evaluate-budgets.ts';
import { LastLooks } from './budgets/last-looks.ts';
import { lookStore } from './budgets/look-store.ts';
import { sendWebhook } from './budgets/send-webhook.ts';
import { createWebhooks, type Webhooks } from './budgets/webhook-operations.ts';
import type { Config } from './config.ts';
import type { ControlState } from './control/control-state.ts';
import { tenantSecrets } from './control/fingerprint-secret.ts';
import { DeletionFence } from './deletion-fence.ts';
import type { ForwardClock } from './forward-clock.ts';
import type { LivePublisher } from './live-feed.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { PublishAlert } from './publish-alert.ts';
import type { Storage } from './storage.ts';
import { TenantStates } from './tenant-states.ts';
import { systemTimers } from './timers.ts';

export interface OpenBudgets {
  /** Keys the ids of a tenant's alerts. */
  readonly alertIdSecretOf: (tenant: string) => Buffer;
  readonly budgets: Budgets;
  readonly webhooks: Webhooks;
  /** Between what is told of budgets and deletions. */
  readonly fence: DeletionFence;
}

export function openBudgets(config: Config, control: ControlState): OpenBudgets {
  const newId = (kind: string) => () => `${kind}_${randomBytes(12).toString('hex')}`;
  const tenantStates = new TenantStates(control);
  const secretOf = tenantSecrets(control);
  return {
    // For this alone, so that no fingerprint of a text that somebody sends is an id. No tenant has such a name.
    alertIdSecretOf: (tenant) => secretOf(`\0alerts/${tenant}`),
    budgets: createBudgets({ state: control, tenantStates, newId: newId('bud') }),
    webhooks: createWebhooks({
      state: control,
      tenantStates,
      newId: newId('wh'),
      // No tenant has such a name.
      rootSecret: () => secretOf('\0webhooks'),
      mayBePrivate: config.webhookPrivateAddresses,
    }),
    fence: new DeletionFence(),
  };
}

export interface AlertingParts {
  readonly config: Config;
  readonly storage: Storage;
  readonly budgets: OpenBudgets;
  readonly clock: ForwardClock;
  readonly live: LivePublisher;
  /** Tells whether this is the collector that settles now. */
  readonly storing: { readonly settling: { readonly isOwner: boolean } };
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Begins to look at the budgets, where this is the collector that settles; the tables must be there. */
export function startAlerting(parts: AlertingParts): AlertLoop | undefined {
  const { config, metrics, log } = parts;
  if (!config.settle) return undefined;
  const storeUntil = (signal: AbortSignal) => lookStore(parts.storage.store, signal);
  const { nowMs } = parts.clock;
  const { budgets, webhooks, fence, alertIdSecretOf: idSecretOf } = parts.budgets;
  const publishAlert = alertPublisher(parts);
  const lastLooks = new LastLooks();
  return startAlertLoop({
    evaluate: async (signal) => {
      if (!parts.storing.settling.isOwner) return lastLooks.forget();
      const end = metrics.aicost_budget_pass_seconds.startTimer();
      const onEvaluated = (outcome: string) =>
        metrics.aicost_budget_evaluations_total.inc({ outcome });
      const store = storeUntil(signal);
      const isOwner = () => parts.storing.settling.isOwner;
      const deps = {
        store,
        budgets,
        isOwner,
        fence,
        lastLooks,
        idSecretOf,
        publishAlert,
        nowMs,
        onEvaluated,
      };
      await evaluateBudgets(deps, signal);
      end();
    },
    deliver: async (signal) => {
      if (!parts.storing.settling.isOwner) return NOTHING_PENDING;
      const mayBePrivate = config.webhookPrivateAddresses;
      const sending = {
        store: storeUntil(signal),
        webhooks,
        send: sendWebhook,
        mayBePrivate,
        fence,
        nowMs,
      };
      const onAttempt = (outcome: string, about: object): void => {
        metrics.aicost_webhook_attempts_total.inc({ outcome });
        if (outcome !== 'delivered') log.warn({ ...about, outcome }, 'a webhook was not reached');
      };
      const result = await deliverAlerts({ ...sending, random: Math.random, onAttempt }, signal);
      metrics.aicost_webhook_pending.set(result.pending);
      return result;
    },
    timers: systemTimers,
    nowMs,
    onFailed: (doing, error) => {
      metrics.aicost_budget_failures_total.inc({ doing });
      log.warn({ err: error, doing }, 'a look at the budgets failed; the next one goes on');
    },
  });
}

function alertPublisher({ live, metrics, log }: AlertingParts): PublishAlert {
  return (tenant, alert) => {
    const { state, event, alert_id, budget_id } = alert;
    live.publish(tenant, 'alert', alert);
    metrics.aicost_alerts_total.inc({ state, event });
    log.info({ tenant, state, event, alert_id, budget_id }, 'an alert of a budget');
  };
}

const NOTHING_PENDING: DeliverResult = { pending: 0, nextMs: null };
