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
import { backUp } from './back-up.ts';
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

test('tables come back with every row, under their names and with their views', async () => {
  const row = { version: '7', actor: 'cli', tenant: 'acme', kind: 'k', id: 'i', payload: '{}' };
  await server.insertRows('aicost.control', [{ ...row, deleted: 0 }]);
  const direct = <T>(work: () => Promise<T>) => work();
  const to = await mkdtemp(join(tmpdir(), 'aicost-server-backup-'));
  const parts = { store: server, dataDir, held: direct, still: direct, now: () => new Date() };
  const destination = serverDestination('disk:default/backups/monday')!;
  const asked = { to, destination };
  await backUp({ ...parts, randomId: () => 'a1' }, asked, () => undefined);
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
