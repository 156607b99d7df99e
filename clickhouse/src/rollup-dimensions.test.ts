import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MIGRATIONS_DIRECTORY, readMigrations } from './migrate.ts';
import { GUARDED_DIMENSIONS, ROLLUP_DIMENSIONS } from './rollup-dimensions.ts';

test.for([
  ['to_cost_hourly', ROLLUP_DIMENSIONS],
  ['to_cost_daily', GUARDED_DIMENSIONS],
] as const)(
  'the view %s masks the same dimensions by the same bits',
  async ([view, dimensions]) => {
    const names = (await readMigrations(MIGRATIONS_DIRECTORY)).map(({ name }) => `${name}.sql`);
    const files = names.map((name) => readFile(join(MIGRATIONS_DIRECTORY, name), 'utf8'));
    const statements = (await Promise.all(files)).join('\n').split(/;\n/);
    const last =
      statements.findLast((statement) => statement.includes(`{database}.${view} `)) ?? '';
    const masked = last.matchAll(/bitTest\(over_limit, (\d+)\), '\(over limit\)', \w+\.(\w+)\)/g);
    expect([...masked].map(([, bit, name]) => [Number(bit), name])).toEqual(
      dimensions.map((name, bit) => [bit, name]),
    );
  },
);
