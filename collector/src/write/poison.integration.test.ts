/**
 * A segment that ClickHouse refuses, on the real engine: it is set aside with the tables that hold it, the queue goes
 * on, and once the cause is mended it re-enters for the tables that lack it, once, however often that is tried.
 */
import { setTimeout } from 'node:timers/promises';
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { setAsideOperations } from '../journal/set-aside-operations.ts';
import { chat, NOW_MS, openRoad, type TestRoad } from '../test-road.ts';
import { Landing } from './landing.ts';
import { Writer } from './writer.ts';

let engine: TestEngine;
let store: Store;
let landing: Landing;

beforeAll(async () => {
  engine = await startMigratedEngine();
  store = createStore({ kind: 'embedded', database: 'aicost', ...storeAddress(engine.address) });
  landing = await Landing.read(store);
});
afterAll(async () => {
  await store.close();
  await engine.remove();
});

/** Writes until nothing waits. */
async function writeAll(road: TestRoad): Promise<string[]> {
  const kinds: string[] = [];
  const { queue } = road.journal;
  const stopped = new AbortController();
  const writer = new Writer({
    store,
    landing,
    queue,
    nowMs: () => NOW_MS,
    random: () => 0,
    onEvent: ({ kind }) => {
      kinds.push(kind);
      if (queue.count === 0) {
        writer.stop();
        stopped.abort();
      }
    },
  });
  // The queue stays open: what re-enters is written by the next writer.
  await Promise.race([
    writer.run(),
    new Promise((resolve) => stopped.signal.addEventListener('abort', resolve)),
  ]);
  return kinds;
}

async function send(road: TestRoad, span: number): Promise<void> {
  await road.send([{ span, attributes: chat(1_000) }], 'acme');
}

async function calls(): Promise<Record<string, string>> {
  const [row] = await store.query<Record<string, string>>(`
    SELECT (SELECT count() FROM spans) AS spans, (SELECT sum(calls) FROM ledger) AS ledger,
      (SELECT sum(calls) FROM cost_hourly) AS hourly, (SELECT sum(calls) FROM cost_daily) AS daily,
      (SELECT sum(spans) FROM traces) AS traces`);
  return row!;
}

const times = (count: number) => {
  const names = ['spans', 'ledger', 'hourly', 'daily', 'traces'];
  return Object.fromEntries(names.map((name) => [name, String(count)]));
};

it('is set aside, does not block the queue, and re-enters for the tables that lack it', async () => {
  // A span and its entry fill a segment.
  const road = await openRoad({ segmentRowsMax: 2 });
  onTestFinished(() => road.remove());
  const { journal } = road;
  await send(road, 1);
  await send(road, 2);
  await journal.close();
  // A rule that a person made: `spans` refuses what the other tables have taken by then.
  await store.command("ALTER TABLE aicost.spans ADD CONSTRAINT no_calls CHECK tenant != 'acme'");
  expect((await writeAll(road)).filter((kind) => kind === 'set_aside')).toHaveLength(2);
  expect(journal.queue.count).toBe(0);
  expect(journal.queue.setAsideCounts).toEqual({ poison: 2, damaged: 0 });

  const operations = setAsideOperations(journal);
  const listed = await operations.list();
  expect(listed).toHaveLength(2);
  // How far the others had come when `spans` refused is the engine's affair.
  const others = ['cost_daily', 'cost_day_batches', 'cost_hourly', 'ledger', 'traces'];
  for (const { held_by: held } of listed) {
    expect(others).toEqual(expect.arrayContaining([...(held ?? ['unknown'])]));
  }
  expect(listed[0]!.reason).toContain('no_calls');
  expect(await operations.retry('nobody')).toMatchObject([{ retried: false }]);

  // Tried before it is mended: refused again, and nothing is forgotten.
  const looked = Promise.withResolvers<void>();
  const looking = road.journal.sealing.still(() => looked.promise);
  const retrying = operations.retry(listed[0]!.name);
  // Whoever looks at the folders finds it where it was.
  await setTimeout(20);
  expect(road.journal.queue.count).toBe(0);
  looked.resolve();
  await looking;
  const again = await retrying;
  expect(again).toMatchObject([{ retried: true }]);
  expect(await writeAll(road)).toContain('set_aside');
  expect(journal.queue.setAsideCounts.poison).toBe(2);

  await store.command('ALTER TABLE aicost.spans DROP CONSTRAINT no_calls');
  expect(await operations.retry(undefined)).toMatchObject([{ retried: true }, { retried: true }]);
  expect((await writeAll(road)).filter((kind) => kind === 'written')).toHaveLength(2);
  expect(await calls()).toEqual(times(2));
  expect(await operations.list()).toEqual([]);
  expect(journal.queue.setAsideCounts).toEqual({ poison: 0, damaged: 0 });
}, 120_000);
