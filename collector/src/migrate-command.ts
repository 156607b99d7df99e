// `aicost migrate`: brings the tables to this version and ends. A collector does the same when it starts; this is
// for doing it beforehand, with a user that may change tables.
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  DirectoryLockedError,
  lockDirectory,
} from '@ai-cost-profiler/clickhouse/engine/directory-lock.ts';
import { MigrationError } from '@ai-cost-profiler/clickhouse/migrate.ts';
import { CommandError, type CommandInput } from './cli/command.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { openStorage } from './storage.ts';

const LOCK_WAIT_MS = 5_000;
const PREPARE_TIMEOUT_MS = 120_000;

/** Runs the command. @returns 0 when the tables are those of this version */
export async function runMigrate(input: CommandInput): Promise<number> {
  const config = { ...input.config, dataDir: resolve(input.config.dataDir) };
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const unlock = await lock(config.dataDir);
  try {
    const storage = await openStorage(
      config,
      createLog(config.logLevel, process.stderr),
      createMetrics(),
    );
    try {
      await withinTime(storage.prepared);
    } finally {
      await storage.close();
    }
  } finally {
    unlock();
  }
  const { database } = config;
  if (input.json) input.io.write(`${JSON.stringify({ database, current: true })}\n`);
  else input.io.write(`The tables of database ${database} are those of this version.\n`);
  return 0;
}

async function lock(dataDir: string): Promise<() => void> {
  try {
    return await lockDirectory(dataDir, LOCK_WAIT_MS, null);
  } catch (error) {
    if (!(error instanceof DirectoryLockedError)) throw error;
    throw new CommandError(
      `${error.message} A collector that runs has brought the tables to its version already.`,
      { cause: error },
    );
  }
}

async function withinTime(prepared: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new CommandError('ClickHouse did not take the tables in time; the log above says why.'),
        ),
      PREPARE_TIMEOUT_MS,
    );
  });
  try {
    await Promise.race([prepared, late]);
  } catch (error) {
    if (error instanceof MigrationError) throw new CommandError(error.message, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
    // After the timeout nobody waits for it any more; closing the storage makes it reject.
    prepared.catch(() => undefined);
  }
}
