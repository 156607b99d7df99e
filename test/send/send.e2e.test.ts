/**
 * Every page of docs/send as its reader follows it: the payload of its source is sent to a real collector as the page
 * configures it, with a key that may only send, and what the collector then tells is what the page says.
 * `AICOST_UPDATE_GOLDENS=1` writes the tables anew; the difference is for a person to read.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StartedCollector, startCollector } from '../start-collector.ts';
import { type Delivery, deliver, deliveriesOf } from './delivery.ts';
import { exportCall, exportsOf } from './real-exporter.ts';
import { breakdownSchema, type Seen, seenOf, unpricedSchema, withSeen } from './seen.ts';
import { fencedBlocks, listSendPages, OVERVIEW, ROOT, readText } from './send-page.ts';
import { wholeRunsOf } from './whole-run.ts';

const MAIN = fileURLToPath(new URL('../../collector/src/main.ts', import.meta.url));
/** Recordings have the time of their recording. */
const ALWAYS = 'from=2020-01-01T00:00:00Z&to=2040-01-01T00:00:00Z&limit=10000';
const isUpdating = process.env['AICOST_UPDATE_GOLDENS'] === '1';
const DELIVERIES = deliveriesOf(listSendPages());
const EXPORTS = exportsOf(listSendPages());
const WHOLE_RUNS = wholeRunsOf(DELIVERIES);
const SENDERS = [...DELIVERIES, ...EXPORTS, ...WHOLE_RUNS];
const keysDirectory = mkdtempSync(join(tmpdir(), 'aicost-send-'));

let collector: StartedCollector;
const seen = new Map<string, readonly Seen[]>();

beforeAll(async () => {
  const keys = SENDERS.map(({ tenant, key }) => ({ tenant, key, scopes: ['ingest'] }));
  const keysFile = join(keysDirectory, 'init-keys.json');
  writeFileSync(keysFile, JSON.stringify(keys));
  collector = await startCollector(['--settle', 'off', '--init-keys-file', keysFile]);
  const parts = WHOLE_RUNS.flatMap(({ deliveries }) => deliveries);
  await Promise.all([...DELIVERIES, ...parts].map(expectTaken));
  await Promise.all(EXPORTS.map((one) => exportCall(one, collector)));
  // What log events tell, and what late spans would change, is known when settle has passed.
  await aicost('settle');
  await askEveryTenant();
  if (isUpdating) DELIVERIES.forEach(writeTable);
});

afterAll(async () => {
  rmSync(keysDirectory, { recursive: true, force: true });
  expect(await collector.stop(), collector.output().slice(-4000)).toBe(0);
});

async function expectTaken(delivery: Delivery): Promise<void> {
  const { status, grpcStatus } = await deliver(delivery, collector);
  const expected = [200, delivery.sender.transport === 'grpc' ? 0 : undefined];
  expect([status, grpcStatus], delivery.title).toEqual(expected);
}

async function askEveryTenant(): Promise<void> {
  const { body } = await collector.getJson(`/api/v1/costs/breakdown?${ALWAYS}&by=tenant,model`);
  const rows = Map.groupBy(breakdownSchema.parse(body).rows, ({ tenant }) => tenant);
  for (const { tenant } of SENDERS) {
    const own = rows.get(tenant) ?? [];
    const isUnpriced = own.some(({ unpriced_calls }) => unpriced_calls > 0);
    const reasons = isUnpriced ? await reasonsOf(tenant) : [];
    seen.set(tenant, seenOf(own, reasons));
  }
}

async function reasonsOf(tenant: string) {
  const { body } = await collector.getJson(`/api/v1/unpriced?${ALWAYS}&tenant=${tenant}`);
  return unpricedSchema.parse(body).rows;
}

function writeTable({ page, payload, tenant }: Delivery): void {
  writeFileSync(ROOT + page.path, withSeen(readText(page.path), payload, seen.get(tenant) ?? []));
}

async function aicost(...line: string[]): Promise<string> {
  const words = [...line, '--data-dir', collector.dataDir];
  return (await promisify(execFile)(process.execPath, [MAIN, ...words])).stdout;
}

const saidOf = (lines: Delivery['expected']) =>
  lines.map(({ model, calls, cost }) => ({ model, calls, cost }));

test.for(DELIVERIES.map((delivery) => [delivery.title, delivery] as const))(
  '%s',
  ([, { tenant, expected }]) => {
    expect(saidOf(expected)).toEqual(seen.get(tenant));
  },
);

test.for(WHOLE_RUNS)('$title are billed once, as the log events tell', ({ tenant, expected }) => {
  expect(seen.get(tenant)).toEqual(saidOf(expected));
});

test('what was billed is what verify makes of the spans', async () => {
  expect(await aicost('verify')).toContain('Spans, ledger and rollups agree to the last digit');
});

test('every source that was recorded in two signals is sent whole', () => {
  const names = WHOLE_RUNS.map(({ deliveries }) => deliveries[0]!.page.name);
  expect([...new Set(names)]).toEqual(['claude-code', 'gemini-cli']);
});

test.for(EXPORTS)("$title: OpenTelemetry's own exporter sends by these variables", ({ tenant }) => {
  expect(seen.get(tenant)).toEqual([{ model: '`gpt-4o-2024-08-06`', calls: '1', cost: '$0.0075' }]);
});

test.for(
  fencedBlocks(readText(OVERVIEW))
    .flatMap(({ text }) => text.split('\n'))
    .filter((line) => line.startsWith('npx aicost '))
    .map((line) => line.replace(/ +#.*$/, '')),
)('%s, as the overview says, works', async (line) => {
  expect(await aicost(...line.split(' ').slice(2))).not.toBe('');
});
