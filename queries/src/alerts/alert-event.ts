/**
 * One event of an alert, as it is stored, shown and delivered. An alert is one budget, key, state and period; it fires,
 * and is resolved when that ends.
 */
import { formatUsd, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { z } from 'zod';
import { formatInstant } from '../range.ts';
import { type Sql, sql } from '../sql.ts';

export const ALERT_EVENT = z.object({
  message_id: z.string().describe('Of this event: also the `webhook-id` of its deliveries.'),
  alert_id: z.string().describe('Of the budget, key, state and period: the same at each event.'),
  event: z.enum(['fired', 'resolved']),
  state: z.enum(['warning', 'burning', 'exceeded']),
  reason: z
    .enum(['reached', 'below', 'period_ended', 'budget_changed', 'budget_deleted'])
    .describe('Why it fired (reached) or was resolved.'),
  budget_id: z.string(),
  budget_name: z.string(),
  budget_version: z.string().describe('Of what the budget said at this event, as name and amount.'),
  dimension: z
    .string()
    .nullable()
    .describe('Of a budget for each value of a dimension; else null.'),
  key: z.string().nullable().describe('Its value, such as the user; else null.'),
  period_from: z.string().nullable(),
  period_to: z.string().nullable().describe('Null for a rolling window.'),
  amount_usd: z.string(),
  spent_usd: z
    .string()
    .nullable()
    .describe(
      'As of `at`; null where it is resolved and its key is in no state that somebody is told of: that was not read.',
    ),
  burn: z
    .array(
      z.object({
        fast: z.string(),
        slow: z.string(),
        factor: z.string(),
        fast_rate: z.string(),
        slow_rate: z.string(),
        burning: z.boolean(),
      }),
    )
    .describe('Burn rates by rule, as of `at`.'),
  at: z.string().describe('Up to when spending was counted.'),
  recorded_at: z.string(),
});
export type AlertEvent = z.output<typeof ALERT_EVENT>;

const NANOSECONDS = ['period_from', 'period_to', 'at', 'recorded_at'] as const;
type Instant = (typeof NANOSECONDS)[number];

/** A row of `alerts` as `ALERT_COLUMNS` reads it. */
export type StoredAlert = Readonly<
  Record<Exclude<keyof AlertEvent, Instant | 'burn'> | 'burn', string | null> &
    Record<`${Instant}_ns`, string | null>
>;

const instant = (column: Sql): Sql => sql`toString(toUnixTimestamp64Nano(${column}))`;

export const ALERT_COLUMNS = sql`message_id, alert_id, event, state, reason, budget_id, budget_name,
  toString(budget_version) AS budget_version, nullIf(dimension, '') AS dimension,
  if(alerts.dimension = '', NULL, key) AS key, toString(amount_usd) AS amount_usd,
  toString(spent_usd) AS spent_usd, burn, ${instant(sql`period_from`)} AS period_from_ns,
  ${instant(sql`period_to`)} AS period_to_ns, ${instant(sql`at`)} AS at_ns, ${instant(sql`recorded_at`)} AS recorded_at_ns`;

const usd = (text: string | null): string | null =>
  text === null ? null : formatUsd(parseUsd(text));
const rfc3339 = (ns: string | null): string | null =>
  ns === null ? null : formatInstant(BigInt(ns));

export function readAlertEvent(stored: StoredAlert): AlertEvent {
  const { period_from_ns, period_to_ns, at_ns, recorded_at_ns, ...rest } = stored;
  return ALERT_EVENT.parse({
    ...rest,
    amount_usd: usd(rest.amount_usd),
    spent_usd: usd(rest.spent_usd),
    burn: JSON.parse(rest.burn ?? '[]'),
    period_from: rfc3339(period_from_ns),
    period_to: rfc3339(period_to_ns),
    at: rfc3339(at_ns),
    recorded_at: rfc3339(recorded_at_ns),
  });
}

/** The row of an event, for the store; instants as ClickHouse reads them. */
export function storedAlert(tenant: string, event: AlertEvent): object {
  const { burn, dimension, key, ...rest } = event;
  return {
    ...rest,
    tenant,
    burn: JSON.stringify(burn),
    dimension: dimension ?? '',
    key: key ?? '',
  };
}
