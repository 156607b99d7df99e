/** Migration 8 on a database that has spans in their old order. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestEngine, storeAddress, type TestEngine } from './engine/test-engine.ts';
import { MIGRATIONS_DIRECTORY, migrate, readMigrations } from './migrate.ts';
import { createStore, type Store } from './store.ts';

let engine: TestEngine;
let store: Store;
let earlier: string;

beforeAll(async () => {
  engine = await startTestEngine();
  store = createStore({ kind: 'embedded', database: 'aicost', ...storeAddress(engine.address) });
  earlier = await mkdtemp(`${tmpdir()}/aicost-migrations-`);
  for (const { name, number } of await readMigrations(MIGRATIONS_DIRECTORY)) {
    if (number >= 8) continue;
    await copyFile(`${MIGRATIONS_DIRECTORY}/${name}.sql`, `${earlier}/${name}.sql`);
  }
});
afterAll(async () => {
  await store.close();
  await engine.remove();
  await rm(earlier, { recursive: true });
});

const SHOWN = `SELECT trace_id, span_id, name, toString(start_time) AS starts, toString(end_time) AS ends,
  resource_attributes, attributes FROM aicost.spans ORDER BY start_time, span_id`;

/** Three days, a span that ends before it starts, and resources of two processes. */
const FILL = `INSERT INTO aicost.landing (row_kind, tenant, trace_id, span_id, name, start_time, end_time,
    resource_attributes, attributes, writer_id, batch_seq)
  SELECT 'span', 'acme', concat('trace ', toString(number % 7)), toString(number), 'work',
    toDateTime64('2026-08-20 23:59:58.123456789', 9, 'UTC') + number * 3600 AS start,
    start + if(number = 3, -1, 0.25), map('service.name', concat('s', toString(number % 2))),
    map('n', toString(number), 'text', 'a "quoted" \\\\ text'), 'ab', number
  FROM numbers(40)`;

const orderOf = async () => {
  const sql = `SELECT sorting_key FROM system.tables WHERE database = 'aicost' AND name = 'spans'`;
  return (await store.query<{ sorting_key: string }>(sql))[0]?.sorting_key;
};

test('spans of an earlier version are moved into the new order, and read as before', async () => {
  await migrate(store, earlier);
  await store.command(FILL);
  const before = await store.query(SHOWN);
  expect(before).toHaveLength(40);
  await migrate(store);
  expect(await orderOf()).toBe(
    'tenant, toStartOfMinute(start_time), trace_id, toUnixTimestamp64Nano(start_time)',
  );
  expect(await store.query(SHOWN)).toEqual(before);
  const tables = await store.query<{ name: string }>("SHOW TABLES FROM aicost LIKE 'spans%'");
  expect(tables).toEqual([{ name: 'spans' }]);
});

test('rows that a segment of an earlier version brings keep their resource, and its views fill the new table', async () => {
  await store.command('TRUNCATE TABLE aicost.spans');
  await store.command(FILL);
  const [row] = await store.query(
    `SELECT count() AS spans, countIf(resource_attributes['service.name'] = 's1') AS odd,
       countIf(end_time < start_time) AS backwards FROM aicost.spans`,
  );
  expect(row).toEqual({ spans: '40', odd: '20', backwards: '1' });
});
