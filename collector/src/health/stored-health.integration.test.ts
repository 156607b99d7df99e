/** Rows of health on the real engine: every column is there, and what is not known is NULL. */
import { storeAddress, type TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMetrics } from '../metrics.ts';
import { HEALTH_COLUMNS } from './health-columns.ts';
import { readHealthRow } from './health-row.ts';

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

test('the table has a column for each metric that is stored, and no other', async () => {
  const columns = await store.query<{ name: string; type: string }>(
    "SELECT name, type FROM system.columns WHERE database = 'aicost' AND table = 'collector_health'",
  );
  const owner = ['writer_id', 'host_name', 'started_at', 'time'];
  expect(columns.map(({ name }) => name)).toEqual([...owner, ...Object.keys(HEALTH_COLUMNS)]);
  for (const [name, column] of Object.entries(HEALTH_COLUMNS)) {
    const wanted = 'by' in column ? 'Map(LowCardinality(String), Float64)' : 'Nullable(Float64)';
    expect(columns.find((one) => one.name === name)?.type, name).toBe(wanted);
  }
});

test('a row comes back as it was read, and the same one twice is one', async () => {
  const metrics = createMetrics(true);
  metrics.aicost_journal_bytes.set(12_345_678_901);
  metrics.aicost_journal_segments.set({ state: 'poison' }, 2);
  metrics.aicost_settle_lag_seconds.remove();
  metrics.aicost_spans_refused_total.inc({ reason: 'bad_id' }, 4);
  const owner = { writerId: 'w', hostName: 'h', startedMs: Date.now() - 1_000 };
  const row = await readHealthRow(metrics.registry, owner, Date.now());
  await store.insertRows('aicost.collector_health', [row]);
  await store.insertRows('aicost.collector_health', [row]);
  const stored = await store.query<Record<string, unknown>>(
    'SELECT * FROM aicost.collector_health FINAL',
  );
  expect(stored).toHaveLength(1);
  expect(stored[0]).toMatchObject({
    writer_id: 'w',
    journal_bytes: 12_345_678_901,
    journal_segments: { poison: 2 },
    settle_lag_seconds: null,
    spans_refused_total: { bad_id: 4 },
    limit_hits_total: {},
    process_resident_memory_bytes: row.process_resident_memory_bytes,
  });
  expect(Date.parse(String(stored[0]?.['time']))).toBe(Date.parse(row.time));
});
