/**
 * The backup of a server's tables, run on the embedded engine in the place of a server: its disk is the engine's own.
 * Buckets are parsed alone: there is none here.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Config, loadConfig } from '../config.ts';
import { controlCopyPath, writeControlCopy } from '../control/control-copy.ts';
import { openStoppedLedger } from '../stopped-ledger.ts';
import { backUp } from './back-up.ts';
import { copyInThread } from './copy-in-thread.ts';
import { readManifest } from './manifest.ts';
import { backupSql, restoreSql, serverDestination } from './server-backup.ts';

let engine: TestEngine;
let server: Store;
let dataDir: string;

beforeAll(async () => {
  const listen = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  engine = await startMigratedEngine({ listen, isBackupAllowed: true });
  const { address } = engine;
  server = createStore({ kind: 'server', database: 'aicost', ...storeAddress(address) });
  dataDir = await mkdtemp(join(tmpdir(), 'aicost-server-backup-'));
});
afterAll(async () => {
  await server.close();
  await engine.remove();
  await rm(dataDir, { recursive: true });
});

test.for([
  ['disk:backups/2026-11-30', "Disk('backups', '2026-11-30')"],
  ['disk:backups/fleet/monday.zip', "Disk('backups', 'fleet/monday.zip')"],
  ['s3:bucket_of_backups/monday', "S3(bucket_of_backups, 'monday')"],
])('%s is a place of a server', ([text, sql]) => {
  expect(serverDestination(text!)).toBe(sql);
});

test.for([
  'backups/monday',
  'disk:backups',
  'disk:backups/',
  'disk:backups/../x',
  'disk:/x',
  "disk:a'b/x",
  "disk:a/x'",
  's3:https://bucket/x',
  's3:a b/x',
])('%s is none', (text) => {
  expect(serverDestination(text)).toBeUndefined();
});

test('the engine reads the statements as they are written', async () => {
  for (const place of ['disk:backups/monday', 's3:bucket_of_backups/monday']) {
    for (const sql of [backupSql, restoreSql]) {
      const text = sql('my `db`', serverDestination(place)!);
      const [row] = await server.query('SELECT formatQuerySingleLine({text:String}) AS read', {
        text,
      });
      expect(row).toEqual({ read: text });
    }
  }
});

const direct = <T>(work: () => Promise<T>) => work();
const PARTS = {
  held: direct,
  still: direct,
  journalBytes: () => ({ bytes: 3, bytesMax: 10 }),
  now: () => new Date(),
};
const NEVER = new AbortController().signal;

/** Through the data directory of a stopped collector, whose tables are on the server. */
async function backUpStopped(more: Partial<Config>, place: string): Promise<object> {
  const dataDir = await mkdtemp(join(tmpdir(), 'aicost-server-backup-'));
  await writeControlCopy(controlCopyPath(dataDir), []);
  const address = storeAddress(engine.address);
  const { config } = loadConfig(new Map([['log-level', 'error']]), {});
  const clickhouseUrl = 'url' in address ? address.url : null;
  const ledger = await openStoppedLedger({ ...config, clickhouseUrl, dataDir, ...more });
  const to = await mkdtemp(join(tmpdir(), 'aicost-server-backup-'));
  try {
    return await ledger!.backup({ to, clickhouse_to: place }, () => undefined);
  } finally {
    await ledger!.close();
    await Promise.all([to, dataDir].map((path) => rm(path, { recursive: true })));
  }
}

test('a collector with --settle off is backed up as any other', async () => {
  const done = backUpStopped({ settle: false }, 'disk:default/backups/unsettled');
  expect(await done).toMatchObject({ files: expect.any(Number) });
});

test('what the server refuses is told in its words', async () => {
  const done = backUpStopped({}, 'disk:nowhere/monday');
  await expect(done).rejects.toMatchObject({
    code: 'backup_failed',
    message: expect.stringMatching(/ClickHouse answered .*nowhere/),
  });
});

test('what fails once the server is done tells where its tables are', async () => {
  const to = await mkdtemp(join(tmpdir(), 'aicost-server-backup-'));
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
  const parts = { ...PARTS, store: server, dataDir, still: () => Promise.reject(full) };
  const destination = serverDestination('disk:default/backups/full')!;
  await expect(backUp(parts, { to, destination }, () => undefined, NEVER)).rejects.toMatchObject({
    code: 'backup_failed',
    message: expect.stringMatching(
      /no space.*The tables are in Disk\('default', 'backups\/full'\)/,
    ),
  });
  await rm(to, { recursive: true });
});

test('a backup that nobody waits for any more writes nothing', async () => {
  const to = await mkdtemp(join(tmpdir(), 'aicost-server-backup-'));
  const gone = AbortSignal.abort(new Error('the client went away'));
  const parts = { ...PARTS, store: server, dataDir };
  const asked = { to, destination: serverDestination('disk:default/backups/gone')! };
  await expect(backUp(parts, asked, () => undefined, gone)).rejects.toThrow('went away');
  const files = [{ from: import.meta.filename, path: 'one' }];
  await expect(copyInThread({ to, files }, () => undefined, gone)).rejects.toThrow('went away');
  const ending = new AbortController();
  const copying = copyInThread({ to, files }, () => undefined, ending.signal);
  ending.abort(new Error('ended'));
  await expect(copying).rejects.toThrow('ended');
  expect(await readdir(to)).toEqual([]);
  await rm(to, { recursive: true });
});

test('tables come back with every row, under their names and with their views', async () => {
  const row = { version: '7', actor: 'cli', tenant: 'acme', kind: 'k', id: 'i', payload: '{}' };
  await server.insertRows('aicost.control', [{ ...row, deleted: 0 }]);
  const to = await mkdtemp(join(tmpdir(), 'aicost-server-backup-'));
  const parts = { ...PARTS, store: server, dataDir };
  const destination = serverDestination('disk:default/backups/monday')!;
  const asked = { to, destination };
  const told: object[] = [];
  await backUp(parts, asked, (progress) => told.push(progress), NEVER);
  expect(told).toContainEqual({ step: 'server', journal_bytes: 3, journal_bytes_max: 10 });
  expect(await readManifest(to)).toMatchObject({
    tables: { kind: 'clickhouse', destination },
    migration: expect.stringMatching(/^\d{4}-/),
    files: [],
  });
  expect(await readdir(to)).toEqual(['manifest.json']);
  const tables =
    'SELECT name, engine FROM system.tables WHERE database = currentDatabase() ORDER BY name';
  const before = await server.query(tables);
  await server.command('DROP DATABASE aicost SYNC');
  const outside = createStore({
    kind: 'server',
    database: 'default',
    ...storeAddress(engine.address),
  });
  await outside.command(restoreSql('aicost', destination));
  await outside.close();
  expect(await server.query(tables)).toEqual(before);
  expect(await server.query('SELECT tenant, id FROM control')).toEqual([
    { tenant: 'acme', id: 'i' },
  ]);
  await rm(to, { recursive: true });
});
