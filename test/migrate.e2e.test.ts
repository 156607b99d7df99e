/** `aicost migrate`: says what it applied, does nothing twice, and leaves a running collector alone. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startCollector } from './start-collector.ts';

const MAIN = fileURLToPath(new URL('../collector/src/main.ts', import.meta.url));

function migrate(dataDir: string, ...flags: string[]): string {
  const line = [MAIN, 'migrate', '--data-dir', dataDir, '--log-level', 'warn', ...flags];
  return execFileSync(process.execPath, line, { encoding: 'utf8' });
}

test('an empty data directory gets every migration, once', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'aicost-migrate-'));
  try {
    const first = migrate(dataDir);
    expect(first).toMatch(/^applied 0001-/);
    expect(first).toContain('are those of this version now.');
    expect(JSON.parse(migrate(dataDir, '--json'))).toEqual({
      database: 'aicost',
      current: true,
      applied: [],
    });
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test('the tables of a running collector are current', async () => {
  const collector = await startCollector();
  try {
    expect(migrate(collector.dataDir)).toContain('the collector that runs on this data directory');
  } finally {
    expect(await collector.stop()).toBe(0);
  }
});

test('--dry-run prints what makes a new database, and opens nothing', () => {
  const dataDir = join(tmpdir(), 'aicost-migrate-never-made');
  const cluster = ['--clickhouse-url', 'http://127.0.0.1:1', '--clickhouse-cluster', 'prod'];
  const text = migrate(dataDir, '--dry-run', ...cluster);
  expect(text).toMatch(/^-- database\n/);
  expect(text).toContain('CREATE DATABASE IF NOT EXISTS `aicost_local` ON CLUSTER `prod`;\n');
  expect(text).toContain('-- 0001-spans-ledger-landing\n');
  const { statements } = JSON.parse(migrate(dataDir, '--dry-run', '--json'));
  expect(statements[0]).toEqual({
    migration: 'database',
    sql: 'CREATE DATABASE IF NOT EXISTS `aicost`',
  });
  expect(existsSync(dataDir)).toBe(false);
});
