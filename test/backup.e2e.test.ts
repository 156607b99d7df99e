/** A collector under load is backed up and restored elsewhere: nothing acknowledged is missing there, nothing twice. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, type StartedCollector, startCollector, startIn } from './start-collector.ts';

const MAIN = fileURLToPath(new URL('../collector/src/main.ts', import.meta.url));
const CALLS_A_REQUEST = 20;
const SENDERS = 2;
/**
 * Segments, which are sealed every 0.8 s, are open, sealed and written at any moment all the same, and two processes
 * find time: each span more is settled and verified here and in the restored one.
 */
const PAUSE_MS = 150;
/** More than one, so that several segments are open at once. */
const DAYS = 2;
const START_NS = 1_787_227_200_000_000_000n;
const DAY_NS = 86_400_000_000_000n;
/** 1000 input tokens and 100 output tokens of the model, by the price book. */
const CALL_USD = 0.0035;

let collector: StartedCollector;
let place: string;
let restored: StartedCollector | undefined;
let load: Load;

beforeAll(async () => {
  collector = await startCollector(['--settle-after', '1s']);
  place = mkdtempSync(join(tmpdir(), 'aicost-backup-'));
  load = startLoad(collector);
});

afterAll(async () => {
  await load.stop();
  await collector.stop();
  await restored?.stop();
  rmSync(place, { recursive: true, force: true });
});

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function aicost(...line: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...line], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** A request of calls of some days, each a trace of its own; the same number gives the same bytes. */
function requestOf(number: number): string {
  const spans = Array.from({ length: CALLS_A_REQUEST }, (_, i) => {
    const id = number * CALLS_A_REQUEST + i + 1;
    const start = START_NS + BigInt(i % DAYS) * DAY_NS + BigInt(id) * 1_000n;
    const attributes = {
      'gen_ai.operation.name': { stringValue: 'chat' },
      'gen_ai.provider.name': { stringValue: 'openai' },
      'gen_ai.request.model': { stringValue: 'gpt-4o-2024-08-06' },
      'gen_ai.usage.input_tokens': { intValue: 1000 },
      'gen_ai.usage.output_tokens': { intValue: 100 },
    };
    return {
      traceId: hex(id, 32),
      spanId: hex(id, 16),
      name: 'chat',
      kind: 3,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + 1_000n),
      attributes: Object.entries(attributes).map(([key, value]) => ({ key, value })),
    };
  });
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

async function send({ url, key }: StartedCollector, number: number): Promise<void> {
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: requestOf(number) };
  const response = await fetch(`${url}/v1/traces`, init);
  expect({ status: response.status, text: await response.text() }).toEqual({
    status: 200,
    text: '{}',
  });
}

interface Load {
  /** Requests that were begun, and those that were answered. */
  begun: number;
  answered: number;
  stop(): Promise<void>;
}

function startLoad(to: StartedCollector): Load {
  let isOver = false;
  const work = async () => {
    while (!isOver) {
      await send(to, load.begun++);
      load.answered++;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  const load: Load = {
    begun: 0,
    answered: 0,
    async stop() {
      isOver = true;
      await senders;
    },
  };
  const senders = Promise.all(Array.from({ length: SENDERS }, work));
  return load;
}

async function totals(of: StartedCollector): Promise<{ calls: number; cost_usd: string }> {
  const range = 'from=2026-08-20T00:00:00Z&to=2026-08-24T00:00:00Z';
  const { body } = await of.getJson(`/api/v1/costs/breakdown?${range}&by=model`);
  return (body as { totals: { calls: number; cost_usd: string } }).totals;
}

it('copies tables, journal and keys while spans come in, and tells what it does', async () => {
  await eventually(
    async () => load.answered,
    (answered) => answered > 10,
  );
  const before = load.answered;
  const to = join(place, 'monday');
  const { code, stdout, stderr } = await aicost(
    'backup',
    '--data-dir',
    collector.dataDir,
    '--to',
    to,
    '--json',
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ done: true, to, files: expect.any(Number) });
  const after = load.begun;
  expect(after).toBeGreaterThan(before);
  await load.stop();
  expect(statSync(to).mode & 0o077).toBe(0);
  expect(existsSync(join(to, 'admin.key'))).toBe(true);
  expect(await leftBehind(collector.dataDir)).toEqual([]);

  const dataDir = join(place, 'restored');
  const told = await aicost('restore', '--from', to, '--data-dir', dataDir);
  expect(told).toMatchObject({ code: 0 });
  expect(told.stdout).toMatch(/^Restored into \S+ what was backed up at \S+Z: \d+ files/);
  restored = await startIn(dataDir, ['--settle-after', '1s']);
  await storedIn(dataDir);
  const { calls, cost_usd: cost } = await totals(restored);
  expect(calls).toBeGreaterThanOrEqual(before * CALLS_A_REQUEST);
  expect(calls).toBeLessThanOrEqual(after * CALLS_A_REQUEST);
  expect(Number(cost)).toBeCloseTo(calls * CALL_USD, 9);
});

/** What a backup needed for a while. */
async function leftBehind(dataDir: string): Promise<string[]> {
  const shadow = readdirSync(join(dataDir, 'engine/data/shadow'));
  const own = readdirSync(dataDir).filter((name) => name.startsWith('backup-'));
  return [...own, ...shadow.filter((name) => name.startsWith('aicost_'))];
}

/** What the journal held is written before anybody compares. */
async function storedIn(dataDir: string): Promise<void> {
  const rows = async () => readdirSync(join(dataDir, 'journal/sealed'));
  expect(await eventually(rows, (names) => names.length === 0)).toEqual([]);
}

it('restores a ledger in which spans, entries and rollups agree, under the same keys', async () => {
  const { code, stdout } = await aicost('verify', '--data-dir', restored!.dataDir, '--json');
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, difference: null });
  expect(code).toBe(0);
  expect(restored!.key).toBe(collector.key);
});

it('bills nothing twice that is sent again to the restored one, and takes what it has not', async () => {
  expect(load.begun).toBe(load.answered);
  for (let number = 0; number < load.begun; number++) await send(restored!, number);
  await storedIn(restored!.dataDir);
  const all = load.begun * CALLS_A_REQUEST;
  const answer = await eventually(
    () => totals(restored!),
    ({ calls }) => calls === all,
  );
  expect(answer.calls).toBe(all);
  expect(Number(answer.cost_usd)).toBeCloseTo(all * CALL_USD, 9);
  await storedIn(collector.dataDir);
  const own = await eventually(
    () => totals(collector),
    ({ calls }) => calls === all,
  );
  expect(own).toMatchObject({ calls: all, cost_usd: answer.cost_usd });
  const { stdout } = await aicost('verify', '--data-dir', restored!.dataDir, '--json');
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, difference: null });
});

it('backs up a directory on which no collector runs, and refuses a place that is not empty', async () => {
  const { dataDir } = restored!;
  process.kill(restored!.pid, 'SIGKILL');
  const full = await aicost('backup', '--data-dir', dataDir, '--to', join(place, 'monday'));
  expect(full).toMatchObject({ code: 1 });
  expect(full.stderr).toMatch(/to is ".*monday"; expected an empty directory.*it holds/);
  const within = await aicost('backup', '--data-dir', dataDir, '--to', join(dataDir, 'copy'));
  expect(within.stderr).toContain('outside of the data directory');
  const done = await aicost('backup', '--data-dir', dataDir, '--to', join(place, 'tuesday'));
  expect(done).toMatchObject({ code: 0 });
  expect(done.stdout).toMatch(/^Backed up to \S+tuesday: \d+ files, \d+ bytes/);
});

it('restores into an empty directory only, and only what is whole', async () => {
  const from = join(place, 'tuesday');
  const again = await aicost('restore', '--from', from, '--data-dir', restored!.dataDir);
  expect(again).toMatchObject({ code: 1 });
  expect(again.stderr).toContain('expected an empty directory');
  writeFileSync(join(from, 'control.json'), '{}');
  const dataDir = join(place, 'new');
  const changed = await aicost('restore', '--from', from, '--data-dir', dataDir);
  expect(changed).toMatchObject({ code: 1 });
  expect(changed.stderr).toMatch(/control\.json is damaged: expected \d+ bytes with SHA-256/);
  expect(readdirSync(dataDir)).toEqual([]);
});

it('is asked for over HTTP by an operator with an absolute path', async () => {
  const ask = async (body: object) => {
    const headers = { 'x-api-key': collector.key, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await fetch(`${collector.url}/api/v1/admin/backup`, init);
    return { status: response.status, body: JSON.parse(await response.text()) as object };
  };
  expect(await ask({ to: 'monday' })).toMatchObject({
    status: 400,
    body: { code: 'parameter_invalid', detail: 'to is "monday": expected an absolute path.' },
  });
  expect(await ask({ to: join(place, 'x'), clickhouse_to: 'disk:backups/x' })).toMatchObject({
    status: 400,
    body: { detail: expect.stringMatching(/^clickhouse_to is "disk:backups\/x"; expected none/) },
  });
});
