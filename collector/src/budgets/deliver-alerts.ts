/**
 * One look at what is to be delivered: each message that is due goes to its webhook, and what came of it is stored.
 * At least once: a process that dies between the answer and its row sends the message again, under the same id.
 */
import type { AlertEvent } from '@ai-cost-profiler/queries/alerts/alert-event.ts';
import { type Pending, readOutbox } from '@ai-cost-profiler/queries/alerts/outbox.ts';
import { instantOfMs } from '@ai-cost-profiler/queries/parameters.ts';
import { openTenantScope } from '@ai-cost-profiler/queries/tenant-scope.ts';
import type { DeletionFence, Deletions } from '../deletion-fence.ts';
import type { AlertStore } from './look-store.ts';
import type { SendOptions, SendOutcome, WebhookMessage } from './send-webhook.ts';
import type { Webhook, Webhooks } from './webhook-operations.ts';

export interface DeliverDeps {
  readonly store: AlertStore;
  readonly webhooks: Pick<Webhooks, 'inForce' | 'isInForce'>;
  readonly send: (message: WebhookMessage, options: SendOptions) => Promise<SendOutcome>;
  readonly mayBePrivate: boolean;
  readonly fence: DeletionFence;
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onAttempt: (outcome: 'delivered' | 'failed' | 'gave_up', about: object) => void;
}

export interface DeliverResult {
  /** Messages that wait, for another attempt or behind one that does. */
  readonly pending: number;
  /** When the next of them may be tried, in milliseconds since 1970; null: none waits. */
  readonly nextMs: number | null;
}

const SEND_TIMEOUT_MS = 15_000;
/** After this long a webhook begins no other message in the same pass. */
const TURN_MS_MAX = 10_000;
/** Each holds its messages in memory, and a connection. */
const WEBHOOKS_AT_ONCE = 32;
/** 5 s, 20 s, 80 s, … up to 6 h: with ten attempts a receiver may be away for a night (9.8 h without luck). */
const BACKOFF_FIRST_MS = 5_000;
const BACKOFF_FACTOR = 4;
const BACKOFF_MS_MAX = 6 * 3_600_000;
const ATTEMPTS_MAX = 10;
/** Until a message that may name somebody who is being deleted is read again. */
const DELETION_PAUSE_MS = 5_000;
/** Longer than all attempts of a message together take. What waits longer behind others is not sent. */
const OUTBOX_MS = 3 * 86_400_000;
const MESSAGES_MAX = 1000;
/** The receiver says that it is gone for good (Standard Webhooks). */
const GONE = 410;

/** How long after a failed attempt the next one comes: half of it is chance, so that not all come back at once. */
function retryAfterMs(attempt: number, random: number): number {
  const fullMs = Math.min(BACKOFF_FIRST_MS * BACKOFF_FACTOR ** (attempt - 1), BACKOFF_MS_MAX);
  return Math.round(fullMs * (0.5 + random / 2));
}

/**
 * Sends what is due, to some webhooks at once: what one has not got when its time is over, the next pass sends, so that
 * a slow one keeps nobody else waiting. Throws what the store throws, when all had their turn.
 */
export async function deliverAlerts(
  deps: DeliverDeps,
  signal: AbortSignal,
): Promise<DeliverResult> {
  const results: DeliverResult[] = [];
  const failures: unknown[] = [];
  // Each takes the next of the same list.
  const webhooks = deps.webhooks.inForce();
  if (webhooks.length === 0) return together([]);
  const deletions = await deps.fence.look(deps.store);
  const left = webhooks.values();
  const takeTurns = async (): Promise<void> => {
    for (const webhook of left) {
      if (signal.aborted) return;
      try {
        results.push(await deliverTo(deps, { webhook, deletions }, signal));
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: WEBHOOKS_AT_ONCE }, takeTurns));
  if (failures.length > 0) throw failures[0];
  return together(results);
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

/** In order: the first one that is not delivered holds those behind it, until it is delivered or given up. */
async function deliverTo(
  deps: DeliverDeps,
  { webhook, deletions }: { readonly webhook: Webhook; readonly deletions: Deletions },
  signal: AbortSignal,
): Promise<DeliverResult> {
  const endMs = deps.nowMs() + TURN_MS_MAX;
  const messages = await outboxOf(deps, webhook);
  // What was read may name somebody who was deleted since: the next pass reads it again.
  const attemptUnlessDeleted = (message: Pending) =>
    deps.fence.tell(deps.store, deletions, async (mayTell) =>
      mayTell(webhook.tenant)
        ? attempt(deps, webhook, message, signal)
        : deps.nowMs() + DELETION_PAUSE_MS,
    );
  for (const [at, message] of messages.entries()) {
    const nowMs = deps.nowMs();
    const dueMs = message.nextAt === null ? nowMs : Date.parse(message.nextAt);
    const mustWait = signal.aborted || nowMs >= endMs || dueMs > nowMs;
    const nextMs = mustWait ? dueMs : await attemptUnlessDeleted(message);
    if (nextMs !== null) return { pending: messages.length - at, nextMs };
  }
  return { pending: 0, nextMs: null };
}

/** Sends once and stores what came of it. @returns when to try again; null: never */
async function attempt(
  deps: DeliverDeps,
  webhook: Webhook,
  { event, attempts }: Pending,
  signal: AbortSignal,
): Promise<number | null> {
  const { store, webhooks, mayBePrivate } = deps;
  if (!webhooks.isInForce(webhook.id)) return null;
  const message = { id: event.message_id, body: bodyOf(event) };
  const timestamp = Math.floor(deps.nowMs() / 1000);
  const { status, error } = await deps.send(message, {
    url: webhook.url,
    secret: webhook.secret,
    timestamp,
    timeoutMs: SEND_TIMEOUT_MS,
    signal,
    mayBePrivate,
  });
  // The collector stops, and did not wait for the answer: that is no fault of the receiver.
  if (status === 0 && signal.aborted) return deps.nowMs();
  // Removed meanwhile, or its tenant deleted: nothing more is stored for it.
  if (!webhooks.isInForce(webhook.id)) return null;
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
