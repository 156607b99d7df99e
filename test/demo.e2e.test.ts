/** `aicost demo` against a real collector: it prints what the known usage of its calls costs, to the last digit. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { factsOf } from '@ai-cost-profiler/collector/demo/demo-facts.ts';
import { createScenario } from '@ai-cost-profiler/collector/demo/scenario.ts';
import { spansOf } from '@ai-cost-profiler/collector/demo/span-spec.ts';
import { loadPriceBook } from '@ai-cost-profiler/collector/price/load-book.ts';
import { priceCall } from '@ai-cost-profiler/collector/price/price-call.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StartedCollector, startCollector } from './start-collector.ts';

const MAIN = fileURLToPath(new URL('../collector/src/main.ts', import.meta.url));
const run = promisify(execFile);
const SEED = 7;

let collector: StartedCollector;

beforeAll(async () => {
  collector = await startCollector();
});

afterAll(async () => {
  expect(await collector.stop()).toBe(0);
});

function demo(...flags: string[]) {
  const line = [MAIN, 'demo', '--data-dir', collector.dataDir, '--seed', `${SEED}`, ...flags];
  return run(process.execPath, line);
}

/** The bill as the pure price engine makes it, from what each call is known to have used. */
function expectedBill(): { calls: number; unpriced: number; usd: string } {
  const book = loadPriceBook();
  const atNs = BigInt(Date.now()) * 1_000_000n;
  let [calls, unpriced, atto] = [0, 0, 0n];
  for (const { root } of createScenario(SEED, 'any').traces) {
    for (const { call } of spansOf(root)) {
      if (call?.role !== 'leaf') continue;
      calls++;
      const result = priceCall(book, { ...call, usage: call.usage ?? {}, atNs });
      if (result.status === 'priced') atto += result.costAtto;
      else unpriced++;
    }
  }
  return { calls, unpriced, usd: formatUsd(atto) };
}

test('the demo prints the exact cost of what it sent, and each run is new traffic', async () => {
  const { calls, unpriced, usd } = expectedBill();
  const { spans } = factsOf(createScenario(SEED, 'any'));
  const printed = (await demo('--url', collector.url)).stdout;
  const totals = printed.split('\n').filter((line) => line.trim().startsWith('total '));
  expect(totals).toHaveLength(2);
  for (const line of totals) {
    const [, shownCalls, , , shownUnpriced, shownUsd] = line.trim().split(/ +/);
    expect([shownCalls, shownUnpriced, shownUsd]).toEqual([`${calls}`, `${unpriced}`, usd]);
  }
  expect(printed).toContain('no provider "vllm"');
  expect(printed).toContain(`Look at the page            ${collector.url}/`);
  expect(printed).not.toContain('in SQL');

  const again = JSON.parse((await demo('--json')).stdout);
  expect(again).toMatchObject({ calls, spans, by_model: { totals: { calls, cost_usd: usd } } });
  const sums = 'SELECT sum(calls), sum(cost_usd) FROM';
  const twice = await collector.sql(`SELECT sum(calls), sum(cost_usd) / 2 FROM ledger`);
  expect(twice).toBe(`${2 * calls}\t${usd}`);
  const own = `${sums} ledger WHERE tags['demo_run'] = '${again.run_id}'`;
  expect(await collector.sql(own)).toBe(`${calls}\t${usd}`);
  expect(await collector.sql('SELECT count() FROM spans')).toBe(`${2 * spans}`);
});

test('agents that sum up their calls are stored, and not billed', async () => {
  const { aggregates } = factsOf(createScenario(SEED, 'any'));
  const stored =
    "SELECT count() FROM spans WHERE operation = 'invoke_agent' AND role = 'aggregate'";
  expect(await collector.sql(stored)).toBe(`${2 * aggregates}`);
  const billed = 'SELECT countIf(cost_usd != 0) FROM ledger WHERE operation NOT IN';
  expect(await collector.sql(`${billed} ('chat', 'embeddings', 'generate_content')`)).toBe('0');
});

test('it sends nothing to what is no collector, and says so', async () => {
  const failed = await demo('--url', 'http://127.0.0.1:9').catch((error) => error);
  expect(failed).toMatchObject({ code: 1, stdout: '' });
  expect(failed.stderr).toContain('No collector answers at http://127.0.0.1:9');
});
