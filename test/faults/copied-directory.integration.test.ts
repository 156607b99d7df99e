/**
 * A data directory that is copied while its collector runs, rows unsealed: the copy seals them under an identity of its
 * own, so both are stored. Settle takes the second charge back: each call is billed once.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTestLedger, type TestLedger } from '@ai-cost-profiler/collector/test-ledger.ts';
import { chat, NOW_MS, openRoad, type TestRoad } from '@ai-cost-profiler/collector/test-road.ts';
import { Landing } from '@ai-cost-profiler/collector/write/landing.ts';
import { Writer } from '@ai-cost-profiler/collector/write/writer.ts';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';

const CALLS = 6;
let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
});
afterAll(() => ledger.remove());

async function write({ journal: { queue } }: TestRoad): Promise<void> {
  const landing = await Landing.read(ledger.store);
  const writer = new Writer({
    store: ledger.store,
    landing,
    queue,
    nowMs: () => NOW_MS,
    random: () => 0,
    onEvent: () => queue.count === 0 && queue.close(),
  });
  await writer.run();
}

async function billed(): Promise<Record<string, string>> {
  const [row] = await ledger.store.query<Record<string, string>>(`
    SELECT (SELECT count() FROM spans) AS spans, (SELECT sum(calls) FROM ledger) AS calls,
      (SELECT toString(sum(cost_usd)) FROM ledger) AS cost,
      (SELECT toString(sum(cost_usd)) FROM cost_hourly) AS hourly`);
  return row!;
}

it('what both hold unsealed is stored twice and billed once', async () => {
  const road = await openRoad();
  onTestFinished(() => road.remove());
  await road.send(Array.from({ length: CALLS }, (_, span) => ({ span, attributes: chat(1_000) })));
  const copied = await mkdtemp(join(tmpdir(), 'aicost-copied-'));
  onTestFinished(() => rm(copied, { recursive: true, force: true }));
  await cp(road.directory, copied, { recursive: true });
  const copy = await openRoad({ directory: copied });
  await road.close();
  await copy.close();
  await write(road);
  await write(copy);
  expect(await billed()).toMatchObject({ spans: String(2 * CALLS), calls: String(2 * CALLS) });
  ledger.clockMs = NOW_MS + 10_000;
  await ledger.settle();
  // 1000 × 0.0000025 + 10 × 0.00001 USD each.
  const cost = '0.0156';
  expect(await billed()).toMatchObject({ calls: String(CALLS), cost, hourly: cost });
}, 120_000);
