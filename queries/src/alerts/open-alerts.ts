/** The alerts that fired and were not resolved, each by its newest event. */
import { sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { ALERT_COLUMNS, type AlertEvent, readAlertEvent, type StoredAlert } from './alert-event.ts';

/** Of one budget, or of every budget of the tenant. */
export async function readOpenAlerts(scope: TenantScope): Promise<AlertEvent[]> {
  const newest = sql`SELECT * ${scope.from('alerts')} ORDER BY alert_id, alerts.recorded_at DESC LIMIT 1 BY alert_id`;
  const stored = await scope.query<StoredAlert>(
    sql`SELECT ${ALERT_COLUMNS} FROM (${newest}) AS alerts WHERE event = 'fired'`,
  );
  return stored.map(readAlertEvent);
}
