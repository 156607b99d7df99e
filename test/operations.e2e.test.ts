/** The commands of docs/operations.md, run as they stand there but for places and ids. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blockWith, type Ended, runBlock } from './page-blocks.ts';
import { type StartedCollector, startCollector } from './start-collector.ts';

const PAGE = 'docs/operations.md';
let collector: StartedCollector;
let place: string;

beforeAll(async () => {
  collector = await startCollector();
  place = mkdtempSync(join(tmpdir(), 'aicost-operations-'));
  expect(await run('npx aicost demo')).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await collector.stop();
  rmSync(place, { recursive: true, force: true });
});

function run(block: string): Promise<Ended> {
  const here = block.replaceAll('/backups', place).replaceAll('/var/lib', place);
  return runBlock(here, { AICOST_DATA_DIR: collector.dataDir });
}

it('backs up, restores and verifies what it restored', async () => {
  const backedUp = await run(blockWith(PAGE, 'aicost backup'));
  expect(backedUp).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Backed up to \S+monday: /),
  });
  const { code, stdout } = await run(blockWith(PAGE, 'aicost restore'));
  expect(stdout).toMatch(/^Restored into \S+aicost-restored what was backed up at /);
  expect(stdout).toMatch(/Spans, ledger and rollups agree to the last digit: [1-9]\d* entries/);
  expect(code).toBe(0);
});

it('tells who changed what', async () => {
  const { code, stdout } = await run(blockWith(PAGE, 'aicost audit'));
  expect([code, stdout]).toEqual([0, expect.stringMatching(/first-start +default +key\.created /)]);
});

it('rotates the first operator key with an overlap, and its file goes', async () => {
  const [list, rotate] = blockWith(PAGE, 'keys rotate').trim().split('\n');
  const listed = await run(`${list} --json`);
  const { rows } = JSON.parse(listed.stdout) as { rows: { id: string; scopes: string[] }[] };
  const { id } = rows.find(({ scopes }) => scopes.includes('operator'))!;
  const rotated = await run(rotate!.replace('ID', id));
  expect(rotated).toMatchObject({ code: 0, stdout: expect.stringMatching(/aicost_\w+_\w+/) });
  expect(existsSync(join(collector.dataDir, 'admin.key'))).toBe(false);
  // The old one holds for the overlap.
  expect(await collector.getJson('/api/v1/budgets')).toMatchObject({ status: 200 });
});
