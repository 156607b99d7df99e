/** Settle, verify and reprice where no collector runs: the commands open the data directory themselves. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type StartedCollector, startCollector } from './start-collector.ts';

const MAIN = fileURLToPath(new URL('../collector/src/main.ts', import.meta.url));
let collector: StartedCollector;

/** A collector that was killed: what it had acknowledged may still stand in its journal. */
beforeAll(async () => {
  collector = await startCollector(['--settle', 'off']);
  expect(await aicost('demo')).toMatchObject({ code: 0 });
  expect(await aicost('demo', '--seed', '5')).toMatchObject({ code: 0 });
  process.kill(collector.pid, 'SIGKILL');
});

afterAll(() => collector.stop());

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function aicost(command: string, ...flags: string[]): Promise<Ended> {
  const line = [MAIN, command, '--data-dir', collector.dataDir, ...flags];
  return new Promise((resolve) => {
    execFile(process.execPath, line, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : 0;
      resolve({ code, stdout, stderr });
    });
  });
}

it('stores what the journal holds, settles it, and finds no difference', async () => {
  const settled = await aicost('settle', '--json');
  expect(settled).toMatchObject({ code: 0 });
  const told = JSON.parse(settled.stdout) as { traces: number };
  expect(told).toMatchObject({ done: true, settled_through: expect.stringMatching(/Z$/) });
  expect(told.traces).toBeGreaterThan(0);
  const journal = readdirSync(join(collector.dataDir, 'journal'), { recursive: true });
  expect(journal.filter((name) => String(name).endsWith('rows.native'))).toEqual([]);
  const { code, stdout } = await aicost('verify', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ done: true, ok: true, skipped: {}, difference: null });
  expect(code).toBe(0);
});

it('reprices, and says what is wrong with a range as a collector does', async () => {
  const dry = await aicost('reprice', '--from', 'now-7d', '--to', 'now', '--dry-run');
  expect(dry.stdout).toMatch(/^No charge changes\.\n0 of [1-9]\d* charges change/);
  expect(dry).toMatchObject({ code: 0 });
  const wrong = await aicost('reprice', '--from', 'now', '--to', 'now-1d');
  expect(wrong.stderr).toMatch(/to is "now-1d"; expected a time after from \(now\)/);
  expect(wrong).toMatchObject({ code: 1 });
});

it('gives the directory back, so that the next may have it', () => {
  expect(existsSync(join(collector.dataDir, 'engine.lock'))).toBe(false);
});

it('makes nothing where no collector ever ran', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'aicost-nothing-'));
  try {
    const { code, stderr } = await aicost('verify', '--data-dir', dataDir);
    expect(stderr).toContain(`No collector runs on the data directory ${dataDir}`);
    expect(code).toBe(1);
    expect(readdirSync(dataDir)).toEqual([]);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});
