/**
 * Hours of the rollup that a batch has added to since a snapshot: a sum cannot be taken apart again, so the ledger
 * tells these hours as they were. Such a batch may also come between the reading of the hours and of their sums: then
 * the sums refuse to be read, and it is done again.
 */
import { HOUR_SECONDS } from '../coverage.ts';
import { NS_PER_SECOND, type Range } from '../range.ts';
import { type Sql, sql, wholeNumbers } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';

/** Hours by their first second. */
export type ChangedHours = readonly bigint[];

/** FUNCTION_THROW_IF_VALUE_IS_NON_ZERO */
const REFUSED_CODE = 395;

/** `where`: which rows of the rollup are asked about, as the scope has them; `held`: a condition on these. */
export async function readChangedHours(
  scope: TenantScope,
  where: Sql,
  held: Sql,
): Promise<ChangedHours> {
  const rows = await scope.query<{ second: string }>(
    sql`SELECT toString(toUnixTimestamp(hour)) AS second ${where} AND NOT ${held} GROUP BY hour ORDER BY hour`,
  );
  return rows.map(({ second }) => BigInt(second));
}

/** From the first of them to the end of the last; of one hour at least. */
export function spanOf(hours: ChangedHours): Range {
  const [first, last] = [hours[0] ?? 0n, hours.at(-1) ?? 0n];
  return { fromNs: first * NS_PER_SECOND, toNs: (last + HOUR_SECONDS) * NS_PER_SECOND };
}

/** A condition: the hour that `time` lies in is one of them. */
export function isChangedSql(time: Sql, hours: ChangedHours): Sql {
  if (hours.length === 0) return sql`false`;
  return sql`toUnixTimestamp(toStartOfHour(${time})) IN (${wholeNumbers(hours)})`;
}

/** A condition on grouped sums that ends the statement where one holds more than the snapshot. */
export const refuseLater = (later: Sql): Sql => sql`throwIf(${later}) = 0`;

/** Whether `refuseLater` ended it. */
export function wasRefused(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === REFUSED_CODE;
}
