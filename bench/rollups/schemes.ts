/**
 * The schemes that are compared, made from the migration itself so that they cannot drift from it:
 * `plain` (no rollups: the reference), `views` (the star) and `projections` (rollups as aggregate
 * projections of the ledger, with plain views under the rollups' names).
 */
import { readFileSync } from 'node:fs';
import type { Engine } from './engine.ts';

export type Scheme = 'plain' | 'views' | 'projections';
export const SCHEMES: readonly Scheme[] = ['plain', 'views', 'projections'];

/** Tables that hold parts of their own and so can miss a batch, one by one. */
export const TARGETS: Readonly<Record<Scheme, readonly string[]>> = {
  plain: ['spans', 'ledger', 'traces'],
  views: ['spans', 'ledger', 'cost_hourly', 'cost_daily', 'traces'],
  projections: ['spans', 'ledger', 'traces'],
};

export const ROLLUPS = ['cost_hourly', 'cost_daily'] as const;
export type Rollup = (typeof ROLLUPS)[number];

const MIGRATION = new URL(
  '../../clickhouse/migrations/0001-spans-ledger-landing.sql',
  import.meta.url,
);
const CREATED_NAME = /^CREATE (?:TABLE|MATERIALIZED VIEW) IF NOT EXISTS \{database\}\.(\w+)/m;

/** The migration's statements by the name each one creates. */
function readMigration(): Map<string, string> {
  const statements = readFileSync(MIGRATION, 'utf8').split(/;\s*$/m);
  const named = new Map<string, string>();
  for (const statement of statements) {
    const name = CREATED_NAME.exec(statement)?.[1];
    if (name !== undefined) {
      named.set(name, statement);
    }
  }
  return named;
}

interface Column {
  readonly expression: string;
  readonly alias: string;
}

/** A rollup's view, taken apart: what it groups by and what it sums. */
export interface RollupColumns {
  readonly keys: readonly Column[];
  readonly sums: readonly Column[];
}

function textOf(migration: ReadonlyMap<string, string>, name: string): string {
  const statement = migration.get(name);
  if (statement === undefined) {
    throw new Error(`The migration no longer creates ${name}: this comparison must follow it.`);
  }
  return statement;
}

/** Keys and sums of a rollup, without the watermark, which a projection does not need. */
export function rollupColumns(rollup: Rollup): RollupColumns {
  const view = textOf(readMigration(), `to_${rollup}`);
  const list = view.slice(view.indexOf('SELECT\n') + 7, view.indexOf('\nFROM '));
  const columns = list.split(',\n').map((line) => {
    const text = line.trim();
    const cut = text.lastIndexOf(' AS ');
    return cut < 0
      ? { expression: text, alias: text }
      : { expression: text.slice(0, cut), alias: text.slice(cut + 4) };
  });
  const kept = columns.filter(({ alias }) => alias !== 'writer_id' && alias !== 'batch_seq');
  const isSum = ({ expression }: Column) => expression.startsWith('sum(');
  return { keys: kept.filter((column) => !isSum(column)), sums: kept.filter(isSum) };
}

/** The same columns computed from the ledger, named as the rollup names them. */
function rollupOfLedger(database: string, rollup: Rollup): string {
  const { keys, sums } = rollupColumns(rollup);
  const list = [...keys, ...sums].map(
    ({ expression, alias }) => `${expression.replaceAll('landing.', 'ledger.')} AS ${alias}`,
  );
  const by = keys.map(({ alias }) => alias).join(', ');
  return `SELECT ${list.join(', ')} FROM ${database}.ledger AS ledger GROUP BY ${by}`;
}

/**
 * One row an entry, named as the rollup names its columns: sums over it find the projection, but
 * its rows are not the rollup's rows. The other way to keep the names where projections do the work.
 */
function rowsOfLedger(database: string, rollup: Rollup): string {
  const { keys, sums } = rollupColumns(rollup);
  const summed = sums.map(({ expression, alias }) => ({
    expression: expression.slice(4, -1),
    alias,
  }));
  const list = [...keys, ...summed].map(
    ({ expression, alias }) => `${expression.replaceAll('landing.', 'ledger.')} AS ${alias}`,
  );
  return `SELECT ${list.join(', ')} FROM ${database}.ledger AS ledger`;
}

function projectionOf(rollup: Rollup): string {
  const { keys, sums } = rollupColumns(rollup);
  const plain = ({ expression }: Column) => expression.replaceAll('landing.', '');
  const list = [...keys, ...sums].map(plain).join(', ');
  return `PROJECTION ${rollup} (SELECT ${list} GROUP BY ${keys.map(plain).join(', ')})`;
}

/** Every statement that creates the scheme in a database, in order. */
export function schemeStatements(scheme: Scheme, database: string): string[] {
  const migration = readMigration();
  const isRollup = (name: string) => ROLLUPS.some((rollup) => name.endsWith(rollup));
  const statements: string[] = [`CREATE DATABASE ${database}`];
  for (const [name, statement] of migration) {
    if (scheme === 'projections' && name === 'ledger') {
      const projections = ROLLUPS.map(projectionOf).join(',\n    ');
      statements.push(statement.replace('\n)\nENGINE', `,\n    ${projections}\n)\nENGINE`));
    } else if (scheme === 'views' || !isRollup(name)) {
      statements.push(statement);
    }
  }
  if (scheme === 'projections') {
    for (const rollup of ROLLUPS) {
      statements.push(`CREATE VIEW {database}.${rollup} AS ${rollupOfLedger(database, rollup)}`);
      statements.push(`CREATE VIEW {database}.${rollup}_rows AS ${rowsOfLedger(database, rollup)}`);
    }
  }
  return statements.map((statement) => statement.replaceAll('{database}', database));
}

/** Creates the scheme in a database of its name, with merges stopped so that they are not measured. */
export async function createScheme(engine: Engine, scheme: Scheme, database: string) {
  for (const statement of schemeStatements(scheme, database)) {
    await engine.run(statement);
  }
  for (const target of TARGETS[scheme]) {
    await engine.run(`SYSTEM STOP MERGES ${database}.${target}`);
  }
}
