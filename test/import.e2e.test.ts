/** docs/import.md, followed: its files are written, its commands run, and what they say is what stands there. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StartedCollector, startCollector } from './start-collector.ts';

const MAIN = fileURLToPath(new URL('../collector/src/main.ts', import.meta.url));
const PAGE = fileURLToPath(new URL('../docs/import.md', import.meta.url));
const COMMAND = 'npx aicost ';

let collector: StartedCollector;
const folder = mkdtempSync(join(tmpdir(), 'aicost-import-'));
beforeAll(async () => {
  collector = await startCollector();
}, 90_000);
afterAll(async () => {
  await collector.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function aicost(line: readonly string[], dataDir = collector.dataDir): Promise<Ran> {
  const words = [MAIN, ...line, '--data-dir', dataDir];
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

interface Fence {
  readonly language: string;
  readonly name: string;
  readonly text: string;
}

const fences = (): Fence[] =>
  [...readFileSync(PAGE, 'utf8').matchAll(/^```(\w+) ?(\S*)\n(.*?)^```$/gms)].map(
    ([, language = '', name = '', text = '']) => ({ language, name, text }),
  );

test('the page says what its commands say', async () => {
  let said = '';
  let compared = 0;
  for (const { language, name, text } of fences()) {
    if (name !== '') writeFileSync(join(folder, name), text);
    if (language === 'text') {
      expect(said).toBe(text);
      compared++;
    }
    if (language !== 'sh') continue;
    said = '';
    for (const line of text.split('\n').filter((one) => one.startsWith(COMMAND))) {
      const { stdout, stderr } = await aicost(line.slice(COMMAND.length).split(' '));
      said += stderr + stdout;
    }
  }
  expect(compared).toBe(3);
}, 120_000);

test('what was imported is in the answers, at its own time, for its tenant', async () => {
  const range = 'from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z';
  await expect
    .poll(
      async () => {
        const { body } = await collector.getJson(`/api/v1/costs/breakdown?${range}&by=feature`);
        return (body as { rows: { feature: string; calls: number; cost_usd: string }[] }).rows.map(
          ({ feature, calls, cost_usd: cost }) => [feature, calls, cost],
        );
      },
      { timeout: 30_000 },
    )
    .toEqual(
      expect.arrayContaining([
        ['search', 2, '0.01025'],
        ['chat', 1, null],
      ]),
    );
});

test('refused rows end with 1, a wrong call with 2, and an answer in JSON says all', async () => {
  const { code, stdout } = await aicost(['import', 'faulty.csv', '--json', '--tenant', 'web-shop']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ dry_run: false, rows: 4, kept: 0, known: 2, refused_rows: 2 },
    refused: [
      { file: 'faulty.csv', line: 3, column: 'timestamp' },
      { file: 'faulty.csv', line: 4, column: 'input_tokens' },
    ],
    tenants: ['web-shop'],
  });
  expect(await aicost(['import', 'events.csv', '--source', 'excel'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('aicost, helicone'),
  });
  expect(await aicost(['import', 'usage.json'])).toMatchObject({ code: 2 });
}, 60_000);

test('what ends an import says how far it came, and that it may be run again', async () => {
  const rows = Array.from(
    { length: 1_000 },
    (_, at) => `2026-03-01T13:00:00Z,row-${at},openai,gpt-4o-2024-08-06,${at}`,
  );
  const text = ['timestamp,id,provider,model,input_tokens', ...rows, '"never closed'].join('\n');
  writeFileSync(join(folder, 'cut.csv'), text);
  const { code, stderr } = await aicost(['import', 'cut.csv']);
  expect(code).toBe(1);
  expect(stderr).toContain('line 1002 begins a row that does not end');
  expect(stderr).toContain('What stands up to line 1001 was taken');
  writeFileSync(join(folder, 'cut.csv'), text.replace('\n"never closed', ''));
  expect((await aicost(['import', 'cut.csv'])).stdout).toContain(
    'Rows: 1000; 0 kept, 1000 there already, 0 refused',
  );
}, 60_000);

test('nothing is taken for a tenant that is suspended', async () => {
  await aicost(['tenants', 'suspend', 'web-shop']);
  const { code, stderr } = await aicost(['import', 'faulty.csv', '--tenant', 'web-shop']);
  expect(code).toBe(1);
  expect(stderr).toContain('tenant is "web-shop"; expected an active tenant: it is suspended.');
}, 60_000);

test('the quota of the day ends an import, and says so', async () => {
  await aicost(['tenants', 'create', 'lab']);
  await aicost(['tenants', 'limits', 'set', 'lab', 'spans_per_day', '1']);
  // What was let in is taken whole.
  expect(await aicost(['import', 'events.csv', '--tenant', 'lab'])).toMatchObject({ code: 0 });
  const again = await aicost(['import', 'events.csv', '--tenant', 'lab']);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('answered 429') });
}, 60_000);

test('without a collector, without the file, it says so at once', async () => {
  expect(await aicost(['import', 'missing.csv'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('missing.csv'),
  });
  expect(await aicost(['import', 'events.csv'], join(folder, 'nothing'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('No collector runs'),
  });
}, 60_000);
