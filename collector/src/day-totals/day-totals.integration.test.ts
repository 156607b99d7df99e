/** The upkeep of totals on the real engine, by a clock that the test moves. */
import { buildNumber } from '@ai-cost-profiler/clickhouse/day-totals.ts';
import { openAllTenants, readStaleDays } from '@ai-cost-profiler/queries/day-totals/upkeep.ts';
import {
  type EmbeddedLedger,
  openEmbeddedLedger,
} from '@ai-cost-profiler/queries/testing/embedded-ledger.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { removeObsoleteBuilds } from './build-day.ts';
import { startTotalsLoop } from './totals-loop.ts';
import { DayTotals } from './totals-pass.ts';

let ledger: EmbeddedLedger;
let nowMs: number;
let stale: number[];
let totals: DayTotals;
const MINUTE_MS = 60_000;
const { signal } = new AbortController();

beforeAll(async () => {
  ledger = await openEmbeddedLedger();
});
afterAll(() => ledger.close());
beforeEach(async () => {
  await ledger.clear();
  nowMs = Date.parse('2026-08-21T10:00:00Z');
  stale = [];
  totals = new DayTotals({
    store: ledger.store,
    timers: { sleep: async () => undefined },
    nowMs: () => nowMs,
    random: () => 0.5,
    onStale: (days) => stale.push(days),
  });
});

const call = (day: string, batch: number, tenant = 'acme') => ({
  tenant,
  at: BigInt(Date.parse(`${day}T12:00:00Z`)) * 1_000_000n,
  figures: { calls: '1', cost_usd: '1' },
  batch,
});

/** Builds by tenant and day. */
async function builds(): Promise<Record<string, number>> {
  const rows = await ledger.store.query<{ of: string; builds: string }>(
    `SELECT concat(tenant, ' ', toString(day)) AS of, uniqExact(build) AS builds
     FROM aicost.cost_day_totals GROUP BY of ORDER BY of`,
  );
  return Object.fromEntries(rows.map(({ of, builds: count }) => [of, Number(count)]));
}

test('every day before today gets totals, of every tenant, and of days without entries there are none', async () => {
  await ledger.insert([
    call('2026-08-21', 1),
    call('2026-08-20', 2),
    call('2026-07-01', 3),
    call('2026-08-20', 4, 'globex'),
  ]);
  expect(await totals.pass(signal)).toBe(3);
  expect(await builds()).toEqual({
    'acme 2026-07-01': 1,
    'acme 2026-08-20': 1,
    'globex 2026-08-20': 1,
  });
  expect([stale[0], stale.at(-1)]).toEqual([3, 0]);
  expect(await totals.pass(signal)).toBe(0);
});

test('the day that has just ended comes before older ones', async () => {
  await ledger.insert([call('2026-08-18', 1), call('2026-08-20', 2), call('2026-08-19', 3)]);
  const run = { from: 0n, to: BigInt(nowMs / 1000) };
  const days = await readStaleDays(openAllTenants(ledger.store), run);
  expect(days.map(({ day }) => day)).toEqual(['2026-08-20', '2026-08-19', '2026-08-18']);
});

test('a day that changes is summed again, once its pause is over', async () => {
  await ledger.insert([call('2026-08-20', 1)]);
  await totals.pass(signal);
  await ledger.insert([call('2026-08-20', 2)]);
  nowMs += 4 * MINUTE_MS;
  expect(await totals.pass(signal)).toBe(0);
  expect(stale.at(-1)).toBe(1);
  nowMs += MINUTE_MS;
  expect(await totals.pass(signal)).toBe(1);
  expect(await builds()).toEqual({ 'acme 2026-08-20': 2 });
  expect(stale.at(-1)).toBe(0);
});

test('a day whose totals cannot be right yet is tried less and less', async () => {
  await ledger.insert([call('2026-08-20', 1)]);
  await ledger.store.command(
    "INSERT INTO aicost.cost_day_batches (tenant, day, writer_id, batch_seq) VALUES ('acme', '2026-08-20', 'w', 2)",
  );
  const made: number[] = [];
  for (let minute = 0; minute < 40; minute++) {
    if ((await totals.pass(signal)) > 0) made.push(minute);
    nowMs += MINUTE_MS;
  }
  expect(made).toEqual([0, 5, 15, 35]);
  expect(stale.at(-1)).toBe(1);
});

test('what was replaced goes after an hour, and the newest stays', async () => {
  await ledger.insert([call('2026-08-20', 1), call('2026-08-19', 1)]);
  await totals.pass(signal);
  await ledger.insert([call('2026-08-20', 2)]);
  nowMs += 5 * MINUTE_MS;
  await totals.pass(signal);
  nowMs += 59 * MINUTE_MS;
  expect(await removeObsoleteBuilds(ledger.store, { nowMs, signal })).toBe(0);
  nowMs += 2 * MINUTE_MS;
  expect(await removeObsoleteBuilds(ledger.store, { nowMs, signal })).toBe(1);
  await expect.poll(builds).toEqual({ 'acme 2026-08-19': 1, 'acme 2026-08-20': 1 });
  expect(await removeObsoleteBuilds(ledger.store, { nowMs, signal })).toBe(0);
  expect(await totals.pass(signal)).toBe(0);
});

test('a day that a program of before summed, which left a column out, is summed again, and its builds go', async () => {
  await ledger.insert([call('2026-08-20', 1)]);
  await ledger.buildDayAsBefore('acme', '2026-08-20', 1n);
  expect(await totals.pass(signal)).toBe(1);
  // It runs on beside this one.
  const afterThat = buildNumber(nowMs + MINUTE_MS, 0);
  await ledger.buildDayAsBefore('acme', '2026-08-20', afterThat);
  nowMs += 62 * MINUTE_MS;
  expect(await removeObsoleteBuilds(ledger.store, { nowMs, signal })).toBe(1);
  await expect.poll(builds).toEqual({ 'acme 2026-08-20': 2 });
  expect(await totals.pass(signal)).toBe(0);
});

test('totals that such a program made go with their tenant too', async () => {
  await ledger.insert([call('2026-08-20', 1)]);
  await ledger.buildDayAsBefore('acme', '2026-08-20', 1n);
  await ledger.store.command('TRUNCATE TABLE aicost.cost_day_batches');
  expect(await removeObsoleteBuilds(ledger.store, { nowMs, signal })).toBe(1);
  await expect.poll(builds).toEqual({});
});

test('totals go with their tenant', async () => {
  await ledger.insert([call('2026-08-20', 1), call('2026-08-20', 1, 'globex')]);
  await totals.pass(signal);
  await ledger.store.command(
    "ALTER TABLE aicost.cost_day_batches DELETE WHERE tenant = 'acme' SETTINGS mutations_sync = 1",
  );
  nowMs += 61 * MINUTE_MS;
  expect(await removeObsoleteBuilds(ledger.store, { nowMs, signal })).toBe(1);
  await expect.poll(builds).toEqual({ 'globex 2026-08-20': 1 });
});

test('a pass that is stopped ends before its next build', async () => {
  await ledger.insert([call('2026-08-20', 1), call('2026-08-19', 1)]);
  const stopping = new AbortController();
  const stopped = new DayTotals({
    store: ledger.store,
    timers: { sleep: async () => stopping.abort() },
    nowMs: () => nowMs,
    random: () => 0.5,
    onStale: () => undefined,
  });
  await expect(stopped.pass(stopping.signal)).rejects.toThrow();
  expect(await builds()).toEqual({ 'acme 2026-08-20': 1 });
});

test('the loop goes on after a failed pass, and ends when it is stopped', async () => {
  const told: string[] = [];
  let passes = 0;
  const second = Promise.withResolvers<void>();
  const loop = startTotalsLoop({
    build: async () => {
      passes++;
      if (passes === 1) throw new Error('away');
      if (passes === 2) second.resolve();
      return passes;
    },
    tidy: async () => 0,
    timers: { sleep: () => new Promise((resolve) => setImmediate(resolve)) },
    onDone: ({ built }) => told.push(`built ${built}`),
    onFailed: (error) => told.push(String(error)),
  });
  await second.promise;
  await loop.stop(AbortSignal.any([]));
  expect(told.slice(0, 2)).toEqual(['Error: away', 'built 2']);
});
