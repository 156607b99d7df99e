/** Whatever a name is, a query reads it as it was written: names come from spans, and what is typed in from anybody. */
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { chosen, shown, textValue } from '@ai-cost-profiler/grafana/sql/text-value.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALL, interpolate } from './interpolate.ts';

let engine: TestEngine;
let store: Store;
beforeAll(async () => {
  engine = await startMigratedEngine();
  store = createStore({ kind: 'embedded', database: 'aicost', ...storeAddress(engine.address) });
});
afterAll(async () => {
  await store.close();
  await engine.remove();
});

/** Texts with what ends quotes, comments, macros and variables of others. */
const hostile = fc.array(
  fc.constantFrom(
    "'",
    '\\',
    '"',
    '`',
    '--',
    '/*',
    '$__all',
    '$' + '{x}',
    '(',
    ')',
    ',',
    '%27',
    'é',
    ' ',
    'a',
  ),
  { maxLength: 12 },
);
const names = fc.array(
  hostile.map((parts) => parts.join('')),
  { minLength: 1, maxLength: 20 },
);
const RUNS = { numRuns: 15 };

test('what is typed in arrives as it was typed', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, async (parts) => {
      const typed = parts.join('');
      const sql = interpolate(`SELECT ${textValue('x')} AS text`, { x: typed });
      expect(await store.query(sql)).toEqual([{ text: typed }]);
    }),
    RUNS,
  );
});

test('a shown name that is chosen finds the rows of that name, and no others', async () => {
  await fc.assert(
    fc.asyncProperty(names, async (all) => {
      const rows = 'arrayJoin({all:Array(String)}) AS name';
      const shownRows = await store.query<{ name: string; shown: string }>(
        `SELECT ${rows}, ${shown('name')} AS shown`,
        { all },
      );
      const [first] = shownRows;
      const condition = chosen(shown('name'), 'x');
      const sql = interpolate(`SELECT name FROM (SELECT ${rows}) WHERE ${condition}`, {
        x: [first?.shown ?? ''],
      });
      const found = await store.query<{ name: string }>(sql, { all });
      const wanted = shownRows.filter((row) => row.shown === first?.shown);
      expect(found.map(({ name }) => name).sort()).toEqual(wanted.map(({ name }) => name).sort());
    }),
    RUNS,
  );
});

test('any text without a backslash stays within its quotes, wherever the list comes from', async () => {
  await fc.assert(
    fc.asyncProperty(names, async (all) => {
      const chosenNames = all.map((text) => text.replaceAll('\\', '/'));
      const sql = interpolate(
        `SELECT count() AS n FROM (SELECT arrayJoin({all:Array(String)}) AS name) WHERE ${chosen('name', 'x')}`,
        { x: chosenNames },
      );
      expect(await store.query(sql, { all: chosenNames })).toEqual([{ n: String(all.length) }]);
    }),
    RUNS,
  );
});

test('nothing chosen is everything', async () => {
  const sql = interpolate(
    `SELECT count() AS n FROM numbers(3) WHERE ${chosen('toString(number)', 'x')}`,
    { x: ALL },
  );
  expect(await store.query(sql)).toEqual([{ n: '3' }]);
});
