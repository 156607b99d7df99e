/** Makes builds of a day, and lets builds go that were replaced. */
import { buildDayStatement, buildNumber } from '@ai-cost-profiler/clickhouse/day-totals.ts';
import { quoteName, quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import type { StoreSettings } from '@ai-cost-profiler/clickhouse/store-settings.ts';
import { openAllTenants, readObsoleteBuilds } from '@ai-cost-profiler/queries/day-totals/upkeep.ts';
import type { Store as QueryStore } from '@ai-cost-profiler/queries/tenant-scope.ts';

/** What is needed of `clickhouse/src/store.ts`. */
export interface TotalsStore extends QueryStore {
  command(
    sql: string,
    options: {
      readonly params?: Record<string, unknown>;
      readonly settings?: StoreSettings;
      readonly signal?: AbortSignal;
      readonly timeoutMs?: number;
    },
  ): Promise<void>;
}

/** Of the largest day it is a second; the writer waits for it as for any other insert. */
const BUILD_MS_MAX = 60_000;
/** A question that began with an older build is over by then: no query may take so long. */
const KEPT_MS = 3_600_000;
/** Removed in one statement; the rest the next time. */
const REMOVED_MAX = 1_000;

/** Tenants of which one UTC day (YYYY-MM-DD) is summed at once. */
export interface DayOfTenants {
  readonly day: string;
  readonly tenants: readonly string[];
}

/** Sums the day as cost_hourly has it now. Rejects with StoreError: then nothing of it is there. */
export async function buildDay(
  store: TotalsStore,
  { day, tenants }: DayOfTenants,
  { nowMs, random, signal }: { nowMs: number; random: number; signal: AbortSignal },
): Promise<void> {
  const build = buildNumber(nowMs, random);
  const { sql, ...options } = buildDayStatement(store.database, { tenants, day, build });
  await store.command(sql, { ...options, signal, timeoutMs: BUILD_MS_MAX });
}

/** Removes builds that were replaced an hour ago, and those of tenants that are gone. Resolves with how many. */
export async function removeObsoleteBuilds(
  store: TotalsStore,
  { nowMs, signal }: { nowMs: number; signal: AbortSignal },
): Promise<number> {
  const before = buildNumber(nowMs - KEPT_MS, 0);
  const builds = await readObsoleteBuilds(openAllTenants(store), before, REMOVED_MAX);
  if (builds.length === 0) return 0;
  const named = builds.map(
    ({ tenant, day, build }) => `(${quoteString(tenant)}, toDate('${day}'), ${build})`,
  );
  await store.command(
    `ALTER TABLE ${quoteName(store.database)}.cost_day_totals DELETE WHERE (tenant, day, build) IN (${named.join(', ')})`,
    { signal },
  );
  return builds.length;
}
