/** What alerts did in a range of time, newest first, a page at a time, and what became of each delivery. */
import { z } from 'zod';
import { CURSOR_SCHEMA, type CursorPurpose, type Cursors } from '../cursor.ts';
import { InputProblem } from '../input-problem.ts';
import { instantSql } from '../instant-sql.ts';
import { rangeShape, readParameters, readRange, wholeNumberSchema } from '../parameters.ts';
import type { InstantNs, Range } from '../range.ts';
import { bound, type Sql, sql } from '../sql.ts';
import { openTenantScope, type Reader, type Store } from '../tenant-scope.ts';
import { ALERT_COLUMNS, ALERT_EVENT, readAlertEvent, type StoredAlert } from './alert-event.ts';
import { DELIVERY, readDeliveries } from './deliveries.ts';

const ROWS_PRESET = 100;
const ROWS_MAX = 1000;

const NANOSECONDS = z.string().regex(/^\d{1,19}$/);
const POSITION_SCHEMA = z.object({
  from: NANOSECONDS,
  to: NANOSECONDS,
  /** Of the last event shown. */
  recordedAt: NANOSECONDS,
  messageId: z.string(),
});
type Position = z.output<typeof POSITION_SCHEMA>;

export interface AlertsInput {
  readonly range: Range;
  /** Null: of every budget. */
  readonly budgetId: string | null;
  readonly limit: number;
  /** Null: the first page. */
  readonly after: Position | null;
  /** Seals where the next page begins. */
  readonly seal: (last: Pick<Position, 'recordedAt' | 'messageId'>) => string;
}

/** The parameters of `GET /api/v1/alerts`. */
export function alertsParameters(nowNs: InstantNs) {
  return z.object({
    ...rangeShape(nowNs),
    budget_id: z.string().max(64).optional().describe('Only those of this budget.'),
    limit: wholeNumberSchema(ROWS_PRESET, 1, ROWS_MAX),
    cursor: CURSOR_SCHEMA,
  });
}

interface Asking {
  readonly cursors: Cursors;
  /** Of the key. */
  readonly tenant: string;
  readonly nowNs: InstantNs;
}

/** Reads a query string. Throws InputProblem. */
export function readAlertsInput(parameters: URLSearchParams, asking: Asking): AlertsInput {
  const { cursors, tenant, nowNs } = asking;
  const { values, filters } = readParameters(alertsParameters(nowNs), parameters);
  const [filter] = filters;
  if (filter !== undefined) {
    const expected = 'one of from, to, budget_id, limit, cursor';
    throw new InputProblem([
      { field: filter.dimension, value: filter.values[0] ?? null, expected },
    ]);
  }
  const { budget_id: budgetId = null, limit, cursor } = values;
  const purpose: CursorPurpose = { question: 'alerts', tenant, parameters };
  const after = cursor === undefined ? null : cursors.open(purpose, cursor, POSITION_SCHEMA);
  // `now` of the first page, not of this one.
  const range =
    after === null
      ? readRange(values, parameters)
      : { fromNs: BigInt(after.from), toNs: BigInt(after.to) };
  const seal: AlertsInput['seal'] = (last) =>
    cursors.seal(purpose, { from: String(range.fromNs), to: String(range.toNs), ...last });
  return { range, budgetId, limit, after, seal };
}

const ROW = ALERT_EVENT.extend({
  deliveries: z.array(DELIVERY).describe('To each webhook that it was tried for.'),
});

/** An answer as a Zod schema, for documentation. */
export const ALERTS_ANSWER = z.object({
  rows: z.array(ROW),
  next_cursor: z
    .string()
    .nullable()
    .describe('Where the next page begins, for `cursor`; null on the last one.'),
});
export type AlertsAnswer = z.output<typeof ALERTS_ANSWER>;

export async function answerAlerts(
  store: Store,
  reader: Reader,
  input: AlertsInput,
): Promise<AlertsAnswer> {
  const scope = openTenantScope(store, reader, { by: [], filters: [] });
  const { range, budgetId, limit, after, seal } = input;
  const ofBudget = budgetId === null ? sql`` : sql` AND budget_id = ${bound('String', budgetId)}`;
  const stored = await scope.query<StoredAlert>(
    sql`SELECT ${ALERT_COLUMNS} ${scope.from('alerts')} AND recorded_at >= ${instantSql(range.fromNs)}
      AND recorded_at < ${instantSql(range.toNs)}${ofBudget}${afterSql(after)}
      ORDER BY alerts.recorded_at DESC, message_id LIMIT ${bound('UInt64', limit + 1)}`,
  );
  const page = stored.slice(0, limit);
  const events = page.map(readAlertEvent);
  const deliveries = await readDeliveries(
    scope,
    events.map(({ message_id }) => message_id),
  );
  const rows = events.map((event) => ({
    ...event,
    deliveries: [...(deliveries.get(event.message_id) ?? [])],
  }));
  return { rows, next_cursor: stored.length > limit ? nextOf(page.at(-1), seal) : null };
}

/** Events of one look share their instant: their ids tell them apart. */
function afterSql(after: Position | null): Sql {
  if (after === null) return sql``;
  const at = instantSql(BigInt(after.recordedAt));
  return sql` AND (recorded_at < ${at} OR (recorded_at = ${at} AND message_id > ${bound('String', after.messageId)}))`;
}

function nextOf(last: StoredAlert | undefined, seal: AlertsInput['seal']): string | null {
  const { recorded_at_ns: recordedAt = null, message_id: messageId = null } = last ?? {};
  return recordedAt === null || messageId === null ? null : seal({ recordedAt, messageId });
}
