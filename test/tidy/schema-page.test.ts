/** clickhouse/SCHEMA.md and the migrations name the same tables, columns, orders and partitions. */
import { describe, expect, test } from 'vitest';
import { listFiles, readText } from './repository-files.ts';

const PAGE = 'clickhouse/SCHEMA.md';

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  readonly order: string | undefined;
  readonly partition: string | undefined;
}

/** The tables of a text with CREATE TABLE statements; columns are at its first level of indentation or deeper. */
function readTables(sql: string): Table[] {
  const statements = sql.matchAll(
    /CREATE TABLE IF NOT EXISTS (?:\{database\}\.(\w+)|\$\{(table)\}|\S+?\.(settle_ownership)\S*)\s*\((.*?)\n\s*\)\s*(ENGINE.*?)(?:;|`|$)/gs,
  );
  return [...statements].map(([, name, , ownership, body, tail]) => ({
    // The one table that is made before the first migration, to record them.
    name: name ?? ownership ?? 'migrations',
    columns: [...body!.matchAll(/(?:^|,)\s*(\w+) [A-Z]\w+/gm)]
      .map(([, column]) => column!)
      .filter((column) => column !== 'INDEX'),
    order: /(?:ORDER BY|PRIMARY KEY) (\(.*\)|\w+)$/m.exec(tail!)?.[1],
    partition: /PARTITION BY (.*)$/m.exec(tail!)?.[1],
  }));
}

const migrations = listFiles().filter((path) => path.startsWith('clickhouse/migrations/'));
/** Columns that a later migration adds: table and column. */
const ADDED = migrations.flatMap((path) =>
  [...readText(path).matchAll(/ALTER TABLE \{database\}\.(\w+)([^;]*)/g)].flatMap(
    ([, table, body]) =>
      [...body!.matchAll(/ADD COLUMN IF NOT EXISTS (\w+)/g)].map(([, column]) => [table, column!]),
  ),
);
/** A table that a later migration makes anew is as that one says. */
const NEWEST = new Map(
  [
    ...migrations,
    'clickhouse/src/cluster/database-sql.ts',
    'clickhouse/src/cluster/ownership-sql.ts',
  ]
    .flatMap((path) => readTables(readText(path)))
    .map((table) => [table.name, table]),
);
const TABLES = [...NEWEST.values()].map((table) => {
  const added = ADDED.filter(([name]) => name === table.name).map(([, column]) => column!);
  return { ...table, columns: [...table.columns, ...added] };
});

/** Sections of the page by table: `## `name``. */
const SECTIONS = new Map(
  readText(PAGE)
    .split(/^## /m)
    .map((section): [string, string] => [/^`(\w+)`/.exec(section)?.[1] ?? '', section])
    .filter(([name]) => name !== ''),
);

/** Tables whose columns another section tells, beside their own. */
const TOLD_BY: Readonly<Record<string, readonly string[]>> = {
  landing: ['spans', 'ledger'],
  cost_hourly: ['ledger'],
  cost_daily: ['ledger'],
  cost_day_totals: ['ledger'],
};

/** The names in the first cell of each row of the section's tables. */
function toldColumns(table: string): string[] {
  const rows = SECTIONS.get(table)?.matchAll(/^\| (`.*?) \|/gm) ?? [];
  return [...rows].flatMap(([, cell]) => [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
}

test('every table has a section, and every section a table', () => {
  expect([...SECTIONS.keys()].sort()).toEqual(TABLES.map(({ name }) => name).sort());
});

describe.for(TABLES)('$name', ({ name, columns, order, partition }) => {
  test('was read from its statement', () => {
    expect(columns.length).toBeGreaterThan(1);
    expect(new Set(columns).size).toBe(columns.length);
  });

  test('has each column on the page', () => {
    const told = [name, ...(TOLD_BY[name] ?? [])].flatMap(toldColumns);
    expect(columns.filter((column) => !told.includes(column))).toEqual([]);
  });

  test('has no column on the page that it has not', () => {
    expect(toldColumns(name).filter((column) => !columns.includes(column))).toEqual([]);
  });

  test('has its order and partition on the page', () => {
    const section = SECTIONS.get(name) ?? '';
    if (order !== undefined) expect(section).toContain(`**Order**: \`${order}\``);
    if (partition !== undefined) expect(section).toContain(`**Partition**: \`${partition}\``);
    else expect(section).not.toContain('**Partition**');
    expect(section).toContain('**One row**: ');
    expect(section.toLowerCase()).toContain('**written by**');
    expect(section.toLowerCase()).toContain('**read by**');
  });
});
