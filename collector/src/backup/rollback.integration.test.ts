/**
 * The way back of docs/operations.md: a backup under an older schema, the upgrade to the newest, and that backup
 * restored for the older one. Of the older release the migrations are here, and what they take and refuse; its programs
 * are not. Here from the schema before the newest; `npm run test:rollback` goes back to each one that there was.
 */
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startTestEngine,
  storeAddress,
  type TestEngine,
} from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import {
  MIGRATIONS_DIRECTORY,
  type Migration,
  migrate,
  readMigrations,
} from '@ai-cost-profiler/clickhouse/migrate.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { backUp, checkTarget } from './back-up.ts';
import { readManifest } from './manifest.ts';
import { restore } from './restore.ts';

const NEVER = new AbortController().signal;
const silent = () => undefined;

const ALL = await readMigrations(MIGRATIONS_DIRECTORY);
/** How many migrations the older release has. */
const OLDER = ALL.map((_, number) => number).slice(
  process.env['AICOST_ROLLBACK'] === 'whole' ? 1 : -1,
);

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'aicost-rollback-'));
});
afterEach(() => rm(root, { recursive: true }));

/** A directory of the migrations that a release has. */
async function directoryOf(migrations: readonly Migration[]): Promise<string> {
  const directory = join(root, 'migrations');
  await mkdir(directory);
  for (const { name } of migrations) {
    await copyFile(join(MIGRATIONS_DIRECTORY, `${name}.sql`), join(directory, `${name}.sql`));
  }
  return directory;
}

interface Opened {
  readonly engine: TestEngine;
  readonly store: Store;
  close(): Promise<void>;
}

/** The tables of a data directory. */
async function open(dataDir: string): Promise<Opened> {
  const engine = await startTestEngine({ dataDir: join(dataDir, 'engine') });
  const address = storeAddress(engine.address);
  const store = createStore({ kind: 'embedded', database: 'aicost', ...address });
  const close = async (): Promise<void> => {
    await store.close();
    await engine.stop();
  };
  return { engine, store, close };
}

/** Spans with their charges, of two days; their numbers begin at `from`. */
async function fill(store: Store, from: number): Promise<void> {
  const values = {
    tenant: "'acme'",
    trace_id: "leftPad(hex(number % 5), 32, '0')",
    span_id: "leftPad(hex(number + 1), 16, '0')",
    start_time: "toDateTime64('2026-08-20 22:00:00.123456789', 9, 'UTC') + number * 600",
    received_at: "toDateTime64('2026-08-22 00:00:00', 9, 'UTC')",
    recorded_at: 'received_at',
    model: "concat('model ', toString(number % 3))",
    user: "concat('user ', toString(number % 4))",
    entry_id: 'generateUUIDv4()',
    calls: '1',
    in_uncached: 'number * 1000',
    cost_usd: "toDecimal128('0.000000000000000007', 18) * number",
    writer_id: "'w'",
    batch_seq: 'number + 1',
  };
  const named = Object.entries(values).map(([name, sql]) => `${sql} AS ${name}`);
  for (const kind of ['span', 'entry']) {
    await store.command(
      `INSERT INTO landing (row_kind, span_role, entry_kind, ${Object.keys(values).join(', ')})
       SELECT '${kind}', 'leaf', 'charge', ${named.join(', ')} FROM numbers(${from}, 40)
       SETTINGS max_partitions_per_insert_block = 0`,
    );
  }
}

/** Rows and exact sums of every table of spans and money. */
async function totals(store: Store): Promise<unknown> {
  const sums =
    'toString(sum(calls)) AS calls, toString(sum(in_uncached)) AS input, toString(sum(cost_usd)) AS cost';
  const by = (table: string, key: string) =>
    store.query(`SELECT toString(${key}) AS of, ${sums} FROM ${table} GROUP BY of ORDER BY of`);
  return {
    spans: await store.query('SELECT trace_id, span_id FROM spans ORDER BY ALL'),
    ledger: await by('ledger', 'span_id'),
    hours: await by('cost_hourly', '(hour, model)'),
    days: await by('cost_daily', '(day, user)'),
    traces: await store.query(
      'SELECT trace_id, toString(sum(spans)) AS spans FROM traces GROUP BY trace_id ORDER BY trace_id',
    ),
  };
}

test.for(OLDER)(
  'an upgrade from migration %i is undone by a backup from before it, with equal totals, and can be done again',
  async (older) => {
    const ofBefore = await directoryOf(ALL.slice(0, older));
    const newer = ALL.slice(older).map(({ name }) => name);
    const [dataDir, to, restored] = ['data', 'backup', 'restored'].map((name) =>
      join(root, name),
    ) as [string, string, string];
    const first = await open(dataDir);
    await migrate(first.store, ofBefore);
    await fill(first.store, 0);
    const told = await totals(first.store);
    const direct = <T>(work: () => Promise<T>) => work();
    const journalBytes = () => ({ bytes: 0, bytesMax: 1 });
    const parts = { store: first.store, dataDir, held: direct, still: direct, journalBytes };
    const asked = { to, destination: null };
    await checkTarget(dataDir, to);
    await backUp({ ...parts, now: () => new Date() }, asked, silent, NEVER);
    expect(await readManifest(to)).toMatchObject({ migration: ALL[older - 1]!.name });

    // The upgrade, and what came since.
    expect(await migrate(first.store)).toEqual(newer);
    expect(await totals(first.store)).toEqual(told);
    await fill(first.store, 40);
    expect(await totals(first.store)).not.toEqual(told);
    await expect(migrate(first.store, ofBefore)).rejects.toMatchObject({ reason: 'newer' });
    await first.close();

    // The release before, on the backup.
    await restore({ from: to, dataDir: restored }, silent);
    const second = await open(restored);
    expect(await migrate(second.store, ofBefore)).toEqual([]);
    expect(await totals(second.store)).toEqual(told);

    // What senders still have, and the upgrade once more.
    await fill(second.store, 40);
    const all = await totals(second.store);
    expect(await migrate(second.store)).toEqual(newer);
    expect(await totals(second.store)).toEqual(all);
    await second.close();
  },
);
