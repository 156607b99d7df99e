/**
 * An engine that test files of one process use one after the other: to start one takes ten times as long as to empty
 * its tables. Invariants: one borrower at a time, any other gets an engine of its own; who borrows it finds the tables
 * of the migrations, all empty, in a process that never ended; it is gone before the process that started it.
 */
import { rmSync } from 'node:fs';
import { createStore, type Store } from '../store.ts';
import { storeAddress, type TestEngine } from './test-engine.ts';
import { startMigratedEngine } from './test-migrated-engine.ts';

interface Kept {
  readonly engine: TestEngine;
  /** A digest of all tables as they were when it was new. */
  readonly schema: string;
}

const DATABASE = 'aicost';

let kept: Kept | null = null;
let isLent = false;

/** As startMigratedEngine; `remove` gives it back. */
export async function borrowMigratedEngine(): Promise<TestEngine> {
  if (isLent) return startMigratedEngine();
  isLent = true;
  kept = (await emptied(kept)) ?? (await keepNew());
  const { engine } = kept;
  let isBack = false;
  return {
    address: engine.address,
    dataDir: engine.dataDir,
    state: () => engine.state(),
    stop: (deadlineMs) => engine.stop(deadlineMs),
    remove: async () => {
      // Twice would give back what somebody else has by then.
      if (!isBack) isLent = false;
      isBack = true;
    },
  };
}

/** The same with empty tables; null, and gone, when it is not what it was any more. */
async function emptied(was: Kept | null): Promise<Kept | null> {
  if (was === null) return null;
  const { up, restarts } = was.engine.state();
  if (up && restarts === 0) {
    const isAsBefore = await withStore(was.engine, async (store) => {
      const { schema, filled } = await look(store);
      if (schema !== was.schema) return false;
      for (const table of filled) await store.command(`TRUNCATE TABLE ${DATABASE}.${table}`);
      return true;
    });
    if (isAsBefore) return was;
  }
  kept = null;
  await was.engine.remove();
  return null;
}

async function keepNew(): Promise<Kept> {
  const engine = await startMigratedEngine();
  const { schema } = await withStore(engine, look);
  process.off('SIGTERM', endWithProcess).once('SIGTERM', endWithProcess);
  return { engine, schema };
}

/** Vitest ends its workers by this signal and waits half a second for them, so nothing here waits for anything. */
function endWithProcess(): void {
  const { pid } = kept?.engine.state() ?? { pid: null };
  if (pid !== null) process.kill(pid, 'SIGKILL');
  // It may still make a file while it dies.
  if (kept !== null) rmSync(kept.engine.dataDir, { recursive: true, force: true, maxRetries: 5 });
  // The listener is gone, so this time the signal does what it does.
  process.kill(process.pid, 'SIGTERM');
}

async function withStore<T>(engine: TestEngine, work: (store: Store) => Promise<T>): Promise<T> {
  const store = createStore({
    kind: 'embedded',
    database: DATABASE,
    ...storeAddress(engine.address),
  });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** What tables there are, in any database, and which of ours have rows. What was migrated is no such row. */
async function look(store: Store): Promise<{ schema: string; filled: readonly string[] }> {
  const [found] = await store.query<{ schema: string; filled: string[] }>(
    `SELECT toString(groupBitXor(cityHash64(database, name, create_table_query))) AS schema,
       arraySort(groupArrayIf(name, database = {database:String} AND name != 'migrations' AND total_bytes > 0))
         AS filled
     FROM system.tables WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA')`,
    { database: DATABASE },
  );
  if (found === undefined) throw new Error('no answer from system.tables');
  return found;
}
