/** The alerts that fired and were not resolved, each by its newest event; of those that ended, only that is read. */
import { instantSql } from '../instant-sql.ts';
import type { InstantNs } from '../range.ts';
import { bound, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { ALERT_COLUMNS, type AlertEvent, readAlertEvent, type StoredAlert } from './alert-event.ts';

/** Of one budget, or of every budget of the tenant. */
export async function readOpenAlerts(scope: TenantScope, budgetId?: string): Promise<AlertEvent[]> {
  const which = budgetId === undefined ? sql`` : sql` AND budget_id = ${bound('String', budgetId)}`;
  const open = sql`SELECT alert_id ${scope.from('alerts')}${which} GROUP BY alert_id HAVING argMax(event, alerts.recorded_at) = 'fired'`;
  const newest = sql`SELECT * ${scope.from('alerts')}${which} AND alert_id IN (${open})
    ORDER BY alert_id, alerts.recorded_at DESC LIMIT 1 BY alert_id`;
  const stored = await scope.query<StoredAlert>(
    sql`SELECT ${ALERT_COLUMNS} FROM (${newest}) AS alerts`,
  );
  return stored.map(readAlertEvent);
}

export type NewestEvent = Pick<AlertEvent, 'reason' | 'recorded_at'>;

/** By id, the newest event of each alert that a budget ever had in a period. `toNs`: null of a rolling window. */
export async function readNewestEvents(
  scope: TenantScope,
  { budgetId, toNs }: { readonly budgetId: string; readonly toNs: InstantNs | null },
): Promise<ReadonlyMap<string, NewestEvent>> {
  const ofPeriod = toNs === null ? sql`period_to IS NULL` : sql`period_to = ${instantSql(toNs)}`;
  const newest = sql`SELECT * ${scope.from('alerts')} AND budget_id = ${bound('String', budgetId)} AND ${ofPeriod}
    ORDER BY alert_id, alerts.recorded_at DESC LIMIT 1 BY alert_id`;
  const stored = await scope.query<StoredAlert>(
    sql`SELECT ${ALERT_COLUMNS} FROM (${newest}) AS alerts`,
  );
  return new Map(stored.map(readAlertEvent).map((event) => [event.alert_id, event]));
}
