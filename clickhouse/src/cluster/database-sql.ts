/** What is made before the first migration: the databases, and the table that migrations are recorded in. */
import { quoteName } from '../sql-text.ts';
import { replicate } from './render-statement.ts';
import { type DatabasePlace, localDatabase, onCluster, storedTable } from './table-places.ts';

export function createDatabasesSql(place: DatabasePlace): string[] {
  const names = new Set([place.database, localDatabase(place)]);
  return [...names].map(
    (name) => `CREATE DATABASE IF NOT EXISTS ${quoteName(name)}${onCluster(place)}`,
  );
}

export function migrationsTableSql(place: DatabasePlace): string {
  const table = `${storedTable(place, 'migrations')}${onCluster(place)}`;
  const sql = `CREATE TABLE IF NOT EXISTS ${table}
(
    number UInt32,
    name String,
    digest String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`;
  if (place.cluster === null) return sql;
  return replicate(sql, { table: 'migrations', migration: '0000', place });
}
