/** From one engine to another over HTTP, which stands in for a server. */
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { storeWith } from '@ai-cost-profiler/clickhouse/test-store-with.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestLedger, type TestLedger } from '../test-ledger.ts';
import { chat, NOW_MS } from '../test-road.ts';
import { type Moved, moveTables } from './move-tables.ts';
import { readShapes } from './table-shape.ts';

const DAY_MS = 86_400_000;
const CALLS = 60;
let ledger: TestLedger;
let engine: TestEngine;
let target: Store;

beforeAll(async () => {
  [ledger, engine] = await Promise.all([
    openTestLedger(),
    startMigratedEngine({ listen: { kind: 'tcp', host: '127.0.0.1', port: 0 } }),
  ]);
  target = createStore({ kind: 'server', database: 'aicost', ...storeAddress(engine.address) });
  for (const [n, tenant] of ['acme', 'globex'].entries()) {
    const spans = Array.from({ length: CALLS }, (_, span) => ({
      span: n * CALLS + span,
      trace: n * CALLS + Math.floor(span / 3),
      startMs: NOW_MS - (span % 4) * 12 * DAY_MS,
      attributes: span % 5 === 0 ? { 'http.method': 'GET' } : chat(1_000 + span),
    }));
    await ledger.send(spans.slice(0, CALLS / 2), tenant);
    await ledger.send(spans.slice(CALLS / 2), tenant);
  }
  await ledger.settle();
  const row = { version: '7', actor: 'cli', tenant: 'acme', kind: 'key', id: 'a', payload: '{}' };
  await ledger.store.insertRows('aicost.control', [{ ...row, deleted: 0 }]);
});
afterAll(async () => {
  await target.close();
  await Promise.all([engine.remove(), ledger.remove()]);
});
beforeEach(async () => {
  for (const { name } of await readShapes(target)) await target.command(`TRUNCATE TABLE ${name}`);
});

async function run(to = target) {
  const moved: Moved[] = [];
  const move = { source: ledger.store, target: to };
  const compared = await moveTables(move, (one) => moved.push(one));
  return { moved, compared };
}

const isAllEqual = ({ compared }: Awaited<ReturnType<typeof run>>): boolean =>
  compared.every(({ is_equal: equal }) => equal);

test('every table has what its like has, and the sums of each tenant are told of both', async () => {
  const { compared, moved } = await run();
  expect(compared.filter(({ is_equal: equal }) => !equal)).toEqual([]);
  const of = (table: string) => compared.filter((one) => one.table === table);
  expect(of('spans')).toMatchObject([
    { tenant: 'acme', rows: String(CALLS), target_rows: String(CALLS), cost_usd: null },
    { tenant: 'globex', rows: String(CALLS), target_rows: String(CALLS) },
  ]);
  const [sums] = await ledger.store.query<{ cost: string }>(
    "SELECT toString(sum(cost_usd)) AS cost FROM ledger WHERE tenant = 'acme'",
  );
  for (const table of ['ledger', 'cost_hourly', 'cost_daily']) {
    expect(of(table)[0]).toMatchObject({ cost_usd: sums!.cost, target_cost_usd: sums!.cost });
  }
  expect(of('control')).toMatchObject([{ tenant: 'acme', rows: '1', target_rows: '1' }]);
  expect(moved.filter(({ table }) => table === 'spans')).toHaveLength(4);
});

test('parts that merged here and not there make no difference', async () => {
  await run();
  for (const table of ['cost_hourly', 'cost_daily', 'traces']) {
    await target.command(`OPTIMIZE TABLE ${table} FINAL`);
  }
  const again = await run();
  expect(again.moved).toEqual([]);
  expect(isAllEqual(again)).toBe(true);
});

test('a move that was cut off is gone on with, and copies only what is missing', async () => {
  await expect(run(failingAfter(3))).rejects.toThrow('cut off');
  const rest = await run();
  expect(isAllEqual(rest)).toBe(true);
  const whole = [...taken, ...rest.moved.map(({ table }) => table)];
  expect(whole).toEqual([...whole].sort());
  expect(new Set(rest.moved.map((moved) => JSON.stringify(moved))).size).toBe(rest.moved.length);
  expect((await run()).moved).toEqual([]);
});

/** The tables of the partitions that were taken before the move was cut off. */
let taken: string[] = [];

/** Takes so many partitions, and nothing more. */
function failingAfter(partitions: number): Store {
  taken = [];
  return storeWith(target, {
    insertNativeStream: async (into, blocks, options) => {
      if (taken.length === partitions) {
        blocks.destroy();
        throw new Error('cut off');
      }
      taken.push(/`(\w+)` \(/.exec(into)![1]!);
      await target.insertNativeStream(into, blocks, options);
    },
  });
}

test('half a partition, and one of which a value is another, are dropped and copied anew', async () => {
  const whole = await run();
  const [first, second] = whole.moved.filter(({ table }) => table === 'spans');
  const settings = { mutations_sync: 2, lightweight_deletes_sync: 2 };
  const where = (moved: Moved | undefined) => `WHERE _partition_id = '${moved?.partition}'`;
  await target.command(`DELETE FROM spans ${where(first)} AND cityHash64(trace_id) % 2 = 0`, {
    settings,
  });
  await target.command(`ALTER TABLE spans UPDATE name = 'another' ${where(second)}`, { settings });
  const again = await run();
  expect(again.moved).toEqual([first, second]);
  expect(isAllEqual(again)).toBe(true);
});

test('a partition that expired in the source since an earlier move goes from the target too', async () => {
  await run();
  const gone = { tenant: 'acme', metric: 'tokens', time: '2020-01-01 00:00:00' };
  await target.insertRows('aicost.control_totals', [gone]);
  const again = await run();
  expect(again.moved).toEqual([]);
  expect(isAllEqual(again)).toBe(true);
});

test('a writer that the source knows from any table is known for all of them', async () => {
  await ledger.store.insertRows('aicost.cost_day_batches', [{ writer_id: 'expired' }]);
  await target.insertRows('aicost.traces', [{ tenant: 'acme', writer_id: 'expired' }]);
  expect(isAllEqual(await run())).toBe(true);
});

test('what did not arrive is told by table and tenant', async () => {
  const losing = storeWith(target, {
    insertNativeStream: async (into, blocks, options) => {
      if (!into.includes('`ledger`')) return target.insertNativeStream(into, blocks, options);
      blocks.resume();
    },
  });
  const { compared } = await run(losing);
  const wrong = compared.filter(({ is_equal: equal }) => !equal);
  expect(wrong).toMatchObject([
    { table: 'ledger', tenant: 'acme', target_rows: '0', target_cost_usd: null },
    { table: 'ledger', tenant: 'globex', target_rows: '0', target_cost_usd: null },
  ]);
  expect(Number(wrong[0]?.rows)).toBeGreaterThan(0);
});

test('a database with anything of somebody else is left as it is', async () => {
  const row = { version: '9', actor: 'cli', tenant: 'other', kind: 'key', id: 'b', payload: '{}' };
  await target.insertRows('aicost.control', [{ ...row, deleted: 0 }]);
  await expect(run()).rejects.toMatchObject({
    name: 'MoveError',
    message: expect.stringMatching(/control has "key b 9".*no collector has written to/),
  });
  expect(await target.query('SELECT toUInt32(count()) AS rows FROM spans')).toEqual([{ rows: 0 }]);
  expect(await target.query('SELECT tenant FROM control')).toEqual([{ tenant: 'other' }]);
});
