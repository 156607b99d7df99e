/**
 * The engine alone: the same blocks, inserted by the same statements into the same tables, with nobody else at work.
 * What is measured is the engine process.
 */
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestEngine, storeAddress } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { migrate } from '@ai-cost-profiler/clickhouse/migrate.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { Landing } from '@ai-cost-profiler/collector/write/landing.ts';
import { usageOf } from '../process-usage.ts';
import { until } from '../wait.ts';

const LIMIT_MS = 600_000;
/** As collector-under-test.ts asks. */
const QUIET_EVERY_MS = 500;
const QUIET_POLLS = 4;
const WRITER_ID = 'be0c';
/** Above the caps of a segment the statement would make several parts of it. */
const JOINED_BYTES_MAX = 64_000_000;

export interface AloneWish {
  /** Inserted first and not measured. */
  readonly warmUp: readonly string[];
  readonly measured: readonly string[];
  /** So many segments become one. */
  readonly joined: number;
  /** Statements whose answers prove that the rows are the same. */
  readonly proofs: readonly string[];
}

export interface AloneResult {
  readonly cpuMs: number;
  readonly inserts: number;
  readonly proofs: readonly string[];
}

export async function insertAlone(wish: AloneWish): Promise<AloneResult> {
  const engine = await startTestEngine({});
  const directory = mkdtempSync(join(tmpdir(), 'aicost-alone-'));
  const store = createStore({
    ...{ kind: 'embedded', database: 'aicost', ...storeAddress(engine.address) },
    ...{ commandMsMax: LIMIT_MS, queryMsMax: LIMIT_MS, insertMsMax: LIMIT_MS },
  });
  try {
    await migrate(store);
    const landing = await Landing.read(store);
    const pid = engine.state().pid!;
    let batchSeq = 0;
    const insert = async (paths: readonly string[]) => {
      for (const path of paths) {
        const batch = { writerId: WRITER_ID, batchSeq: ++batchSeq };
        const statement = landing.insertAll(batch);
        await store.insertNativeFile(path, { ...statement, queryId: `alone-${batchSeq}` });
      }
    };
    await insert(wish.warmUp);
    await untilMerged(store);
    const measured = joinSegments(wish, directory);
    const before = usageOf(pid).cpuMs;
    await insert(measured);
    await untilMerged(store);
    const { cpuMs } = usageOf(pid);
    const proofs: string[] = [];
    for (const proof of wish.proofs) proofs.push(await answerOf(store, proof));
    return { cpuMs: cpuMs - before, inserts: measured.length, proofs };
  } finally {
    await store.close();
    await engine.remove();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Native blocks follow one another: files are joined by their bytes. */
function joinSegments({ measured, joined }: AloneWish, directory: string): readonly string[] {
  if (joined === 1) return measured;
  const paths: string[] = [];
  let bytes = Number.POSITIVE_INFINITY;
  let segments = 0;
  for (const path of measured) {
    const rows = readFileSync(path);
    if (segments === joined || bytes + rows.length > JOINED_BYTES_MAX) {
      paths.push(join(directory, `${paths.length}.native`));
      copyFileSync(path, paths.at(-1)!);
      bytes = rows.length;
      segments = 1;
    } else {
      appendFileSync(paths.at(-1)!, rows);
      bytes += rows.length;
      segments++;
    }
  }
  return paths;
}

async function untilMerged(store: Store): Promise<void> {
  let quiet = 0;
  await until(
    'nothing is merged',
    async () => {
      const sql = 'SELECT toString(count()) AS running FROM system.merges';
      const [row] = await store.query<{ running: string }>(sql);
      quiet = row?.running === '0' ? quiet + 1 : 0;
      return quiet >= QUIET_POLLS;
    },
    { everyMs: QUIET_EVERY_MS },
  );
}

async function answerOf(store: Store, sql: string): Promise<string> {
  const [row] = await store.query<Record<string, unknown>>(sql);
  return Object.values(row ?? {}).join(' ');
}
