/**
 * A statement of a migration, as it is sent: to one server as it stands, to a cluster ON CLUSTER, with Replicated
 * engines, and with the Distributed table that a sharded table is read through. Migrations are written for one server.
 * Invariant: a statement of a form that is not known here is refused; it would make a table on one server of many.
 * Whatever is rendered can be repeated, as the statements themselves can.
 */
import { quoteName, quoteString } from '../sql-text.ts';
import {
  type DatabasePlace,
  isSharded,
  localDatabase,
  onCluster,
  shardingKey,
  storedTable,
} from './table-places.ts';

const NAME = String.raw`\{database\}\.(\w+)`;
const CREATE_TABLE = new RegExp(`^CREATE TABLE IF NOT EXISTS ${NAME}(?=\\s)`);
const CREATE_VIEW = new RegExp(
  `^CREATE MATERIALIZED VIEW IF NOT EXISTS ${NAME} TO ${NAME}(?= AS\\s)`,
);
const ALTER = new RegExp(`^ALTER TABLE ${NAME}(?=\\s)`);
const INSERT = new RegExp(`^INSERT INTO ${NAME}(?=\\s)`);
const VIEW_PREFIX = 'to_';
/** What of a table its Distributed twin has too. */
const CHANGES_COLUMNS = /\b(ADD|DROP|RENAME|MODIFY) COLUMN\b/;
/** Batches are counted in the tables themselves (docs/decisions/0002); what ClickHouse remembers of blocks is not. */
const NO_DEDUPLICATION = 'replicated_deduplication_window = 0';
/** Each shard fills its own table from its own, and the statement ends when all have. */
const ON_EACH_SHARD = 'parallel_distributed_insert_select = 2, distributed_foreground_insert = 1';

/** A statement of no known form. */
class UnknownStatement extends Error {
  override readonly name = 'UnknownStatement';
}

/** `migration`: the name of its file, which tells tables of one name apart that followed each other. */
export function renderStatement(sql: string, migration: string, place: DatabasePlace): string[] {
  if (place.cluster === null) {
    return [sql.replaceAll('{database}', quoteName(place.database))];
  }
  const table = CREATE_TABLE.exec(sql);
  if (table?.[1] !== undefined) return createTable(sql, table[1], migration, place);
  if (CREATE_VIEW.test(sql)) return [createView(sql, place)];
  const altered = ALTER.exec(sql)?.[1];
  if (altered !== undefined) return alter(sql, altered, place);
  if (INSERT.test(sql)) return [insert(sql, place)];
  throw new UnknownStatement(
    `${migration} has a statement of a form that is not known on a cluster: ${sql.slice(0, 80)}. Write it as CREATE TABLE IF NOT EXISTS, CREATE MATERIALIZED VIEW IF NOT EXISTS … TO, ALTER TABLE or INSERT INTO … SELECT, each of a table of {database}.`,
  );
}

function createTable(
  sql: string,
  table: string,
  migration: string,
  place: DatabasePlace,
): string[] {
  const made = sql.replace(
    CREATE_TABLE,
    () => `CREATE TABLE IF NOT EXISTS ${storedTable(place, table)}${onCluster(place)}`,
  );
  const replicated = replicate(made, { table, migration, place });
  return isSharded(table) ? [replicated, distributedTable(place, table)] : [replicated];
}

/**
 * The engine of the MergeTree family → its Replicated twin. The path in Keeper names the migration: a table that a
 * later one makes anew is another table there. A sharded table has a path for each shard, the others one for all.
 */
export function replicate(
  sql: string,
  { table, migration, place }: { table: string; migration: string; place: DatabasePlace },
): string {
  const number = migration.slice(0, 4);
  const shard = isSharded(table) ? '{shard}' : 'all';
  const path = quoteString(`/clickhouse/aicost/${place.database}/${number}/${table}/${shard}`);
  const replica = quoteString(isSharded(table) ? '{replica}' : '{shard}-{replica}');
  const engine = /^ENGINE = (\w*MergeTree|Null)(?:\(([^)]*)\))?/m;
  const found = engine.exec(sql);
  if (found?.[1] === undefined) {
    throw new UnknownStatement(`${migration}: ${table} has no engine of a family that is known`);
  }
  if (found[1] === 'Null') return sql;
  const rest = found[2] === undefined || found[2] === '' ? '' : `, ${found[2]}`;
  const text = sql.replace(
    engine,
    () => `ENGINE = Replicated${found[1]}(${path}, ${replica}${rest})`,
  );
  return /^SETTINGS /m.test(text)
    ? text.replace(/^SETTINGS /m, `SETTINGS ${NO_DEDUPLICATION}, `)
    : `${text}\nSETTINGS ${NO_DEDUPLICATION}`;
}

/** Has no rows of its own, so that it is made anew whenever its table has other columns. */
function distributedTable(place: DatabasePlace, table: string): string {
  const { database, cluster } = place;
  const local = localDatabase(place);
  const key = shardingKey(table);
  const to = [cluster ?? '', local, table].map(quoteString).join(', ');
  return `CREATE OR REPLACE TABLE ${quoteName(database)}.${quoteName(table)}${onCluster(place)} AS ${quoteName(local)}.${quoteName(table)}
ENGINE = Distributed(${to}${key === null ? '' : `, ${key}`})`;
}

/** Views stand beside the tables they read and fill, and see the rows of their shard alone. */
function createView(sql: string, place: DatabasePlace): string {
  const local = quoteName(localDatabase(place));
  return sql
    .replace(
      CREATE_VIEW,
      (_, view: string, table: string) =>
        `CREATE MATERIALIZED VIEW IF NOT EXISTS ${local}.${view}${onCluster(place)} TO ${local}.${table}`,
    )
    .replaceAll('{database}', local);
}

function alter(sql: string, table: string, place: DatabasePlace): string[] {
  const isLocal = isSharded(table) || table.startsWith(VIEW_PREFIX);
  const database = quoteName(isLocal ? localDatabase(place) : place.database);
  // A table that is whole everywhere is one table: changed through any server, it is changed on all.
  const where = isLocal ? onCluster(place) : '';
  const altered = sql
    .replace(ALTER, () => `ALTER TABLE ${database}.${table}${where}`)
    .replaceAll('{database}', database);
  return isSharded(table) && CHANGES_COLUMNS.test(sql)
    ? [altered, distributedTable(place, table)]
    : [altered];
}

function insert(sql: string, place: DatabasePlace): string {
  const text = sql.replaceAll('{database}', quoteName(place.database));
  return /\bSETTINGS\b/.test(text)
    ? `${text}, ${ON_EACH_SHARD}`
    : `${text}\nSETTINGS ${ON_EACH_SHARD}`;
}
