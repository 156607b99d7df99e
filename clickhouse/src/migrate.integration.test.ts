/** Migrations on a real engine, with migrations of their own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestEngine, storeAddress, type TestEngine } from './engine/test-engine.ts';
import { MIGRATIONS_DIRECTORY, migrate, readMigrations } from './migrate.ts';
import { createStore, type Store } from './store.ts';

let engine: TestEngine;
let directory: string;
let store: Store;
let databases = 0;

const FIRST = `-- a comment; with a semicolon
CREATE TABLE IF NOT EXISTS {database}.a (id UInt64, note String DEFAULT 'x;y') ENGINE = MergeTree ORDER BY id;
CREATE TABLE IF NOT EXISTS {database}.b (id UInt64) ENGINE = MergeTree ORDER BY id;
`;
const SECOND = 'ALTER TABLE {database}.a ADD COLUMN IF NOT EXISTS more String;\n';

beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(async () => {
  await engine.remove();
});
beforeEach(async () => {
  databases += 1;
  directory = await mkdtemp(`${tmpdir()}/aicost-migrations-`);
  await write({ '0001-first.sql': FIRST, '0002-second.sql': SECOND });
  store = openStore();
  return async () => {
    await store.close();
    await rm(directory, { recursive: true });
  };
});

function openStore(): Store {
  const address = storeAddress(engine.address);
  return createStore({ kind: 'embedded', database: `migrated ${databases}`, ...address });
}

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, sql] of Object.entries(files)) {
    await writeFile(`${directory}/${name}`, sql);
  }
}

async function tables(): Promise<string[]> {
  const rows = await store.query<{ name: string }>('SHOW TABLES');
  return rows.map((row) => row.name);
}

test('an empty database gets every migration in order, and a second start changes nothing', async () => {
  expect(await migrate(store, directory)).toEqual(['0001-first', '0002-second']);
  expect(await tables()).toEqual(['a', 'b', 'migrations']);
  expect(await migrate(store, directory)).toEqual([]);
  const recorded = await store.query(
    'SELECT number, name, length(digest) AS digits FROM migrations ORDER BY number',
  );
  expect(recorded).toEqual([
    { number: 1, name: '0001-first', digits: '64' },
    { number: 2, name: '0002-second', digits: '64' },
  ]);
});

test('a later version applies only what is new', async () => {
  await migrate(store, directory);
  await write({
    '0003-third.sql': 'CREATE TABLE IF NOT EXISTS {database}.c (id UInt8) ENGINE = Memory;',
  });
  expect(await migrate(store, directory)).toEqual(['0003-third']);
  expect(await tables()).toContain('c');
});

test('a migration that was edited after it was applied is refused by name and both digests', async () => {
  await migrate(store, directory);
  const before = await readMigrations(directory);
  await write({ '0001-first.sql': `${FIRST}-- edited\n` });
  const after = await readMigrations(directory);
  await expect(migrate(store, directory)).rejects.toMatchObject({
    reason: 'edited',
    message: expect.stringMatching(
      new RegExp(`0001-first.*${before[0]?.digest}.*${after[0]?.digest}.*new migration`),
    ),
  });
});

test('a database that is newer than this version is refused', async () => {
  await migrate(store, directory);
  await rm(`${directory}/0002-second.sql`);
  await expect(migrate(store, directory)).rejects.toMatchObject({
    reason: 'newer',
    message: expect.stringContaining('0002-second'),
  });
});

test('a migration that broke off half way is finished by the next start', async () => {
  await write({
    '0002-second.sql': `${SECOND}CREATE TABLE {database}.d (id Nope) ENGINE = Memory;`,
  });
  await expect(migrate(store, directory)).rejects.toMatchObject({ name: 'StoreError', code: 50 });
  await write({ '0002-second.sql': SECOND });
  expect(await migrate(store, directory)).toEqual(['0002-second']);
});

test('two that start at once do no harm', async () => {
  const stores = [openStore(), openStore(), openStore()];
  await Promise.all(stores.map((one) => migrate(one, directory)));
  expect(await migrate(store, directory)).toEqual([]);
  expect(await tables()).toEqual(['a', 'b', 'migrations']);
  await Promise.all(stores.map((one) => one.close()));
});

test.for([
  ['a gap in the numbers', '0004-late.sql'],
  ['a double number', '0002-again.sql'],
  ['a name without a number', 'third.sql'],
])('%s is refused', async ([, name]) => {
  await write({ [name ?? '']: 'SELECT 1;' });
  await expect(migrate(store, directory)).rejects.toMatchObject({ reason: 'bad_directory' });
});

test('the migrations of this program apply to an empty database and again', async () => {
  const all = await readMigrations(MIGRATIONS_DIRECTORY);
  expect(await migrate(store)).toEqual(all.map((one) => one.name));
  expect(await migrate(store)).toEqual([]);
});
