/** Rows that have expired do not make a batch look as if it were missing, or half there. */
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SealedSegment } from '../journal/sealed-segment.ts';
import { HoldingConflict, targetsLacking } from './holdings.ts';
import { Landing, type Target } from './landing.ts';

let engine: TestEngine;
let store: Store;
let targets: readonly Target[];
beforeAll(async () => {
  engine = await startMigratedEngine();
  store = createStore({ kind: 'embedded', database: 'aicost', ...storeAddress(engine.address) });
  targets = (await Landing.read(store)).targets;
  const rows = ['acme', 'other'].flatMap((tenant) =>
    ['span', 'entry'].map((kind) => `('${kind}', '${tenant}', '2026-08-20 10:00:00', 'ab', 1)`),
  );
  await store.command(
    `INSERT INTO aicost.landing (row_kind, tenant, start_time, writer_id, batch_seq) VALUES ${rows.join(', ')}`,
  );
});
afterAll(async () => {
  await store.close();
  await engine.remove();
});

/** A span and an entry of two tenants: found after a crash that left its answer open. */
const SEGMENT: SealedSegment = {
  directory: '',
  rowsPath: '',
  writerId: 'ab',
  batchSeq: 1,
  day: '2026-08-20',
  spanRows: 2,
  entryRows: 2,
  tenants: ['acme', 'other'],
  dataBytes: 1,
  flushBytes: [1],
  sealedAtMs: 0,
  openedAtMs: 0,
  isRecovered: true,
  about: { heldBy: [], was: null, attempt: 0, isSalvaged: false },
};

const lacking = async () =>
  (await targetsLacking(store, targets, SEGMENT)).map(({ table }) => table);

const expire = (table: string) =>
  store.command(`ALTER TABLE aicost.${table} DELETE WHERE tenant = 'acme'`, {
    settings: { mutations_sync: '1' },
  });

it('a batch of which half is gone is told as that where nothing has expired', async () => {
  expect(await lacking()).toEqual([]);
  await expire('spans');
  await expect(lacking()).rejects.toThrow(HoldingConflict);
});

/** What a deletion of a tenant, and the seal of a day, leave. */
const deleteTenant = (tenant: string) => {
  const row = { kind: 'tenant', id: tenant, tenant, payload: '{"state":"deleted"}', deleted: 1 };
  return store.insertRows('aicost.control', [{ ...row, version: '1', actor: 'test' }]);
};
const sealDay = (tenant: string) =>
  store.insertRows('aicost.sealed_days', [{ tenant, day: SEGMENT.day, expired: 'spans' }]);

it('is told also where rows of tenants went that have none in it', async () => {
  await deleteTenant('gone');
  await sealDay('expired');
  await expect(lacking()).rejects.toThrow(HoldingConflict);
  // Of one that does not tell whose rows it has, they may be theirs.
  expect(await targetsLacking(store, targets, { ...SEGMENT, tenants: null })).toEqual([]);
});

it('is held where one of its tenants was deleted', async () => {
  await deleteTenant("o'brien");
  const tenants = ['other', "o'brien"];
  expect(await targetsLacking(store, targets, { ...SEGMENT, tenants })).toEqual([]);
});

it('is held where a day of one of its tenants is sealed', async () => {
  await sealDay('acme');
  expect(await lacking()).toEqual([]);
  await expire('ledger');
  expect(await lacking()).toEqual([]);
});

it.for([
  [['cost_day_batches'], ['cost_daily', 'cost_day_batches', 'cost_hourly', 'ledger']],
  [['cost_hourly'], ['cost_daily', 'cost_day_batches', 'ledger']],
  [
    ['cost_day_batches', 'cost_hourly'],
    ['cost_daily', 'ledger'],
  ],
] as const)(
  'a batch that re-enters and was held by %s tells cost_day_batches of its new writer, unless both had it',
  async ([heldBy, wanted]) => {
    const about = { ...SEGMENT.about, heldBy: [...heldBy] };
    const again = { ...SEGMENT, writerId: 'cd', spanRows: 0, about };
    const found = await targetsLacking(store, targets, again);
    expect(found.map(({ table }) => table)).toEqual(wanted);
  },
);
