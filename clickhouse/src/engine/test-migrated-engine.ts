/**
 * An engine for tests that has the tables already. Migrating takes longer than starting, so it is done once: the
 * directory is kept beside the installed packages and copied for every engine.
 * Invariant: what is copied was made by the migrations, and by the chdb, that are here now.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MIGRATIONS_DIRECTORY, migrate } from '../migrate.ts';
import { createStore } from '../store.ts';
import type { StartEngineOptions } from './supervise.ts';
import { startTestEngine, storeAddress, type TestEngine } from './test-engine.ts';

const KEPT = fileURLToPath(new URL('../../../node_modules/.cache/aicost/', import.meta.url));
const SOURCES = ['../migrate.ts', '../migrate-spans.ts'].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
);

/** Starts an engine whose database `aicost` has every table. */
export async function startMigratedEngine(
  options: Partial<StartEngineOptions> = {},
): Promise<TestEngine> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'aicost-engine-')));
  await putMigratedEngine(dataDir);
  return startTestEngine({ ...options, dataDir });
}

/** Fills the directory of an engine that was never started. */
export async function putMigratedEngine(dataDir: string): Promise<void> {
  await cp(await keptDirectory(), dataDir, { recursive: true });
}

async function keptDirectory(): Promise<string> {
  const kept = join(KEPT, `engine-${await digest()}`);
  if (existsSync(kept)) return kept;
  const engine = await startTestEngine();
  const store = createStore({
    kind: 'embedded',
    database: 'aicost',
    ...storeAddress(engine.address),
  });
  await migrate(store);
  await store.close();
  await engine.stop();
  await mkdir(KEPT, { recursive: true });
  const whole = await mkdtemp(join(KEPT, 'engine-'));
  // Beside the data there are pipes, which cannot be copied.
  await cp(join(engine.dataDir, 'data'), join(whole, 'data'), { recursive: true });
  await engine.remove();
  await publish(whole, kept);
  return kept;
}

/** Another worker may have been first: both made the same. */
async function publish(whole: string, kept: string): Promise<void> {
  try {
    await rename(whole, kept);
  } catch (error) {
    if (!existsSync(kept)) throw error;
    await rm(whole, { recursive: true });
  }
}

async function digest(): Promise<string> {
  const chdb = createRequire(import.meta.url).resolve('chdb');
  const migrations = (await readdir(MIGRATIONS_DIRECTORY)).sort();
  const files = [
    ...SOURCES,
    ...migrations.map((file) => join(MIGRATIONS_DIRECTORY, file)),
    join(dirname(chdb), 'package.json'),
  ];
  const hash = createHash('sha256');
  for (const file of files) hash.update(file.slice(-40)).update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}
