/** What is stored of days that are due, and which of them cannot expire yet. */
import { localDatabase, systemTable } from '@ai-cost-profiler/clickhouse/cluster/table-places.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';

/** A UTC day (YYYY-MM-DD) of a tenant, with what of it is stored in a table. */
export interface StoredDay {
  readonly tenant: string;
  readonly day: string;
  readonly rows: number;
  /** When the newest of them was received, or recorded. */
  readonly lastNs: bigint;
}

const TABLE_TIMES = { spans: 'received_at', ledger: 'recorded_at' } as const;
export type ExpiringTable = keyof typeof TABLE_TIMES;

const PATIENT = {
  timeoutMs: 3_600_000,
  settings: { max_threads: 1, max_execution_time: '3600' },
};

/** Every tenant of whom something is stored, or was. */
export async function storedTenants(store: Store): Promise<string[]> {
  const { database } = store;
  const rows = await store.query<{ tenant: string }>(
    `SELECT DISTINCT tenant FROM (SELECT DISTINCT tenant FROM ${database}.traces
       UNION ALL SELECT DISTINCT tenant FROM ${database}.sealed_days) ORDER BY tenant`,
    {},
    PATIENT,
  );
  return rows.map(({ tenant }) => tenant);
}

interface DaysQuestion {
  readonly table: ExpiringTable;
  readonly tenants: readonly string[];
  /** Days in [from, to). */
  readonly from: string;
  readonly to: string;
}

export const FIRST_DAY = '1970-01-01';

/** In the order of days. */
export async function storedDays(
  store: Store,
  { table, tenants, from, to }: DaysQuestion,
): Promise<StoredDay[]> {
  const time = TABLE_TIMES[table];
  const rows = await store.query<{ of: string; day: string; stored: string; last_ns: string }>(
    `SELECT tenant AS of, toString(toDate(start_time)) AS day, count() AS stored,
       toUnixTimestamp64Nano(max(${time})) AS last_ns
     FROM ${store.database}.${table}
     WHERE tenant IN {tenants:Array(String)} AND start_time >= toDateTime64({from:String}, 9, 'UTC')
       AND start_time < toDateTime64({to:String}, 9, 'UTC')
     GROUP BY of, day ORDER BY day, of`,
    { tenants, from: `${from} 00:00:00`, to: `${to} 00:00:00` },
    PATIENT,
  );
  return rows.map(({ of, day, stored, last_ns: last }) => ({
    tenant: of,
    day,
    rows: Number(stored),
    lastNs: BigInt(last),
  }));
}

/** The UTC day after. */
export function dayAfter(day: string): string {
  return new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
}

/**
 * Tenants with a trace that settle has not passed, and that may hang together with spans of the day: settle reads those
 * within 24 hours.
 */
export async function unsettledTenants(
  store: Store,
  { tenants, day, throughNs }: { tenants: readonly string[]; day: string; throughNs: bigint },
): Promise<ReadonlySet<string>> {
  const rows = await store.query<{ tenant: string }>(
    `SELECT DISTINCT tenant FROM ${store.database}.traces
     WHERE tenant IN {tenants:Array(String)}
       AND last_received_at > fromUnixTimestamp64Nano({through:Int64}, 'UTC')
       AND start_time < toDateTime64({day:String}, 9, 'UTC') + INTERVAL 2 DAY
       AND end_time >= toDateTime64({day:String}, 9, 'UTC') - INTERVAL 1 DAY`,
    { tenants, day: `${day} 00:00:00`, through: String(throughNs) },
    PATIENT,
  );
  return new Set(rows.map(({ tenant }) => tenant));
}

/** Partitions of `spans` (UTC days) before a day, and when the newest part of each was made. */
export async function spanPartitions(
  store: Store,
  before: string,
): Promise<{ day: string; changedMs: number }[]> {
  const rows = await store.query<{ day: string; changed: string }>(
    `SELECT partition AS day, toString(toUnixTimestamp(max(modification_time))) AS changed FROM ${systemTable(store, 'parts')}
     WHERE database = {database:String} AND table = 'spans' AND active AND rows > 0 AND partition < {before:String}
     GROUP BY partition ORDER BY partition`,
    { database: localDatabase(store), before },
  );
  return rows.map(({ day, changed }) => ({ day, changedMs: Number(changed) * 1_000 }));
}
