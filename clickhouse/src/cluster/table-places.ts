/**
 * Where tables are. On one server they are all in one database. On a cluster:
 *  - what the landing table feeds is sharded: rows are stored in `<database>_local` on each shard, and read through
 *    a Distributed table of the same name in `<database>`;
 *  - all other tables are small and are whole on every server, in `<database>`: one replicated table over all of them.
 * So a reader names `<database>.<table>` in both cases, and only who changes or repairs rows asks here.
 */
import { quoteName, quoteString } from '../sql-text.ts';

/** A database, and the cluster it is on; null: on one server. `clickhouse/src/store.ts` is one. */
export interface DatabasePlace {
  readonly database: string;
  readonly cluster: string | null;
}

/** By which a row finds its shard, where rows are spread one by one: a trace stays together. */
const BY_TRACE = 'cityHash64(tenant, trace_id)';

/**
 * Tables of which each shard has its own rows, with the key that a row is spread by. Rollups have none: their rows are
 * where the entries are that they sum, and an insert that would have to choose a shard is refused.
 */
const SHARDED_TABLES: Readonly<Record<string, string | null>> = {
  landing: BY_TRACE,
  spans: BY_TRACE,
  ledger: BY_TRACE,
  traces: BY_TRACE,
  cost_hourly: null,
  cost_daily: null,
  cost_day_batches: null,
};

/** Rows whose trace is at home on a shard; `shards` of equal weight, numbered from 1 as ClickHouse does. */
export const ofShard = (shard: number, shards: number): string =>
  `${BY_TRACE} % ${shards} = ${shard - 1}`;

export const isSharded = (table: string): boolean => Object.hasOwn(SHARDED_TABLES, table);

export const shardingKey = (table: string): string | null => SHARDED_TABLES[table] ?? null;

/** The database that holds the rows of sharded tables, and the views that fill them. */
export function localDatabase({ database, cluster }: DatabasePlace): string {
  return cluster === null ? database : `${database}_local`;
}

/** ` ON CLUSTER name`, or nothing on one server. */
export function onCluster({ cluster }: DatabasePlace): string {
  return cluster === null ? '' : ` ON CLUSTER ${quoteName(cluster)}`;
}

/** Where the rows of a table are stored: on the shard that is asked, if it is sharded. */
export function storedTable(place: DatabasePlace, table: string): string {
  const database = isSharded(table) ? localDatabase(place) : place.database;
  return `${quoteName(database)}.${quoteName(table)}`;
}

/** A table of `system`: on a cluster, of one replica of each shard. */
export function systemTable({ cluster }: DatabasePlace, table: string): string {
  return cluster === null ? `system.${table}` : `cluster(${quoteString(cluster)}, system.${table})`;
}

/**
 * The table as ALTER and DELETE name it. A table that is whole everywhere is changed through any server; a sharded one
 * on every shard.
 */
export function changedTable(place: DatabasePlace, table: string): string {
  return `${storedTable(place, table)}${isSharded(table) ? onCluster(place) : ''}`;
}
