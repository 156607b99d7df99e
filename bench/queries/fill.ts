/**
 * Fills the data directory of a collector that does not run yet: the tables of the migrations, with many spans in them.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildDayStatement, buildNumber } from '@ai-cost-profiler/clickhouse/day-totals.ts';
import { startTestEngine, storeAddress } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { migrate } from '@ai-cost-profiler/clickhouse/migrate.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { SEGMENT_SETTINGS } from '@ai-cost-profiler/clickhouse/store-settings.ts';
import { until } from '../wait.ts';
import { daySql, type Shape } from './many-spans.ts';

const LIMIT_MS = 600_000;

export async function fill(
  directory: string,
  shape: Shape,
  progress: (text: string) => void,
): Promise<void> {
  const dataDir = join(directory, 'data', 'engine');
  mkdirSync(dataDir, { recursive: true });
  const engine = await startTestEngine({ dataDir, queryMemoryBytesMax: 8_000_000_000 });
  const limits = { commandMsMax: LIMIT_MS, queryMsMax: LIMIT_MS, insertMsMax: LIMIT_MS };
  const address = storeAddress(engine.address);
  const store = createStore({ kind: 'embedded', database: 'aicost', ...address, ...limits });
  await store.createDatabase();
  await migrate(store);
  await insertDays(store, shape, progress);
  // Nothing of it is left for settle: its mark is later than all receipts.
  await store.command(
    'INSERT INTO aicost.settle_marks (through, recorded_at) SELECT now64(3), now64(3)',
  );
  await buildTotals(store, progress);
  progress('merging');
  await until('nothing is merged', () => isQuiet(store), { everyMs: 1_000 });
  await store.close();
  await engine.stop();
}

async function insertDays(
  store: Store,
  shape: Shape,
  progress: (text: string) => void,
): Promise<void> {
  for (let day = 0; day < shape.days; day++) {
    for (const sql of daySql(shape, day)) await store.command(sql, { settings: SEGMENT_SETTINGS });
    if (day % 10 === 9) progress(`${day + 1} of ${shape.days} days are there`);
  }
}

/** As a collector that has been running makes them, without its pauses. */
async function buildTotals(store: Store, progress: (text: string) => void): Promise<void> {
  const startedMs = performance.now();
  const days = await store.query<{ tenants: string[]; day: string }>(
    'SELECT toString(day) AS day, groupUniqArray(tenant) AS tenants FROM aicost.cost_day_batches GROUP BY day',
  );
  for (const { tenants, day } of days) {
    const build = buildNumber(Date.now(), 0);
    const { sql, ...options } = buildDayStatement(store.database, { tenants, day, build });
    await store.command(sql, options);
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  progress(`totals of ${days.length} days were made in ${seconds} s`);
}

async function isQuiet(store: Store): Promise<boolean> {
  const [row] = await store.query<{ running: string }>(
    'SELECT toString(count()) AS running FROM system.merges',
  );
  return row?.running === '0';
}
