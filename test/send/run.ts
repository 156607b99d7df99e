/**
 * `npm run test:send`: an OpenTelemetry Collector is built, checks each configuration of docs/send/otel-collector.md
 * itself, and sends 400 calls through it to a real collector of ours, whose totals must be those the page promises.
 * Needs Go; without it nothing is tried, and that is said. Ends with 1 when a promise is not kept.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { builtCollector } from '../../bench/peers/otelcol/build.ts';
import { eventually, type StartedCollector, startCollector } from '../start-collector.ts';
import { listSendPages, readText } from './send-page.ts';

const CALLS = 400;
const RESTING_MS = 4_000;
/** Of the one call that is sent so often: 1,000 tokens in and 500 out. */
const CALL = 'test/send/fixtures/sampled-one-in-four.json';
/** $0.0075, in hundredths of a cent. */
const CALL_COST = 75;

interface Totals {
  readonly calls: number;
  readonly sampled_calls: number;
  readonly cost_usd: string | null;
  readonly estimated_usd: string | null;
}
const totalsSchema = z.object({
  totals: z.object({
    calls: z.number(),
    sampled_calls: z.number(),
    cost_usd: z.string().nullable(),
    estimated_usd: z.string().nullable(),
  }),
});

/** An amount in hundredths of a cent, which all amounts here are whole numbers of. */
const costOf = (usd: string | null): number => Math.round(Number(usd) * 10_000);

const isWhole = ({ calls, sampled_calls, cost_usd }: Totals): boolean =>
  calls === CALLS && sampled_calls === 0 && costOf(cost_usd) === CALLS * CALL_COST;
/** How many is decided by the ids of the traces: about a quarter. */
const isScaled = ({ calls, sampled_calls, cost_usd, estimated_usd }: Totals): boolean =>
  calls > 64 &&
  calls < 136 &&
  sampled_calls === calls &&
  costOf(cost_usd) === calls * CALL_COST &&
  costOf(estimated_usd) === calls * 4 * CALL_COST;

/** What each configuration of the page promises, in its order. */
const PROMISES: readonly (readonly [promise: string, isKept: (totals: Totals) => boolean])[] = [
  ['every call arrives, through the queue on disk', isWhole],
  ['every call arrives, whatever is sampled for others', isWhole],
  ['a quarter arrives, and says what it stands for', isScaled],
];

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const program = builtCollector(join(import.meta.dirname, 'otelcol'), say);
if (program === undefined)
  say('NOT TESTED: there is no Go here, so there is no OpenTelemetry Collector');
else process.exitCode = (await tryAll(program)) ? 0 : 1;

async function tryAll(otelcol: string): Promise<boolean> {
  const page = listSendPages().find(({ name }) => name === 'otel-collector')!;
  const texts = page.blocks.filter(({ language }) => language === 'yaml').map(({ text }) => text);
  if (texts.length !== PROMISES.length) throw new Error('a configuration has no promise');
  const collector = await startCollector();
  let isGood = true;
  for (const [index, text] of texts.entries()) {
    const [promise, isKept] = PROMISES[index]!;
    const totals = await tryOne(otelcol, { text, collector, tenant: `otelcol-${index}` });
    const isOne = isKept(totals);
    say(`${isOne ? 'ok  ' : 'FAIL'} ${promise}: ${JSON.stringify(totals)}`);
    isGood &&= isOne;
  }
  await collector.stop();
  return isGood;
}

interface Trial {
  readonly text: string;
  readonly collector: StartedCollector;
  readonly tenant: string;
}

async function tryOne(otelcol: string, { text, collector, tenant }: Trial): Promise<Totals> {
  const directory = mkdtempSync(join(tmpdir(), 'aicost-otelcol-'));
  const port = await freePort();
  const config = join(directory, 'config.yaml');
  const placed = text
    .replaceAll('127.0.0.1:5318', `127.0.0.1:${port}`)
    .replaceAll('127.0.0.1:5317', '127.0.0.1:0')
    .replaceAll('http://127.0.0.1:4318', collector.url)
    .replaceAll('/var/lib/otelcol/aicost', join(directory, 'queue'));
  writeFileSync(config, placed);
  const env = { PATH: '/usr/bin:/bin', AICOST_KEY: await ingestKey(collector, tenant) };
  const checked = spawnSync(otelcol, ['validate', '--config', config], { env, encoding: 'utf8' });
  if (checked.status !== 0) throw new Error(`it refuses the configuration: ${checked.stderr}`);
  const child = spawn(otelcol, ['--config', config], { env, stdio: 'ignore' });
  try {
    await sendCalls(`http://127.0.0.1:${port}/v1/traces`);
    return await restingTotals(collector, tenant);
  } finally {
    await end(child);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Each call in a trace of its own, without a word of sampling; tried until the Collector listens. */
async function sendCalls(url: string): Promise<void> {
  const whole = readText(CALL).replace(/ *"traceState".*\n/, '');
  const bodies = Array.from({ length: CALLS }, (_, index) => {
    const id = (BigInt(index + 1) * 0x9e3779b97f4a7c15n) & 0xffff_ffff_ffff_ffffn;
    const [trace, span] = [id.toString(16).padStart(32, '5'), id.toString(16).padStart(16, '5')];
    return whole
      .replace(/"traceId": "\w+"/, `"traceId": "${trace}"`)
      .replace(/"spanId": "\w+"/, `"spanId": "${span}"`);
  });
  const post = (body: string) =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      .then(({ ok }) => ok)
      .catch(() => false);
  for (const body of bodies) {
    if (
      !(await eventually(
        () => post(body),
        (isTaken) => isTaken,
      ))
    ) {
      throw new Error('the OpenTelemetry Collector takes nothing');
    }
  }
}

/** The totals when nothing more comes: its batches wait a second at most. */
async function restingTotals(collector: StartedCollector, tenant: string): Promise<Totals> {
  let before = -1;
  return eventually(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, RESTING_MS));
      return totalsOf(collector, tenant);
    },
    ({ calls }) => {
      const isResting = calls > 0 && calls === before;
      before = calls;
      return isResting;
    },
  );
}

async function totalsOf(collector: StartedCollector, tenant: string): Promise<Totals> {
  const range = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';
  const path = `/api/v1/costs/breakdown?${range}&tenant=${tenant}`;
  return totalsSchema.parse((await collector.getJson(path)).body).totals;
}

async function ingestKey({ url, key }: StartedCollector, tenant: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/admin/keys`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ tenant, scopes: ['ingest'] }),
  });
  return z.object({ key: z.string() }).parse(await response.json()).key;
}

function end(child: ChildProcess): Promise<unknown> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  return ended;
}

/** Its configuration cannot ask for any free port and tell which. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
