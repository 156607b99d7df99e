/**
 * Verify and reprice through the program: the demo's ledger agrees to the last digit, and a planted error ends
 * with 1.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createStore } from '@ai-cost-profiler/clickhouse/store.ts';
import { chat, requestOf } from '@ai-cost-profiler/collector/test-road.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type StartedCollector, startCollector } from './start-collector.ts';

const MAIN = fileURLToPath(new URL('../collector/src/main.ts', import.meta.url));
let collector: StartedCollector;

beforeAll(async () => {
  collector = await startCollector(['--settle', 'off']);
});

afterAll(async () => {
  expect(await collector.stop()).toBe(0);
});

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command of the program on the collector's data directory. */
function aicost(...words: string[]): Promise<Ended> {
  const line = [MAIN, ...words, '--data-dir', collector.dataDir];
  return new Promise((resolve) => {
    execFile(process.execPath, line, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : 0;
      resolve({ code, stdout, stderr });
    });
  });
}

it('finds nothing in what the demo sent, before settle and after', async () => {
  expect(await aicost('demo')).toMatchObject({ code: 0 });
  expect(await aicost('verify')).toMatchObject({ code: 0 });
  expect(await aicost('settle')).toMatchObject({ code: 0 });
  const { code, stdout } = await aicost('verify', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ done: true, ok: true, skipped: {}, difference: null });
  expect(code).toBe(0);
});

it.for([
  [{}, {}, 401, 'key_missing'],
  [{ from: 'now-1d' }, undefined, 400, 'parameter_invalid'],
  [{ from: 'now-1d', to: 'now', rules: 'all' }, undefined, 400, 'parameter_invalid'],
] as const)(
  'answers a problem to the body %j with the headers %j',
  async ([body, headers, ...wanted]) => {
    const response = await fetch(`${collector.url}/api/v1/admin/reprice`, {
      method: 'POST',
      headers: headers ?? { 'x-api-key': collector.key },
      body: JSON.stringify(body),
    });
    const { code } = (await response.json()) as { code: string };
    expect([response.status, code]).toEqual(wanted);
  },
);

it('lets nothing expire that is kept, and shows what would', async () => {
  const { code, stdout } = await aicost('retention', '--dry-run', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ done: true, dry_run: true, spans: 0, entries: 0 });
  expect(await aicost('retention')).toMatchObject({
    code: 0,
    stdout: 'Expired: 0 spans, the content of 0 spans, 0 ledger entries.\n',
  });
});

it('reprices nothing where the book is the one that billed', async () => {
  const dry = await aicost('reprice', '--from', 'now-7d', '--to', 'now', '--dry-run');
  expect(dry).toMatchObject({ code: 0 });
  expect(dry.stdout).toMatch(
    /^No charge changes\.\n0 of \d+ charges change, by 0 USD in all\. Nothing was appended: a dry run\.\n$/,
  );
  const wet = await aicost('reprice', '--from', 'now-7d', '--to', 'now', '--json');
  expect(JSON.parse(wet.stdout)).toMatchObject({ done: true, changed: 0, entries: 0 });
});

it('reads nothing otherwise by the rules that read it', async () => {
  const range = ['--from', 'now-7d', '--to', 'now'];
  const { stdout, code } = await aicost('reprice', ...range, '--rules', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ done: true, changed: 0, entries: 0 });
  expect(code).toBe(0);
});

it.for([
  [['--to', 'now'], /--from is missing; expected an RFC 3339 time/],
  [['--from', 'yesterday', '--to', 'now'], /from is "yesterday"; expected an RFC 3339 time/],
  [['--from', 'now', '--to', 'now-1d'], /to is "now-1d"; expected a time after from \(now\)/],
] as const)('refuses to reprice %j', async ([flags, message]) => {
  const { code, stderr } = await aicost('reprice', ...flags);
  expect(stderr).toMatch(message);
  expect(code).not.toBe(0);
});

// After what reads every span, which needs no more of them.
it('finds nothing while spans keep coming and settle runs', async () => {
  const sent = Promise.all(['7', '8'].map((seed) => aicost('demo', '--seed', seed)));
  for (let look = 0; look < 2; look++) {
    const [verified, settled] = await Promise.all([aicost('verify'), aicost('settle')]);
    expect(verified).toMatchObject({ code: 0 });
    expect(settled).toMatchObject({ code: 0 });
  }
  expect((await sent).map(({ code }) => code)).toEqual([0, 0]);
  expect(await aicost('verify')).toMatchObject({ code: 0 });
});

const DAY_MS = 86_400_000;

it('lets a day expire for a tenant, and every total stays', async () => {
  const startMs = Date.now() - 3 * DAY_MS;
  const sent = await fetch(`${collector.url}/v1/traces`, {
    method: 'POST',
    headers: { 'x-api-key': collector.key, 'content-type': 'application/json' },
    body: requestOf([{ span: 1, startMs, attributes: chat(1000) }]),
  });
  expect(sent.status).toBe(200);
  expect(await aicost('settle')).toMatchObject({ code: 0 });
  const costs = () => aicost('costs', '--from', 'now-7d', '--json');
  const before = await costs();
  expect(
    await aicost('tenants', 'limits', 'set', 'default', 'spans_retention_days', '1'),
  ).toMatchObject({ code: 0 });
  const { stdout } = await aicost('retention', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ done: true, spans: 1, traces: 1, waiting: {} });
  const [was, is] = [JSON.parse(before.stdout), JSON.parse((await costs()).stdout)];
  expect(is.totals).toEqual(was.totals);
  const verified = await aicost('verify');
  expect(verified.stdout).toContain('Of 1 days of a tenant the spans have expired');
  expect(verified.code).toBe(0);
});

/** Straight into the collector's engine: there is no way there through the collector. */
async function plant(sql: string): Promise<void> {
  const address = await readFile(join(collector.dataDir, 'engine', 'engine.address'), 'utf8');
  const { socketPath } = JSON.parse(address) as { socketPath: string };
  const store = createStore({ kind: 'embedded', socketPath, database: 'aicost' });
  await store.command(sql);
  await store.close();
}

it('ends with 1 and names table, column and cause where one atto is wrong', async () => {
  await plant(
    `INSERT INTO aicost.cost_daily (tenant, day, model, cost_usd)
     SELECT tenant, day, model, toDecimal128('0.000000000000000001', 18)
     FROM aicost.cost_daily ORDER BY tenant, day, model LIMIT 1`,
  );
  const { code, stdout } = await aicost('verify');
  expect(stdout).toMatch(/^A difference in cost_daily, after /);
  expect(stdout).toMatch(/\n {2}column {6}cost_usd\n/);
  expect(stdout).toMatch(
    /\n {2}expected {4}0\n {2}found {7}0\.000000000000000001\n {2}cause {7}\S/,
  );
  expect(code).toBe(1);
});
