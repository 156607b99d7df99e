/**
 * A copy of the data directory that runs beside the original, on one ClickHouse server: whatever both hold sealed is
 * stored once, whoever comes first, and nothing is skipped.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { storeWith } from '@ai-cost-profiler/clickhouse/test-store-with.ts';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { chat, openRoad, type TestRoad } from '../test-road.ts';
import { CLAIM_KIND } from './clone-guard.ts';
import { Landing } from './landing.ts';
import { Writer, type WriterEvent, type WriterOptions } from './writer.ts';

/** How often each scenario is run, all at once: a start waits 12 s for inserts of whoever was there before. */
const ROUNDS = Number(process.env['AICOST_FUZZ_RUNS'] ?? 1);
const SEGMENTS = 4;
const CALLS = 3;
let engine: TestEngine;
let stores: Store[];
let landing: Landing;

beforeAll(async () => {
  engine = await startMigratedEngine({ listen: { kind: 'tcp', host: '127.0.0.1', port: 0 } });
  const { address } = engine;
  const url = 'port' in address ? `http://${address.host}:${address.port}` : '';
  stores = [0, 1].map(() => createStore({ kind: 'server', database: 'aicost', url }));
  landing = await Landing.read(stores[0]!);
});
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await engine.remove();
});
/** A road with some sealed segments that wait. */
async function fill(tenant: string): Promise<TestRoad> {
  const road = await openRoad({ segmentRowsMax: 2 * CALLS });
  onTestFinished(() => road.remove());
  for (let segment = 0; segment < SEGMENTS; segment++) {
    await road.send(
      Array.from({ length: CALLS }, (_, call) => ({
        span: segment * CALLS + call,
        attributes: chat(1_000),
      })),
      tenant,
    );
  }
  return road;
}

/** `cp -r`, and a start on the copy. */
async function copy(directory: string): Promise<TestRoad> {
  const target = await mkdtemp(join(tmpdir(), 'aicost-clone-'));
  await cp(directory, target, { recursive: true, preserveTimestamps: true });
  onTestFinished(() => rm(target, { recursive: true, force: true }));
  return openRoad({ directory: target });
}

async function writeAll(
  road: TestRoad,
  store: Store,
  enlarge: NonNullable<WriterOptions['blocks']>['of'] = async ({ rowsPath }) => rowsPath,
): Promise<WriterEvent[]> {
  const events: WriterEvent[] = [];
  const { queue } = road.journal;
  const writer = new Writer({
    store,
    landing,
    queue,
    nowMs: Date.now,
    random: Math.random,
    blocks: { of: enlarge, forget: async () => undefined },
    claimWriter: async (id) => {
      const row = { version: String(Date.now()), actor: 'writer', kind: CLAIM_KIND, id };
      await store.insertRows('aicost.control', [{ ...row, tenant: '', payload: '{}', deleted: 0 }]);
    },
    onEvent: (event) => {
      events.push(event);
      if (queue.count === 0) {
        queue.close();
      }
    },
  });
  await writer.run();
  return events;
}

/** Calls of a tenant by every table; with what each segment holds once, they all say the same. */
async function callsOf(tenant: string): Promise<Record<string, string>> {
  const of = `WHERE tenant = '${tenant}'`;
  const [row] = await stores[0]!.query<Record<string, string>>(`
    SELECT (SELECT count() FROM aicost.spans ${of}) AS spans,
      (SELECT sum(calls) FROM aicost.ledger ${of}) AS ledger,
      (SELECT sum(calls) FROM aicost.cost_hourly ${of}) AS hourly,
      (SELECT sum(calls) FROM aicost.cost_daily ${of}) AS daily,
      (SELECT sum(spans) FROM aicost.traces ${of}) AS traces`);
  return row!;
}

const NAMES = ['spans', 'ledger', 'hourly', 'daily', 'traces'];
const ONCE = Object.fromEntries(NAMES.map((name) => [name, String(SEGMENTS * CALLS)]));

/** Every way in which an original and its copies can come to the same batches. */
const SCENARIOS: [string, (tenant: string) => Promise<WriterEvent[]>][] = [
  [
    'two copies of a stopped directory that start at once',
    async (tenant) => {
      const road = await fill(tenant);
      await road.close();
      const clones = [await copy(road.directory), await copy(road.directory)];
      const written = await Promise.all(clones.map((clone, i) => writeAll(clone, stores[i]!)));
      return written.flat();
    },
  ],
  [
    'a copy made while segments wait, and the original after it',
    async (tenant) => {
      const { road, clone } = await withCopy(tenant);
      return [...(await writeAll(clone, stores[1]!)), ...(await writeAll(road, stores[0]!))];
    },
  ],
  [
    'a copy made while segments wait, and the original before it',
    async (tenant) => {
      const { road, clone } = await withCopy(tenant);
      return [...(await writeAll(road, stores[0]!)), ...(await writeAll(clone, stores[1]!))];
    },
  ],
  [
    'a copy made while segments wait, and the original beside it',
    async (tenant) => {
      const { road, clone } = await withCopy(tenant);
      const both = [writeAll(road, stores[0]!), writeAll(clone, stores[1]!)];
      return (await Promise.all(both)).flat();
    },
  ],
];

/** The original still runs: what waits in its queue it has never sent. */
async function withCopy(tenant: string): Promise<{ road: TestRoad; clone: TestRoad }> {
  const road = await fill(tenant);
  await road.close();
  return { road, clone: await copy(road.directory) };
}

it('every batch that an original and its copies hold is stored once, whoever comes first', async () => {
  const runs = Array.from({ length: ROUNDS }, (_, round) =>
    SCENARIOS.map(([about, run], i) => ({ about, run, tenant: `tenant-${i}-${round}` })),
  ).flat();
  const done = runs.map(async ({ about, run, tenant }) => ({
    about,
    tenant,
    events: await run(tenant),
  }));
  for (const { about, tenant, events } of await Promise.all(done)) {
    expect(await callsOf(tenant), about).toEqual(ONCE);
    expect(
      events.filter(({ kind }) => kind === 'set_aside'),
      about,
    ).toEqual([]);
  }
}, 240_000);

it('an insert is given its time to begin once the file that it sends is made', async () => {
  const road = await fill('slow-disk');
  await road.close();
  const [store] = stores as [Store];
  const order: string[] = [];
  const asked = storeWith(store, {
    query: (sql, ...rest) => {
      if (sql.includes('now64(3)')) order.push('time');
      return store.query(sql, ...rest);
    },
  });
  await writeAll(road, asked, async ({ rowsPath }) => {
    order.push('file');
    return rowsPath;
  });
  expect(order.slice(0, 2)).toEqual(['file', 'time']);
});
