/** Collectors that agree through the engine's KeeperMap who settles, as they would on a cluster. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownershipTableSql } from '@ai-cost-profiler/clickhouse/cluster/ownership-sql.ts';
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startKeeperEngine } from '@ai-cost-profiler/clickhouse/engine/test-keeper.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type OpenOwnership, openOwnership } from './open-ownership.ts';
import { SettledElsewhere } from './settle/ownership/settle-ownership.ts';

const QUEUE = {
  writerIds: [],
  setAsideCounts: { poison: 0, damaged: 0 },
  reentered: { due: [], looked: async () => undefined },
};

let engine: TestEngine;
let store: Store;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aicost-ownership-'));
  engine = await startKeeperEngine();
  // Nothing else asks it for the cluster: this is one server that has a Keeper.
  const place = { kind: 'server', database: 'default', cluster: 'one' } as const;
  store = createStore({ ...place, ...storeAddress(engine.address) });
  await store.command(ownershipTableSql({ database: 'default', cluster: null }));
});
afterAll(async () => {
  await store.close();
  await engine.remove();
  await rm(directory, { recursive: true });
});
beforeEach(() => store.command('TRUNCATE TABLE settle_ownership'));

const CLAIMS = () => join(directory, 'settle-claims.json');

function open(writerId: string, settle = true, at: Store = store): Promise<OpenOwnership> {
  return openOwnership({
    config: { settle, dataDir: directory },
    store: at,
    journal: { writerId, oldestMs: undefined, queue: QUEUE },
    clock: { nowMs: Date.now, startedMs: 0 },
    log: pino({ level: 'silent' }),
  });
}

test.for([
  ['server', true, undefined, true],
  ['server', false, undefined, false],
  // A command on a stopped data directory, which settles nothing by itself.
  ['server', false, true, true],
  ['embedded', false, undefined, true],
] as const)(
  'on one %s with --settle %s whoever asks settles: %s, %s',
  async ([kind, settle, maySettle, isHeld]) => {
    const one = await openOwnership({
      config: { settle, dataDir: directory },
      maySettle,
      store: { ...store, kind, cluster: null },
      journal: { writerId: '0a', oldestMs: undefined, queue: QUEUE },
      clock: { nowMs: Date.now, startedMs: 0 },
      log: pino({ level: 'silent' }),
    });
    const held = one.ownership.hold(async () => 1);
    if (isHeld) await expect(held).resolves.toBe(1);
    else await expect(held).rejects.toThrow('--settle off');
  },
);

const until = (one: OpenOwnership, isOwner: boolean) =>
  expect.poll(() => one.isOwner, { timeout: 10_000 }).toBe(isOwner);

test('of two the first settles, the second names it, and has its turn when the first has left', async () => {
  const first = await open('0a');
  await until(first, true);
  expect(first.state).toEqual({ ok: true, detail: 'this collector settles' });
  expect(first.leaseAgeMs).toBeGreaterThanOrEqual(0);
  const second = await open('0b', false);
  await expect(second.ownership.hold(async () => 1)).rejects.toThrow(`(${directory}) settles.`);
  expect(second.state.detail).toContain(`(${directory}) settles`);
  expect([second.isOwner, second.leaseAgeMs, second.formerOwners]).toEqual([false, undefined, 0]);
  await first.stop();
  expect(await second.ownership.hold(async () => 1)).toBe(1);
  await second.stop();
});

test('a claim is written down before it is made, and taken back when all is stored', async () => {
  const one = await open('0c');
  await until(one, true);
  expect(await readFile(CLAIMS(), 'utf8')).toContain('"0c"');
  await one.stop();
  expect(await readFile(CLAIMS(), 'utf8')).not.toContain('"0c"');
});

test('without the table who settles is not known, and nobody does', async () => {
  const other = createStore({
    ...{ kind: 'server', database: 'system', cluster: 'one' },
    ...storeAddress(engine.address),
  });
  const one = await open('0d', true, other);
  await expect(one.ownership.hold(async () => 1)).rejects.toThrow(/settle_ownership/);
  await expect.poll(() => one.state.ok).toBe(false);
  expect(one.state.detail).toMatch(/^who settles is not known: .*settle_ownership/);
  await one.stop();
  await other.close();
});

test('a claims file that is damaged is named', async () => {
  await writeFile(CLAIMS(), '{"format":1,"wri');
  await expect(open('0e')).rejects.toThrow(CLAIMS());
  await rm(CLAIMS());
});

test('on one server --settle alone decides', async () => {
  const alone = createStore({
    ...{ kind: 'server', database: 'default' },
    ...storeAddress(engine.address),
  });
  const [on, off] = [await open('0f', true, alone), await open('0f', false, alone)];
  expect([on.isOwner, off.isOwner]).toEqual([true, false]);
  expect([on.leaseAgeMs, on.formerOwners]).toEqual([undefined, undefined]);
  await expect(off.ownership.hold(async () => 1)).rejects.toThrow(SettledElsewhere);
  await alone.close();
});
