/**
 * Upgrades from every released schema. One database is brought from each migration to the next, and gets rows under
 * each as a collector of that time wrote them: whatever came under one has gone through all that follow. Nothing that
 * was stored may read otherwise at the end.
 */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestEngine, storeAddress, type TestEngine } from './engine/test-engine.ts';
import { MIGRATIONS_DIRECTORY, type Migration, migrate, readMigrations } from './migrate.ts';
import { createStore, type Store } from './store.ts';

const SPANS = 12;
/** From which migration on entries tell what their buckets cost, and what caches saved. */
const BUCKET_MONEY = 17;
let engine: TestEngine;
let store: Store;
let directory: string;
let migrations: Migration[];
/** Of each tenant, which is named after the migration: what its rows told under it. */
const before = new Map<string, unknown>();

beforeAll(async () => {
  engine = await startTestEngine();
  store = createStore({ kind: 'embedded', database: 'aicost', ...storeAddress(engine.address) });
  directory = await mkdtemp(join(tmpdir(), 'aicost-migrations-'));
  migrations = await readMigrations(MIGRATIONS_DIRECTORY);
  for (const migration of migrations) {
    await copyFile(join(MIGRATIONS_DIRECTORY, `${migration.name}.sql`), pathOf(migration));
    expect(await migrate(store, directory)).toEqual([migration.name]);
    const tenant = tenantOf(migration);
    await fill(tenant, migration.number);
    before.set(tenant, await told(tenant));
  }
});
afterAll(async () => {
  await store.close();
  await engine.remove();
  await rm(directory, { recursive: true });
});

const pathOf = ({ name }: Migration): string => join(directory, `${name}.sql`);
const tenantOf = ({ number }: Migration): string => `of-${number}`;

/** What a collector wrote under a migration: columns that were not there yet are left out. */
async function fill(tenant: string, migration: number): Promise<void> {
  const values: Record<string, string> = {
    tenant: `'${tenant}'`,
    trace_id: "leftPad(hex(number % 5), 32, '0')",
    span_id: "leftPad(hex(number + 1), 16, '0')",
    parent_span_id: "if(number < 5, '', leftPad(hex(number - 4), 16, '0'))",
    name: "'chat'",
    start_time: "toDateTime64('2026-08-20 23:59:58.123456789', 9, 'UTC') + number * 3600",
    end_time: 'start_time + if(number = 3, -1, 0.25)',
    received_at: "toDateTime64('2026-08-22 00:00:00.5', 9, 'UTC')",
    service: "concat('service ', toString(number % 2))",
    model: "'gpt-4o'",
    user: "concat('user ', toString(number % 3))",
    attributes:
      "map('gen_ai.request.model', 'gpt-4o', 'user.id', user, 'text', 'a \"quoted\" \\\\ text', 'stop_reason', 'max_tokens', 'error.type', 'timeout')",
    ...(migration < 8
      ? { resource_attributes: "map('service.name', service)" }
      : { resource: "toJSONString(map('service.name', service))" }),
    ...(migration < 5
      ? {}
      : { sampled_calls: 'number % 2', sampled_out_usd: 'toDecimal128(number, 18)' }),
    ...(migration < 6 ? {} : { resolved_spans: '3' }),
    ...(migration < BUCKET_MONEY
      ? {}
      : {
          cache_priced_calls: 'calls',
          cache_saved_usd: "toDecimal128('0.01', 18) * number",
          bucket_usd: "map('in_uncached', ifNull(cost_usd, 0))",
        }),
    entry_id: "toUUID(concat(leftPad(hex(number), 8, '0'), '-0000-0000-0000-000000000000'))",
    recorded_at: 'received_at',
    role: "'leaf'",
    calls: 'if(number = 7, -1, 1)',
    in_uncached: 'if(number = 6, NULL, number * 1000)',
    cost_usd: "if(number = 6, NULL, toDecimal128('0.000000000000000001', 18) * number)",
    list_usd: "if(number = 6, NULL, toDecimal128('0.1', 18) * number)",
    writer_id: `concat('w', '${migration}')`,
    batch_seq: 'number + 1',
  };
  const named = Object.entries(values).map(([name, sql]) => `${sql} AS ${name}`);
  for (const kind of ['span', 'entry']) {
    const columns = ['row_kind', 'span_role', 'entry_kind', ...Object.keys(values)].join(', ');
    await store.command(
      `INSERT INTO landing (${columns}) SELECT '${kind}', 'leaf', 'charge', ${named.join(', ')} FROM numbers(${SPANS})
       SETTINGS max_partitions_per_insert_block = 0`,
    );
  }
  if (migration < 2) return;
  const row = {
    version: String(migration),
    actor: 'cli',
    kind: 'key',
    id: tenant,
    payload: '{"a":1}',
  };
  await store.insertRows('control', [{ ...row, tenant, deleted: 0 }]);
}

const OF_ENTRIES = `toString(sum(calls)) AS calls, toString(sum(in_uncached)) AS input,
  toString(sum(cost_usd)) AS cost, toString(sum(list_usd)) AS list`;

/** Everything that questions are answered from, as it reads. */
async function told(tenant: string) {
  const of = `WHERE tenant = '${tenant}'`;
  const ask = (sql: string) => store.query(sql);
  return {
    spans:
      await ask(`SELECT trace_id, span_id, parent_span_id, name, toString(start_time) AS starts, toString(end_time) AS ends,
      service, toString(role) AS role, user, attributes, resource_attributes, writer_id, batch_seq
      FROM spans ${of} ORDER BY start_time, span_id`),
    ledger:
      await ask(`SELECT toString(entry_id) AS id, toString(kind) AS kind, trace_id, span_id, calls, in_uncached,
      toString(cost_usd) AS cost, toString(list_usd) AS list, user, writer_id, batch_seq
      FROM ledger ${of} ORDER BY entry_id`),
    hours: await ask(
      `SELECT toString(hour) AS at, service, ${OF_ENTRIES} FROM cost_hourly ${of} GROUP BY at, service ORDER BY ALL`,
    ),
    days: await ask(
      `SELECT toString(day) AS at, user, ${OF_ENTRIES} FROM cost_daily ${of} GROUP BY at, user ORDER BY ALL`,
    ),
    traces:
      await ask(`SELECT trace_id, toString(min(start_time)) AS starts, toString(max(end_time)) AS ends, sum(spans) AS spans,
      arraySort(groupUniqArrayArray(services)) AS services FROM traces ${of} GROUP BY trace_id ORDER BY trace_id`),
  };
}

test('rows of every released schema read as they did, to the last digit, through all later ones', async () => {
  for (const migration of migrations) {
    const tenant = tenantOf(migration);
    expect(await told(tenant), migration.name).toEqual(before.get(tenant));
  }
  expect(before.size).toBe(migrations.length);
});

test('why a call ended is told of rows of every schema, in every part they are in', async () => {
  const ask = () =>
    store.query(
      'SELECT tenant, finish_reason, error_type, toUInt32(count()) AS spans FROM spans GROUP BY ALL ORDER BY ALL',
    );
  const wanted = migrations
    .map((migration) => ({
      tenant: tenantOf(migration),
      finish_reason: 'max_tokens',
      error_type: 'timeout',
      spans: SPANS,
    }))
    .toSorted((a, b) => (a.tenant < b.tenant ? -1 : 1));
  expect(await ask()).toEqual(wanted);
  await store.command(
    'ALTER TABLE spans MATERIALIZE COLUMN finish_reason SETTINGS mutations_sync = 2',
  );
  await store.command('OPTIMIZE TABLE spans FINAL');
  expect(await ask()).toEqual(wanted);
});

test('the same rows tell the same under every schema', () => {
  const text = (migration: Migration) => {
    const { number } = migration;
    return JSON.stringify(before.get(tenantOf(migration))).replaceAll(`"w${number}"`, '"w"');
  };
  for (const migration of migrations) expect(text(migration)).toBe(text(migrations[0]!));
});

test('rollups and days that a later version asks for are the sums of the ledger, of old rows too', async () => {
  const sums = (table: string) =>
    store.query(`SELECT tenant, ${OF_ENTRIES} FROM ${table} GROUP BY tenant ORDER BY tenant`);
  const ledger = await sums('ledger');
  expect(ledger).toHaveLength(migrations.length);
  expect(await sums('cost_hourly')).toEqual(ledger);
  expect(await sums('cost_daily')).toEqual(ledger);
  const batches = (table: string, day: string) =>
    store.query(`SELECT tenant, toString(${day}) AS at, writer_id, toString(max(batch_seq)) AS highest
      FROM ${table} GROUP BY tenant, at, writer_id ORDER BY ALL`);
  expect(await batches('cost_day_batches', 'day')).toEqual(
    await batches('ledger', 'toDate(start_time)'),
  );
});

test('what buckets cost and caches saved is told since it is kept, and is no 0 of before', async () => {
  const told = await store.query(
    `SELECT tenant, toString(countIf(cache_saved_usd IS NOT NULL)) AS entries, toString(countIf(notEmpty(bucket_usd))) AS maps,
       toString(sum(cache_priced_calls)) AS calls, toString(sum(cache_saved_usd)) AS saved FROM ledger GROUP BY tenant`,
  );
  const ofRollup = (table: string) =>
    store.query(`SELECT tenant, toString(sum(cache_priced_calls)) AS calls, toString(sum(cache_saved_usd)) AS saved
      FROM ${table} GROUP BY tenant HAVING calls != '0' ORDER BY tenant`);
  for (const migration of migrations) {
    const isTold = migration.number >= BUCKET_MONEY;
    expect(told).toContainEqual({
      tenant: tenantOf(migration),
      ...(isTold
        ? { entries: '12', maps: '12', calls: '10', saved: '0.66' }
        : { entries: '0', maps: '0', calls: '0', saved: null }),
    });
  }
  const since = migrations.filter(({ number }) => number >= BUCKET_MONEY).map(tenantOf);
  const expected = since.sort().map((tenant) => ({ tenant, calls: '10', saved: '0.66' }));
  expect(await ofRollup('cost_hourly')).toEqual(expected);
  expect(await ofRollup('cost_daily')).toEqual(expected);
});

test('the control state of every version is there', async () => {
  expect(await store.query('SELECT toUInt32(count()) AS rows FROM control')).toEqual([
    { rows: migrations.length - 1 },
  ]);
});

test('a program of any earlier release refuses the database, and changes nothing', async () => {
  for (const migration of migrations.toReversed()) {
    await rm(pathOf(migration));
    await expect(migrate(store, directory)).rejects.toMatchObject({
      reason: 'newer',
      message: expect.stringMatching(
        /^The database has migration \d{4}-.*restore a backup from before it\.$/,
      ),
    });
  }
  const recorded = await store.query('SELECT DISTINCT name FROM migrations ORDER BY number');
  expect(recorded).toEqual(migrations.map(({ name }) => ({ name })));
});

test('an empty database of the first version is brought to the newest in one go', async () => {
  const other = createStore({
    kind: 'embedded',
    database: 'first',
    ...storeAddress(engine.address),
  });
  await copyFile(join(MIGRATIONS_DIRECTORY, `${migrations[0]!.name}.sql`), pathOf(migrations[0]!));
  await migrate(other, directory);
  const applied = await migrate(other);
  expect(applied).toEqual(migrations.slice(1).map(({ name }) => name));
  await other.close();
});
