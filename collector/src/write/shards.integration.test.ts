/** A segment on two shards: each has the rows of its traces once, whatever was lost on the way. */
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { SealedSegment } from '../journal/sealed-segment.ts';
import { chat, NOW_MS, openRoad, type TestRoad } from '../test-road.ts';
import { Landing } from './landing.ts';
import { addShard, SHARDS, type ShardTraffic, shardedStore } from './test-shards.ts';
import { Writer, type WriterEvent } from './writer.ts';

const TABLES = ['cost_daily', 'cost_day_batches', 'cost_hourly', 'ledger', 'spans', 'traces'];
const SPANS = 40;
const CALLS = 30;
let engine: TestEngine;
/** Each database by itself. */
let plain: Store;
let traffic: ShardTraffic;
let store: Store;
let landing: Landing;

beforeAll(async () => {
  engine = await startMigratedEngine();
  plain = createStore({ kind: 'embedded', database: 'aicost', ...storeAddress(engine.address) });
  await addShard(plain);
});
afterAll(async () => {
  await plain.close();
  await engine.remove();
});
beforeEach(async () => {
  for (const database of SHARDS) {
    for (const table of TABLES) await plain.command(`TRUNCATE TABLE ${database}.${table}`);
  }
  traffic = { inserts: [], synced: [], around: () => undefined };
  store = shardedStore(engine, traffic);
  landing = await Landing.read(store);
  return () => store.close();
});

async function sealSegment(): Promise<{ road: TestRoad; segment: SealedSegment }> {
  const road = await openRoad();
  onTestFinished(() => road.remove());
  await road.send(
    Array.from({ length: SPANS }, (_, span) => ({
      span,
      trace: span % 11,
      startMs: NOW_MS - (span % 3) * 3_600_000,
      attributes: span < CALLS ? chat(1000 + span * 7) : { 'http.method': 'GET' },
    })),
  );
  await road.close();
  return { road, segment: (await road.journal.queue.next())! };
}

async function writeAll(road: TestRoad): Promise<WriterEvent[]> {
  const events: WriterEvent[] = [];
  const { queue } = road.journal;
  const writer = new Writer({
    store,
    landing,
    queue,
    nowMs: () => NOW_MS,
    random: () => 0,
    onEvent: (event) => {
      events.push(event);
      if (event.kind !== 'failed' && queue.count === 0) queue.close();
    },
  });
  await writer.run();
  return events;
}

const union = (select: string, table: string): string =>
  `(${SHARDS.map((shard, index) => `SELECT ${index + 1} AS shard, ${select} FROM ${shard}.${table}`).join(' UNION ALL ')})`;

/** Every row once, every trace on one shard, and the rollups what the ledger says. */
async function expectWhole(): Promise<void> {
  const [rows] = await plain.query(
    `SELECT toUInt32(count()) AS spans, toUInt32(uniqExact(span_id)) AS different, toUInt8(uniqExact(shard)) AS shards,
       toUInt8(max(homes)) AS homes
     FROM (SELECT shard, span_id, uniqExact(shard) OVER (PARTITION BY trace_id) AS homes FROM ${union('span_id, trace_id', 'spans')})`,
  );
  expect(rows).toEqual({ spans: SPANS, different: SPANS, shards: 2, homes: 1 });
  const sums = 'sum(calls) AS calls, sum(in_uncached) AS input, sum(cost_usd) AS cost';
  const columns = 'calls, in_uncached, cost_usd';
  const of = async (table: string) =>
    (await plain.query<{ calls: string }>(`SELECT ${sums} FROM ${union(columns, table)}`))[0];
  const ledger = await of('ledger');
  expect(ledger?.calls).toBe(String(CALLS));
  expect(await of('cost_hourly')).toEqual(ledger);
  expect(await of('cost_daily')).toEqual(ledger);
  const [astray] = await plain.query<{ rows: string }>(
    `SELECT count() AS rows FROM ${union('trace_id', 'ledger')} AS entry
     WHERE (shard, trace_id) NOT IN (SELECT shard, trace_id FROM ${union('trace_id', 'spans')})`,
  );
  expect(astray?.rows).toBe('0');
}

const lost = () => {
  throw new StoreError('the answer was lost', { code: null, retryable: true, answered: false });
};

test('each shard gets one insert, and a question about replicas is not asked without doubt', async () => {
  const { road } = await sealSegment();
  const events = await writeAll(road);
  expect(events.map(({ kind }) => kind)).toEqual(['written']);
  expect(traffic).toMatchObject({ inserts: [1, 2], synced: [] });
  await expectWhole();
});

describe.for([
  ['before', 1],
  ['after', 1],
  ['before', 2],
  ['after', 2],
] as const)('a connection lost %s the insert of shard %s', ([when, shard]) => {
  test('is made good, and no row comes twice', async () => {
    const { road } = await sealSegment();
    let losses = 1;
    traffic.around = (at, to) => {
      if (at === when && to === shard && losses-- > 0) lost();
    };
    const events = await writeAll(road);
    expect(events[0]?.kind).toBe('failed');
    expect(events.at(-1)?.kind).toBe('written');
    await expectWhole();
    // Whoever answers then has what the other replicas have.
    expect(new Set(traffic.synced)).toEqual(new Set(TABLES));
  });
});

test.for(['spans', 'cost_hourly'])(
  'a crash that left shard 2 without %s alone is repaired',
  async (table) => {
    const { road, segment } = await sealSegment();
    let fills = 0;
    for (const target of landing.targets) {
      if (target.table === table && target.shard === 2) continue;
      const insert = landing.insertInto(target, segment);
      await store.insertNativeFile(segment.rowsPath, { ...insert, queryId: `fill-${fills++}` });
    }
    // As the next start finds it: the process that sealed it may have sent it.
    Object.assign(road.journal.queue, { waiting: [{ ...segment, isRecovered: true }] });
    const events = await writeAll(road);
    expect(events).toMatchObject([
      { kind: 'repaired', tables: [`${table}/2`] },
      { kind: 'written' },
    ]);
    await expectWhole();
  },
);
