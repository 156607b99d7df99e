/**
 * What is still to be delivered to a webhook: every event that was recorded since it was made, unless it was delivered
 * or given up. It follows from stored rows alone, so that a process that died loses none.
 */
import { instantSql } from '../instant-sql.ts';
import type { InstantNs } from '../range.ts';
import { bound, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { ALERT_COLUMNS, type AlertEvent, readAlertEvent, type StoredAlert } from './alert-event.ts';
import { readDeliveries } from './deliveries.ts';

export interface Pending {
  readonly event: AlertEvent;
  /** Attempts that failed. */
  readonly attempts: number;
  /** When it may be tried next, RFC 3339; null: at once. */
  readonly nextAt: string | null;
}

/** Oldest first, at most `limit`. What was recorded before `sinceNs` is not looked at. */
export async function readOutbox(
  scope: TenantScope,
  asked: { readonly webhookId: string; readonly sinceNs: InstantNs; readonly limit: number },
): Promise<Pending[]> {
  const { webhookId, sinceNs, limit } = asked;
  // Attempts lie in the order of messages: only those of messages that are asked for are read.
  const recent = sql`SELECT message_id ${scope.from('alerts')} AND recorded_at >= ${instantSql(sinceNs)}`;
  const done = sql`SELECT message_id ${scope.from('webhook_attempts')} AND outcome IN ('delivered', 'gave_up')
    AND webhook_id = ${bound('String', webhookId)} AND message_id IN (${recent})`;
  const stored = await scope.query<StoredAlert>(
    sql`SELECT ${ALERT_COLUMNS} ${scope.from('alerts')} AND recorded_at >= ${instantSql(sinceNs)}
      AND message_id NOT IN (${done}) ORDER BY alerts.recorded_at, message_id LIMIT ${bound('UInt64', limit)}`,
  );
  const events = stored.map(readAlertEvent);
  const deliveries = await readDeliveries(
    scope,
    events.map(({ message_id }) => message_id),
  );
  return events.map((event) => {
    const known = deliveries.get(event.message_id)?.find((one) => one.webhook_id === webhookId);
    return { event, attempts: known?.attempts ?? 0, nextAt: known?.next_at ?? null };
  });
}
