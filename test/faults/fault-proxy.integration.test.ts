/**
 * Server mode with everything between the collector and ClickHouse that can go wrong: each segment is stored once, in
 * every table, whatever befell its inserts and the questions about them.
 */
import type { TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { chat, openRoad, type TestRoad } from '@ai-cost-profiler/collector/test-road.ts';
import { Landing } from '@ai-cost-profiler/collector/write/landing.ts';
import { Writer, type WriterEvent } from '@ai-cost-profiler/collector/write/writer.ts';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { Random } from '../kill/random.ts';
import { FAULTS, type Fault, FaultProxy } from './fault-proxy.ts';

const SEED = 4;
const TABLES = ['cost_daily', 'cost_day_batches', 'cost_hourly', 'ledger', 'spans', 'traces'];
const CALLS = 12;
let engine: TestEngine;
let proxy: FaultProxy;
/** Past the proxy, for the test's own questions. */
let direct: Store;
let store: Store;
let landing: Landing;
/** One late insert arrives within its time, the other after it. */
const LATE_MS = [1_500, 6_000];
let draw: (about: { queryId: string; sql: string }) => Fault;

beforeAll(async () => {
  engine = await startMigratedEngine({ listen: { kind: 'tcp', host: '127.0.0.1', port: 0 } });
  const { address } = engine;
  const url = 'port' in address ? `http://${address.host}:${address.port}` : '';
  const random = new Random(SEED);
  const ask = (about: { queryId: string; sql: string }) => draw(about);
  const late = { heldMsMax: 1_500, lateMs: () => LATE_MS.pop() ?? 0 };
  proxy = new FaultProxy({ target: () => url, random, port: 0, draw: ask, ...late });
  const through = await proxy.listen();
  direct = createStore({ kind: 'server', database: 'aicost', url });
  // Shorter than the proxy holds a request, so that it is the collector that gives up.
  const limits = { insertMsMax: 1_000, queryMsMax: 1_000 };
  store = createStore({ kind: 'server', database: 'aicost', url: through, ...limits });
  landing = await Landing.read(direct);
});
afterAll(async () => {
  await store.close();
  await direct.close();
  await proxy.close();
  await engine.remove();
});
beforeEach(async () => {
  for (const table of TABLES) {
    await direct.command(`TRUNCATE TABLE aicost.${table}`);
  }
});

/** A road with one sealed segment of a dozen calls; the n-th has ids and tokens of its own. */
async function sealed(n: number): Promise<TestRoad> {
  const road = await openRoad();
  onTestFinished(() => road.remove());
  await road.send(
    Array.from({ length: CALLS }, (_, i) => ({
      span: n * CALLS + i,
      attributes: chat(1_000 + n * CALLS + i),
    })),
  );
  await road.close();
  return road;
}

async function writeAll({ journal: { queue } }: TestRoad): Promise<WriterEvent[]> {
  const events: WriterEvent[] = [];
  const onEvent = (event: WriterEvent) => {
    events.push(event);
    if (queue.count === 0) {
      queue.close();
    }
  };
  const shared = { store, landing, queue, nowMs: Date.now, random: () => 0 };
  await new Writer({ ...shared, onEvent }).run();
  return events;
}

/** Rows and money of so many roads, as every table must tell them. */
function expected(roads: number) {
  const calls = roads * CALLS;
  // Σ (1000 + i) × 0.0000025 + 10 × 0.00001, in units of 1e-7 USD.
  const units = (1_000 * calls + (calls * (calls - 1)) / 2) * 25 + calls * 1_000;
  const cost = (units / 1e7).toFixed(7).replace(/0+$/, '');
  return { spans: `${calls}`, ids: `${calls}`, traces: `${calls}`, calls: `${calls}`, cost };
}

/** The same from the tables: the ledger and both rollups must agree on calls and cost. */
async function found() {
  const [row] = await direct.query<Record<string, string>>(`
    SELECT (SELECT count() FROM aicost.spans) AS spans,
      (SELECT uniqExact(trace_id, span_id) FROM aicost.spans) AS ids,
      (SELECT sum(spans) FROM aicost.traces) AS traces,
      (SELECT tuple(sum(calls), sum(cost_usd)) FROM aicost.ledger) AS ledger,
      (SELECT tuple(sum(calls), sum(cost_usd)) FROM aicost.cost_hourly) AS hourly,
      (SELECT tuple(sum(calls), sum(cost_usd)) FROM aicost.cost_daily) AS daily,
      ledger = hourly AND ledger = daily AS agree,
      toString(ledger.1) AS calls, toString(ledger.2) AS cost`);
  const { spans, ids, traces, calls, cost, agree } = row!;
  expect(Number(agree)).toBe(1);
  return { spans, ids, traces, calls, cost };
}

test('whatever befalls the first insert of a segment, it is stored once', async () => {
  const faults = [...FAULTS, 'late'] as const;
  const roads = await Promise.all(faults.map((_, n) => sealed(n)));
  const faultOf = new Map<string, Fault>(
    roads.map(({ journal }, n) => [journal.writerId, faults[n]!]),
  );
  draw = ({ queryId }) => {
    const writerId = queryId.split('-')[2] ?? '';
    const fault = faultOf.get(writerId) ?? 'none';
    faultOf.delete(writerId);
    return fault;
  };
  await Promise.all(roads.map(writeAll));
  await proxy.heal();
  proxy.hurt();
  expect(faultOf.size).toBe(0);
  expect(await found()).toEqual(expected(faults.length));
});

test('in a storm of faults, questions included, every segment is stored once', async () => {
  const random = new Random(SEED + 1);
  const before = FAULTS.length + 1;
  // After doubt a dozen questions must all be answered: with more faults among them, it would take very long.
  const inserts = new Map<string, number>();
  draw = ({ queryId, sql }) => {
    const earlier = inserts.get(queryId) ?? 0;
    inserts.set(queryId, earlier + 1);
    const isStruck = sql.startsWith('INSERT') ? earlier < 2 : random.chance(0.05);
    return isStruck ? random.pick(FAULTS) : 'none';
  };
  const roads = await Promise.all(Array.from({ length: 6 }, (_, n) => sealed(n)));
  const events = (await Promise.all(roads.map(writeAll))).flat();
  await proxy.heal();
  proxy.hurt();
  const faults = [...proxy.counts].filter(([fault]) => fault !== 'none');
  expect(faults.reduce((sum, [, count]) => sum + count, 0) - before).toBeGreaterThan(6);
  expect(events.filter(({ kind }) => kind === 'set_aside')).toEqual([]);
  expect(await found()).toEqual(expected(roads.length));
});
