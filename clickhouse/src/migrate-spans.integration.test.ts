/** Migrations that give `spans` another form, on a database that has spans in an older one. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestEngine, storeAddress, type TestEngine } from './engine/test-engine.ts';
import { MIGRATIONS_DIRECTORY, migrate, readMigrations } from './migrate.ts';
import { createStore, type Store } from './store.ts';

let engine: TestEngine;

beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(async () => {
  await engine.remove();
});

/** A database as the first `last` migrations leave it, with the rows of FILL. */
async function databaseOf(last: number): Promise<Store> {
  const database = `as_of_${last}`;
  const store = createStore({ kind: 'embedded', database, ...storeAddress(engine.address) });
  const earlier = await mkdtemp(`${tmpdir()}/aicost-migrations-`);
  for (const { name, number } of await readMigrations(MIGRATIONS_DIRECTORY)) {
    if (number <= last) {
      await copyFile(`${MIGRATIONS_DIRECTORY}/${name}.sql`, `${earlier}/${name}.sql`);
    }
  }
  await migrate(store, earlier);
  await rm(earlier, { recursive: true });
  await store.command(FILL);
  return store;
}

const SHOWN = `SELECT trace_id, span_id, parent_span_id, name, toString(start_time) AS starts, toString(end_time) AS ends,
  resource_attributes, attributes, mapKeys(attributes) AS names, response_id, session, user
  FROM spans ORDER BY start_time, span_id`;

/**
 * Three days, a span that ends before it starts, resources of two processes, attributes that columns have too, and
 * names and values that look like what the table marks them with.
 */
const FILL = String.raw`INSERT INTO landing (row_kind, tenant, trace_id, span_id, parent_span_id, name, start_time, end_time,
    resource_attributes, response_id, session, user, attributes, writer_id, batch_seq)
  SELECT 'span', 'acme', concat('trace ', toString(number % 7)), leftPad(toString(number), 16, '0'),
    if(number % 3 = 0, '', leftPad(toString(number - 1), 16, '0')), 'work',
    toDateTime64('2026-08-20 23:59:58.123456789', 9, 'UTC') + number * 3600 AS start,
    start + if(number = 3, -1, 0.25), map('service.name', concat('s', toString(number % 2))),
    if(number % 4 = 0, '', concat('answer-', toString(number))), if(number % 5 = 0, 's', ''), 'u',
    multiIf(
      number = 7, map(), number = 8, map('', 'nameless'), number = 9, map('a\0b', 'x', '', '', 'c', 'u'),
      number = 10, map('mark', '\x1Ar', 'of itself', '\x1A\x1A', 'alone', '\x1A'), number = 11, map('twice', '1', 'twice', '2'),
      map('z', toString(number), 'gen_ai.response.id', concat('answer-', toString(number)), 'session.id', 's',
        'user.id', 'u', 'empty', '', 'text', 'a "quoted" \\ text')
    ), 'ab', number
  FROM numbers(40)`;

test.for([[7], [9]] as const)(
  'spans of migration %i are moved into the form of now, and read as before',
  async ([last]) => {
    const store = await databaseOf(last);
    const before = await store.query(SHOWN);
    expect(before).toHaveLength(40);
    await migrate(store);
    const [table] = await store.query(
      `SELECT sorting_key FROM system.tables WHERE database = currentDatabase() AND name = 'spans'`,
    );
    expect(table).toEqual({
      sorting_key:
        'tenant, toStartOfMinute(start_time), trace_id, toUnixTimestamp64Nano(start_time)',
    });
    expect(await store.query(SHOWN)).toEqual(before);
    expect(await store.query("SHOW TABLES LIKE 'spans%'")).toEqual([{ name: 'spans' }]);
    // What a segment of an earlier version brings reads the same: its views fill the new table.
    await store.command('TRUNCATE TABLE spans');
    await store.command(FILL);
    expect(await store.query(SHOWN)).toEqual(before);
    await store.close();
  },
);

test('what a column has too is not stored twice, and lists of names are few', async () => {
  const store = await databaseOf(99);
  const [row] = await store.query(
    `SELECT countIf(arrayExists(value -> value != '' AND value IN (response_id, session, user), attribute_values)) AS twice,
       uniqExact(attribute_keys) AS lists FROM spans`,
  );
  expect(row).toEqual({ twice: '0', lists: '6' });
  await store.close();
});
