/**
 * The register over KeeperMap itself, in the embedded engine with the Keeper that ClickHouse has in memory for its own
 * tests. That several servers see one table through a Keeper of their own is ClickHouse's promise, and not shown here.
 */
import { ownershipTableSql } from '@ai-cost-profiler/clickhouse/cluster/ownership-sql.ts';
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startKeeperEngine } from '@ai-cost-profiler/clickhouse/engine/test-keeper.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeeperOwnershipRegister } from './keeper-ownership-register.ts';
import { ownershipRegisterContract } from './ownership-register.contract.ts';
import { NOBODY } from './ownership-state.ts';

let engine: TestEngine;
let store: Store;

beforeAll(async () => {
  engine = await startKeeperEngine();
  store = createStore({ kind: 'embedded', database: 'default', ...storeAddress(engine.address) });
  await store.command(ownershipTableSql({ database: 'default', cluster: null }));
});
afterAll(async () => {
  await store.close();
  await engine.remove();
});

const empty = () => store.command('TRUNCATE TABLE default.settle_ownership');

ownershipRegisterContract(async () => {
  await empty();
  return createKeeperOwnershipRegister(store);
});

test('old records are taken away, and who puts one of those numbers is told that a newer one stands', async () => {
  await empty();
  const register = createKeeperOwnershipRegister(store);
  await register.put({ number: 1, author: 'old', state: NOBODY });
  await register.put({ number: 1_100, author: 'new', state: NOBODY });
  expect(await store.query('SELECT count() AS kept FROM settle_ownership')).toEqual([
    { kept: '1' },
  ]);
  expect(await register.put({ number: 1, author: 'late', state: NOBODY })).toBe(false);
});

describe('an insert that fails', () => {
  const lost = new StoreError('lost', { code: null, retryable: true, answered: false });

  test('stands all the same, if it came through', async () => {
    await empty();
    const register = createKeeperOwnershipRegister({
      ...reading(),
      insertRows: async (...call) => {
        await store.insertRows(...call);
        throw lost;
      },
    });
    expect(await register.put({ number: 1, author: 'a', state: NOBODY })).toBe(true);
  });

  test('is not known to stand or not, if nothing of its number is there', async () => {
    await empty();
    const register = createKeeperOwnershipRegister({
      ...reading(),
      insertRows: () => Promise.reject(lost),
    });
    await expect(register.put({ number: 1, author: 'a', state: NOBODY })).rejects.toBe(lost);
  });
});

test('a record of a later version is an error, not nobody', async () => {
  await empty();
  await store.insertRows('default.settle_ownership', [
    { number: 1, author: 'a', state: '{"v":2}' },
  ]);
  await expect(createKeeperOwnershipRegister(store).read()).rejects.toThrow(/record 1 /);
});

const reading = () => ({
  database: store.database,
  query: store.query.bind(store),
  command: store.command.bind(store),
});
