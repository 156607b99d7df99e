/**
 * What is still to be delivered: every event that was recorded since, for every webhook, unless it was delivered or given
 * up. It follows from stored rows alone, so that a process that died loses none.
 */
import { instantSql } from '../instant-sql.ts';
import type { InstantNs } from '../range.ts';
import { bound, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { ALERT_COLUMNS, type AlertEvent, readAlertEvent, type StoredAlert } from './alert-event.ts';
import { readDeliveries } from './deliveries.ts';

export interface Pending {
  readonly event: AlertEvent;
  readonly webhookId: string;
  /** Attempts that failed. */
  readonly attempts: number;
  /** When it may be tried next, RFC 3339; null: at once. */
  readonly nextAt: string | null;
}

/** A webhook gets what was recorded after it was made. */
export interface Subscriber {
  readonly webhookId: string;
  readonly sinceNs: InstantNs;
}

/** Oldest first, at most `limit` events. Older ones than `sinceNs` are not looked at. */
export async function readOutbox(
  scope: TenantScope,
  asked: {
    readonly subscribers: readonly Subscriber[];
    readonly sinceNs: InstantNs;
    readonly limit: number;
  },
): Promise<Pending[]> {
  const { subscribers, sinceNs, limit } = asked;
  if (subscribers.length === 0) return [];
  const ids = subscribers.map(({ webhookId }) => webhookId);
  const done = sql`SELECT message_id ${scope.from('webhook_attempts')} AND outcome IN ('delivered', 'gave_up')
    AND webhook_id IN ${bound('Array(String)', ids)}
    GROUP BY message_id HAVING uniqExact(webhook_id) >= ${bound('UInt64', ids.length)}`;
  const stored = await scope.query<StoredAlert>(
    sql`SELECT ${ALERT_COLUMNS} ${scope.from('alerts')} AND recorded_at >= ${instantSql(oldest(subscribers, sinceNs))}
      AND message_id NOT IN (${done}) ORDER BY alerts.recorded_at, message_id LIMIT ${bound('UInt64', limit)}`,
  );
  const events = stored.map((row) => ({
    event: readAlertEvent(row),
    ns: BigInt(row.recorded_at_ns ?? 0),
  }));
  const deliveries = await readDeliveries(
    scope,
    events.map(({ event }) => event.message_id),
  );
  return events.flatMap(({ event, ns }) =>
    subscribers
      .filter((subscriber) => ns >= subscriber.sinceNs)
      .flatMap(({ webhookId }): Pending[] => {
        const known = deliveries.get(event.message_id)?.find((one) => one.webhook_id === webhookId);
        if (known !== undefined && known.outcome !== 'failed') return [];
        return [
          { event, webhookId, attempts: known?.attempts ?? 0, nextAt: known?.next_at ?? null },
        ];
      }),
  );
}

function oldest(subscribers: readonly Subscriber[], sinceNs: InstantNs): InstantNs {
  const first = subscribers.reduce((a, b) => (a.sinceNs < b.sinceNs ? a : b)).sinceNs;
  return first > sinceNs ? first : sinceNs;
}
