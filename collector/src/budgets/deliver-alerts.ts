/**
 * One look at what is to be delivered: each message that is due goes to its webhook, and what came of it is stored.
 * At least once: a process that dies between the answer and its row sends the message again, under the same id.
 */
import type { AlertEvent } from '@ai-cost-profiler/queries/alerts/alert-event.ts';
import { type Pending, readOutbox } from '@ai-cost-profiler/queries/alerts/outbox.ts';
import { instantOfMs } from '@ai-cost-profiler/queries/parameters.ts';
import { openTenantScope } from '@ai-cost-profiler/queries/tenant-scope.ts';
import type { AlertStore } from './evaluate-budgets.ts';
import type { SendOptions, SendOutcome, WebhookMessage } from './send-webhook.ts';
import type { Webhook, Webhooks } from './webhook-operations.ts';

export interface DeliverDeps {
  readonly store: AlertStore;
  readonly webhooks: Pick<Webhooks, 'inForce'>;
  readonly send: (message: WebhookMessage, options: SendOptions) => Promise<SendOutcome>;
  readonly mayBePrivate: boolean;
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onAttempt: (outcome: 'delivered' | 'failed' | 'gave_up', about: object) => void;
}

export interface DeliverResult {
  /** Messages that wait for another attempt. */
  readonly pending: number;
  /** When the next of them is due, in milliseconds since 1970; null: none waits. */
  readonly nextMs: number | null;
}

const SEND_TIMEOUT_MS = 15_000;
/** 5 s, 20 s, 80 s, … up to 6 h: with ten attempts a receiver may be away for a night. */
const BACKOFF_FIRST_MS = 5_000;
const BACKOFF_FACTOR = 4;
const BACKOFF_MS_MAX = 6 * 3_600_000;
const ATTEMPTS_MAX = 10;
/** Longer than all attempts together take. */
const OUTBOX_MS = 3 * 86_400_000;
const MESSAGES_MAX = 1000;
/** The receiver says that it is gone for good (Standard Webhooks). */
const GONE = 410;

/** How long after a failed attempt the next one comes: half of it is chance, so that not all come back at once. */
function retryAfterMs(attempt: number, random: number): number {
  const fullMs = Math.min(BACKOFF_FIRST_MS * BACKOFF_FACTOR ** (attempt - 1), BACKOFF_MS_MAX);
  return Math.round(fullMs * (0.5 + random / 2));
}

/** Sends what is due. Each webhook on its own: a slow one keeps nobody else waiting. Throws what the store throws. */
export async function deliverAlerts(
  deps: DeliverDeps,
  signal: AbortSignal,
): Promise<DeliverResult> {
  const done = deps.webhooks.inForce().map(async (webhook) => {
    return deliverTo(deps, webhook, await outboxOf(deps, webhook), signal);
  });
  // Before one that failed is told, the others have come to their end.
  await Promise.allSettled(done);
  return together(await Promise.all(done));
}

function outboxOf({ store, nowMs }: DeliverDeps, webhook: Webhook): Promise<Pending[]> {
  const reader = { tenant: webhook.tenant, operator: false };
  const scope = openTenantScope(store, reader, { by: [], filters: [] });
  const sinceMs = Math.max(Date.parse(webhook.createdAt), nowMs() - OUTBOX_MS);
  const sinceNs = instantOfMs(sinceMs);
  return readOutbox(scope, { webhookId: webhook.id, sinceNs, limit: MESSAGES_MAX });
}

function together(results: readonly DeliverResult[]): DeliverResult {
  const times = results.map(({ nextMs }) => nextMs).filter((ms) => ms !== null);
  return {
    pending: results.reduce((sum, { pending }) => sum + pending, 0),
    nextMs: times.length === 0 ? null : Math.min(...times),
  };
}

/** In order, until one fails: where one does, the others would as well, and each would take its time-out. */
async function deliverTo(
  deps: DeliverDeps,
  webhook: Webhook,
  pending: readonly Pending[],
  signal: AbortSignal,
): Promise<DeliverResult> {
  const waiting: number[] = [];
  let isFailing = false;
  for (const message of pending) {
    const dueMs = message.nextAt === null ? deps.nowMs() : Date.parse(message.nextAt);
    if (isFailing || signal.aborted || dueMs > deps.nowMs()) {
      waiting.push(dueMs);
      continue;
    }
    const nextMs = await attempt(deps, webhook, message);
    isFailing = nextMs !== null;
    if (nextMs !== null) waiting.push(nextMs);
  }
  return { pending: waiting.length, nextMs: waiting.length === 0 ? null : Math.min(...waiting) };
}

/** Sends once and stores what came of it. @returns when to try again; null: never */
async function attempt(
  deps: DeliverDeps,
  webhook: Webhook,
  { event, attempts }: Pending,
): Promise<number | null> {
  const { store, mayBePrivate } = deps;
  const message = { id: event.message_id, body: bodyOf(event) };
  const timestamp = Math.floor(deps.nowMs() / 1000);
  const { status, error } = await deps.send(message, {
    url: webhook.url,
    secret: webhook.secret,
    timestamp,
    timeoutMs: SEND_TIMEOUT_MS,
    mayBePrivate,
  });
  const number = attempts + 1;
  const isLast = number >= ATTEMPTS_MAX || status === GONE;
  const outcome = error === '' ? 'delivered' : isLast ? 'gave_up' : 'failed';
  const nowMs = deps.nowMs();
  const nextMs = outcome === 'failed' ? nowMs + retryAfterMs(number, deps.random()) : null;
  const about = { webhook_id: webhook.id, message_id: message.id, attempt: number, status, error };
  const row = {
    tenant: webhook.tenant,
    ...about,
    outcome,
    next_at: nextMs === null ? null : new Date(nextMs).toISOString(),
    recorded_at: new Date(nowMs).toISOString(),
  };
  await store.insertRows(`${store.database}.webhook_attempts`, [row]);
  deps.onAttempt(outcome, about);
  return nextMs;
}

/** The payload as Standard Webhooks recommends it; the same bytes at each attempt. */
const bodyOf = (event: AlertEvent): string =>
  JSON.stringify({ type: `alert.${event.event}`, timestamp: event.recorded_at, data: event });
