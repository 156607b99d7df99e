/**
 * Numbered migrations: each file of clickhouse/migrations is applied once, in order, and its digest
 * is recorded. Invariant: a file that was applied is never edited, and a database that is newer
 * than this program is never touched. Two that migrate at once do no harm, because every statement
 * is idempotent (IF NOT EXISTS) and a migration is recorded only after all of its statements.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ON_CLUSTER_SETTINGS, onClusterPatience } from './cluster/cluster-settings.ts';
import { createDatabasesSql, migrationsTableSql } from './cluster/database-sql.ts';
import { ownershipTableSql } from './cluster/ownership-sql.ts';
import { renderStatement } from './cluster/render-statement.ts';
import type { DatabasePlace } from './cluster/table-places.ts';
import { readTokens } from './engine/tokens.ts';
import { type Around, SPANS_BY_TRACE, SPANS_TOLD_ONCE } from './migrate-spans.ts';
import { quoteName } from './sql-text.ts';
import type { Store } from './store.ts';

/** A migration as found on disk. `digest` is the SHA-256 of the file's bytes, in hex. */
export interface Migration {
  readonly number: number;
  /** The file's name without `.sql`: `0001-spans`. */
  readonly name: string;
  readonly digest: string;
  readonly sql: string;
}

/** A migration as recorded in the database. */
interface Recorded {
  readonly number: number;
  readonly name: string;
  readonly digest: string;
}

/** Why a database cannot be migrated; the message says what to do. */
export class MigrationError extends Error {
  readonly reason: 'edited' | 'newer' | 'bad_directory';

  constructor(reason: MigrationError['reason'], message: string) {
    super(message);
    this.name = 'MigrationError';
    this.reason = reason;
  }
}

/** The migrations that come with this program. */
export const MIGRATIONS_DIRECTORY = fileURLToPath(new URL('../migrations/', import.meta.url));

/** What a migration needs besides its statements; each can be repeated, as they can. */
const STEPS: Readonly<Record<string, Around>> = {
  '0008-spans-by-trace': SPANS_BY_TRACE,
  '0010-told-once': SPANS_TOLD_ONCE,
};

const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;

/**
 * Brings the store's database to this program's version; makes it when it is missing.
 * Returns the names applied now. Throws MigrationError, or StoreError from a statement.
 */
export async function migrate(
  store: Store,
  directory: string = MIGRATIONS_DIRECTORY,
): Promise<string[]> {
  const migrations = await readMigrations(directory);
  await store.createDatabase();
  const table = `${quoteName(store.database)}.migrations`;
  for (const sql of firstTablesSql(store)) await store.command(sql, onClusterPatience(store));
  const recorded = await store.query<Recorded>(
    `SELECT DISTINCT number, name, digest FROM ${table} ORDER BY number`,
  );
  const pending = findPending(migrations, recorded);
  for (const migration of pending) {
    const steps = STEPS[migration.name];
    await steps?.before(store);
    for (const statement of statementsOf(migration, store)) {
      await store.command(statement, onClusterPatience(store));
    }
    await steps?.after(store);
    const { number, name, digest } = migration;
    await store.insertRows(table, [{ number, name, digest }]);
  }
  return pending.map((migration) => migration.name);
}

/** What stands before the first migration. */
const FIRST = 'database';
const firstTablesSql = (place: DatabasePlace): string[] => [
  migrationsTableSql(place),
  ...(place.cluster === null ? [] : [ownershipTableSql(place)]),
];
const settingsSql = ({ cluster }: DatabasePlace): string[] =>
  cluster === null
    ? []
    : Object.entries(ON_CLUSTER_SETTINGS).map(([name, value]) => `SET ${name} = ${value}`);

const statementsOf = ({ name, sql }: Migration, place: DatabasePlace): string[] =>
  splitStatements(sql).flatMap((statement) => renderStatement(statement, name, place));

/** A statement that makes a new database, and the migration that it is of; `database` before the first. */
export interface PlannedStatement {
  readonly migration: string;
  readonly sql: string;
}

/** All that is sent to make a new database, in order, without asking anybody. Throws MigrationError. */
export async function plannedStatements(
  place: DatabasePlace,
  directory: string = MIGRATIONS_DIRECTORY,
): Promise<PlannedStatement[]> {
  const first = [...settingsSql(place), ...createDatabasesSql(place), ...firstTablesSql(place)];
  const planned = (await readMigrations(directory)).flatMap((migration) => {
    const steps = STEPS[migration.name]?.planned(place);
    const all = [...(steps?.before ?? []), ...statementsOf(migration, place)];
    return [...all, ...(steps?.after ?? [])].map((sql) => ({ migration: migration.name, sql }));
  });
  return [...first.map((sql) => ({ migration: FIRST, sql })), ...planned];
}

/** Reads `NNNN-title.sql` in order. Throws MigrationError for other names, gaps and doubles. */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort();
  return Promise.all(
    files.map(async (file, index): Promise<Migration> => {
      const number = Number(FILE_NAME.exec(file)?.[1] ?? Number.NaN);
      if (number !== index + 1) {
        throw new MigrationError(
          'bad_directory',
          `${directory}${file}: expected the migration numbered ${index + 1} with a name such as 0001-title.sql; numbers have no gaps and no doubles`,
        );
      }
      const bytes = await readFile(`${directory}/${file}`);
      const digest = createHash('sha256').update(bytes).digest('hex');
      return { number, name: file.slice(0, -'.sql'.length), digest, sql: bytes.toString() };
    }),
  );
}

/** The migrations to apply. Throws MigrationError when what is recorded is not what is known. */
function findPending(migrations: readonly Migration[], recorded: readonly Recorded[]): Migration[] {
  for (const record of recorded) {
    const known = migrations[record.number - 1];
    if (known === undefined) {
      throw new MigrationError(
        'newer',
        `The database has migration ${record.name}, which this version does not know: it was made by a newer version. Start that version, or restore a backup from before it.`,
      );
    }
    if (known.name !== record.name || known.digest !== record.digest) {
      throw new MigrationError(
        'edited',
        `Migration ${known.name} was edited after it was applied: the database recorded ${record.name} with digest ${record.digest}, the file has ${known.digest}. Put the file back as it was, and make the change in a new migration.`,
      );
    }
  }
  const applied = new Set(recorded.map((record) => record.number));
  return migrations.filter((migration) => !applied.has(migration.number));
}

/** Cuts a file at its semicolons, but not at those in strings, quoted names and comments. */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let start: number | null = null;
  let end = 0;
  for (const token of readTokens(sql)) {
    if (token.text === ';') {
      if (start !== null) {
        statements.push(sql.slice(start, end));
      }
      start = null;
    } else {
      start ??= token.start;
      end = token.end;
    }
  }
  return start === null ? statements : [...statements, sql.slice(start, end)];
}
