/** What a move refuses before anything changes: an engine over TCP stands in for the server. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { loadConfig } from './config.ts';
import { controlCopyPath, writeControlCopy } from './control/control-copy.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { runMove } from './move-command.ts';
import { openStorage } from './storage.ts';

let engine: TestEngine;
let target: Store;
let url: string;
let dataDir: string;

beforeAll(async () => {
  const listen = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  engine = await startMigratedEngine({ listen });
  const address = storeAddress(engine.address);
  url = 'url' in address ? address.url : '';
  target = createStore({ kind: 'server', database: 'aicost', ...address });
});
afterAll(async () => {
  await target.close();
  await engine.remove();
});
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'aicost-move-'));
  await writeControlCopy(controlCopyPath(dataDir), []);
  return () => rm(dataDir, { recursive: true });
});

async function run(...switches: string[]): Promise<number> {
  const flags = new Map([
    ['data-dir', dataDir],
    ['clickhouse-url', url],
    ['log-level', 'error'],
  ]);
  const { config, warnings } = loadConfig(flags, {});
  const io = {
    write: () => undefined,
    writeError: () => undefined,
    input: new PassThrough(),
    environment: {},
    now: () => new Date(),
  };
  const own = new Map(switches.map((name) => [name, '']));
  return runMove({ config, warnings, flags: own, positionals: [], json: false, io });
}

/** As an embedded collector leaves it. */
async function makeTables(): Promise<void> {
  const { config } = loadConfig(new Map([['data-dir', dataDir]]), {});
  const storage = await openStorage(config, createLog('error', process.stderr), createMetrics());
  await storage.prepared;
  await storage.close();
}

test('a directory whose tables always were on a server is refused, and no engine is made in it', async () => {
  await expect(run()).rejects.toThrow(/engine\/data is missing: the tables .* nothing to move/);
  expect(existsSync(join(dataDir, 'engine'))).toBe(false);
});

test('a server with rows of somebody else is refused before the journal is opened', async () => {
  await makeTables();
  const row = { version: '9', actor: 'cli', tenant: 'other', kind: 'key', id: 'b', payload: '{}' };
  await target.insertRows('aicost.control', [{ ...row, deleted: 0 }]);
  await expect(run()).rejects.toThrow(/control has "key b 9"/);
  expect(existsSync(join(dataDir, 'journal'))).toBe(false);
  expect(existsSync(join(dataDir, 'moved.json'))).toBe(false);
  await target.command('TRUNCATE TABLE control');
});

test('what was moved once is not moved again, unless somebody says so', async () => {
  await makeTables();
  await target.command('DROP DATABASE aicost SYNC');
  expect(await run()).toBe(0);
  const mark = JSON.parse(await readFile(join(dataDir, 'moved.json'), 'utf8'));
  expect(mark).toMatchObject({ url: expect.stringContaining(url), database: 'aicost' });
  await expect(run()).rejects.toThrow(/moved\.json tells that the tables were moved already/);
  expect(await run('again')).toBe(0);
});
