import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { afterAll, beforeAll } from 'vitest';
import { createClickHouseControlStore } from './clickhouse-control-store.ts';
import { controlStoreContract } from './control-store.contract.ts';

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

controlStoreContract(async () => {
  await store.command('TRUNCATE TABLE aicost.control');
  return createClickHouseControlStore(store);
});
