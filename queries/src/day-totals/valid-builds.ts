/**
 * Which totals of days may answer. A build of a tenant's day is valid while the batches that it was made of, writer
 * by writer, are those that are stored of the day, and if it summed every column that is asked about here. Numbers of
 * batches only grow, so that whatever comes later makes a build invalid by itself, and so does a table that lags behind
 * another.
 */
import { SUMMED_COLUMNS } from '@ai-cost-profiler/clickhouse/summed-columns.ts';
import { DAY_SECONDS, type TotalledDay, type UnitRun, wholeUnitsOf } from '../coverage.ts';
import { type Dimension, totalsDimension } from '../dimensions.ts';
import type { Range } from '../range.ts';
import { bound, type Sql, sql, wholeNumbers } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';

/** ` AND …` for the days that start in a run. */
function ofDays({ from, to }: UnitRun): Sql {
  const date = (second: bigint) => sql`toDate(${wholeNumbers([second / DAY_SECONDS])})`;
  return sql` AND day >= ${date(from)} AND day < ${date(to)}`;
}

/** Rows (tenant, day, writers): each writer of a day with its highest batch, in the order of their names. */
export function storedBatches(scope: TenantScope, days: UnitRun): Sql {
  const highest = sql`SELECT tenant, day, toString(writer_id) AS writer, max(batch_seq) AS seq
    ${scope.from('cost_day_batches')}${ofDays(days)} GROUP BY tenant, day, writer`;
  return sql`SELECT tenant, day, arraySort(groupArray((writer, seq))) AS writers FROM (${highest}) GROUP BY tenant, day`;
}

/** A build of a program that knew fewer columns has the others at 0; one that knew more is as good. */
export const SUMS_ALL: Sql = sql`hasAll(splitByChar(' ', summed_columns), ${bound('Array(String)', SUMMED_COLUMNS)})`;

/** Rows (tenant, day, newest): the days that have a valid build, with the newest such. */
export function validBuilds(scope: TenantScope, days: UnitRun): Sql {
  const builds = sql`SELECT tenant, day, build, arraySort(groupArray((toString(value), batch_seq))) AS writers
    ${scope.from('cost_day_totals')} AND dimension = 'writer' AND ${SUMS_ALL}${ofDays(days)} GROUP BY tenant, day, build`;
  return sql`SELECT tenant, day, max(build) AS newest FROM (${builds}) AS made
    INNER JOIN (${storedBatches(scope, days)}) AS stored USING (tenant, day)
    WHERE made.writers = stored.writers GROUP BY tenant, day`;
}

type StoredRow = Readonly<Record<'tenant' | 'number' | 'newest', string>>;

export interface TenantBuild extends TotalledDay {
  readonly tenant: string;
}

/** The days that have a valid build and start in a run, ascending: of every tenant that the scope sees. */
export async function readTenantBuilds(scope: TenantScope, days: UnitRun): Promise<TenantBuild[]> {
  const stored = await scope.query<StoredRow>(
    sql`SELECT tenant, toString(toUInt16(day)) AS number, toString(newest) AS newest
      FROM (${validBuilds(scope, days)}) AS valid ORDER BY day, tenant`,
  );
  return stored.map(({ tenant, number, newest }) => ({
    tenant,
    start: BigInt(number) * DAY_SECONDS,
    build: BigInt(newest),
  }));
}

/**
 * The days of a range whose totals may answer a question that depends on these dimensions, for one tenant; to be asked
 * before it, so that one statement sees each day in one place. None where no totals know the dimensions.
 */
export async function readTotalledDays(
  scope: TenantScope,
  range: Range,
  dimensions: readonly Dimension[],
): Promise<readonly TotalledDay[]> {
  const days = wholeUnitsOf(range, DAY_SECONDS);
  if (totalsDimension(dimensions) === null || days.from >= days.to) return [];
  return readTenantBuilds(scope, days);
}
