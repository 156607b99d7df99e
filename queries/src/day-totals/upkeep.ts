/** What is to be done about the totals of days: which lack a valid build, and which builds can go. */
import type { UnitRun } from '../coverage.ts';
import { type Sql, sql, wholeNumbers } from '../sql.ts';
import { openTenantScope, type Store, type TenantScope } from '../tenant-scope.ts';
import { SUMS_ALL, storedBatches, validBuilds } from './valid-builds.ts';

/** A UTC day of a tenant. */
export interface TenantDay {
  readonly tenant: string;
  /** YYYY-MM-DD. */
  readonly day: string;
}

/** As an operator who asks by tenant: all of them. */
export function openAllTenants(store: Store): TenantScope {
  return openTenantScope(store, { tenant: '', operator: true }, { by: ['tenant'], filters: [] });
}

/** Days that have entries and no valid build, of those that start in a run; the newest first. */
export async function readStaleDays(scope: TenantScope, days: UnitRun): Promise<TenantDay[]> {
  return scope.query<TenantDay>(
    sql`SELECT tenant, toString(day) AS day FROM (${staleDays(scope, days)}) AS stale ORDER BY stale.day DESC, tenant`,
  );
}

function staleDays(scope: TenantScope, days: UnitRun): Sql {
  const valid = sql`SELECT tenant, day FROM (${validBuilds(scope, days)})`;
  return sql`SELECT tenant, day FROM (${storedBatches(scope, days)}) WHERE (tenant, day) NOT IN (${valid})`;
}

/** One build of a tenant's day. */
export interface TenantDayBuild extends TenantDay {
  readonly build: string;
}

/**
 * Builds that nobody uses any more, at most `limit`: a newer build of the day, of all columns, has been there since
 * before `before`, or the day has gone with its tenant. A question that began to read an older build is over by then.
 */
export async function readObsoleteBuilds(
  scope: TenantScope,
  before: bigint,
  limit: number,
): Promise<TenantDayBuild[]> {
  const old = sql`build < ${wholeNumbers([before])}`;
  // Of each build there is one such row.
  const rows = sql`SELECT tenant, day, build, ${SUMS_ALL} AS sums_all ${scope.from('cost_day_totals')} AND dimension = '' AND ${old}`;
  const newest = sql`SELECT tenant, day, maxIf(build, sums_all) AS newest FROM (${rows}) GROUP BY tenant, day`;
  const gone = sql`(tenant, made.day) NOT IN (SELECT tenant, day ${scope.from('cost_day_batches')})`;
  return scope.query<TenantDayBuild>(
    sql`SELECT tenant, toString(made.day) AS day, toString(made.build) AS build
      FROM (${rows}) AS made INNER JOIN (${newest}) AS kept USING (tenant, day)
      WHERE made.build < kept.newest OR ${gone} ORDER BY made.build LIMIT ${wholeNumbers([BigInt(limit)])}`,
  );
}
