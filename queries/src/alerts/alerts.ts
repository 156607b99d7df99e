/** What alerts did in a range of time, newest first, and what became of each delivery. */
import { z } from 'zod';
import { InputProblem } from '../input-problem.ts';
import { instantSql } from '../instant-sql.ts';
import { rangeShape, readParameters, readRange, wholeNumberSchema } from '../parameters.ts';
import type { InstantNs, Range } from '../range.ts';
import { bound, sql } from '../sql.ts';
import { openTenantScope, type Reader, type Store } from '../tenant-scope.ts';
import { ALERT_COLUMNS, ALERT_EVENT, readAlertEvent, type StoredAlert } from './alert-event.ts';
import { DELIVERY, type Delivery, readDeliveries } from './deliveries.ts';

const ROWS_PRESET = 100;
const ROWS_MAX = 1000;

export interface AlertsInput {
  readonly range: Range;
  /** Null: of every budget. */
  readonly budgetId: string | null;
  readonly limit: number;
}

/** The parameters of `GET /api/v1/alerts`. */
export function alertsParameters(nowNs: InstantNs) {
  return z.object({
    ...rangeShape(nowNs),
    budget_id: z.string().max(64).optional().describe('Only those of this budget.'),
    limit: wholeNumberSchema(ROWS_PRESET, 1, ROWS_MAX),
  });
}

/** Reads a query string. Throws InputProblem. */
export function readAlertsInput(parameters: URLSearchParams, nowNs: InstantNs): AlertsInput {
  const { values, filters } = readParameters(alertsParameters(nowNs), parameters);
  const [filter] = filters;
  if (filter !== undefined) {
    const expected = 'one of from, to, budget_id, limit';
    throw new InputProblem([
      { field: filter.dimension, value: filter.values[0] ?? null, expected },
    ]);
  }
  const { budget_id: budgetId = null, limit } = values;
  return { range: readRange(values, parameters), budgetId, limit };
}

const ROW = ALERT_EVENT.extend({
  deliveries: z.array(DELIVERY).describe('To each webhook that it was tried for.'),
});

/** An answer as a Zod schema, for documentation. */
export const ALERTS_ANSWER = z.object({
  rows: z.array(ROW),
  is_cut: z
    .boolean()
    .describe(
      'There are older ones in the range: raise limit, or ask with a `to` just after the `recorded_at` of the last row. Events of one look share it.',
    ),
});
export type AlertsAnswer = z.output<typeof ALERTS_ANSWER>;

export async function answerAlerts(
  store: Store,
  reader: Reader,
  { range, budgetId, limit }: AlertsInput,
): Promise<AlertsAnswer> {
  const scope = openTenantScope(store, reader, { by: [], filters: [] });
  const ofBudget = budgetId === null ? sql`` : sql` AND budget_id = ${bound('String', budgetId)}`;
  const stored = await scope.query<StoredAlert>(
    sql`SELECT ${ALERT_COLUMNS} ${scope.from('alerts')} AND recorded_at >= ${instantSql(range.fromNs)}
      AND recorded_at < ${instantSql(range.toNs)}${ofBudget}
      ORDER BY alerts.recorded_at DESC, message_id LIMIT ${bound('UInt64', limit + 1)}`,
  );
  const events = stored.slice(0, limit).map(readAlertEvent);
  const deliveries = await readDeliveries(
    scope,
    events.map(({ message_id }) => message_id),
  );
  const rows = events.map((event) => ({
    ...event,
    deliveries: (deliveries.get(event.message_id) ?? []) as Delivery[],
  }));
  return { rows, is_cut: stored.length > limit };
}
