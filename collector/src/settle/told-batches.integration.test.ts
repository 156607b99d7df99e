/** Batches that were whole only long after they could be seen, as writers tell of them, on the real engine. */
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { insertMark } from './settle-marks.ts';
import { ToldBatches, tellBatch } from './told-batches.ts';

const NOW_MS = Date.UTC(2026, 7, 20, 12);

let engine: TestEngine;
let store: Store;
beforeAll(async () => {
  engine = await startMigratedEngine();
  store = createStore({ kind: 'embedded', database: 'aicost', ...storeAddress(engine.address) });
});
afterAll(async () => {
  await store.close();
  await engine.remove();
});
beforeEach(() => store.command('TRUNCATE TABLE settle_marks'));

const tell = (writerId: string, batchSeq: number) =>
  tellBatch(store, { writerId, batchSeq }, NOW_MS);
const open = () => new ToldBatches(() => NOW_MS);

/** A pass that comes to its end, and its mark. */
async function pass(told: ToldBatches): Promise<[string, bigint][]> {
  const found = await told.begin(store);
  await insertMark(store, { stored: told.end() }, NOW_MS);
  return [...found];
}

it('of each writer the lowest that was told counts, until a pass has looked', async () => {
  await tell('0a', 7);
  await tell('0a', 5);
  await tell('0b', 2);
  const told = open();
  expect((await pass(told)).sort()).toEqual([
    ['0a', 5n],
    ['0b', 2n],
  ]);
  expect(await pass(told)).toEqual([]);
  await tell('0a', 9);
  expect(await pass(told)).toEqual([['0a', 9n]]);
});

it('a pass that did not come to its end has looked at nothing', async () => {
  await tell('0a', 5);
  const told = open();
  await told.begin(store);
  expect(await pass(told)).toEqual([['0a', 5n]]);
});

it('what is told while a pass runs is left to the next one', async () => {
  await tell('0a', 5);
  const told = open();
  await told.begin(store);
  await tell('0a', 6);
  await insertMark(store, { stored: told.end() }, NOW_MS);
  expect(await pass(told)).toEqual([['0a', 6n]]);
});

it('another process knows what was looked at', async () => {
  await tell('0a', 5);
  await pass(open());
  expect(await pass(open())).toEqual([]);
  await tell('0a', 8);
  expect(await pass(open())).toEqual([['0a', 8n]]);
});
