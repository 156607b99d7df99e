// `aicost migrate`: brings the tables to this version and ends. A collector does the same when it starts; this is
// for doing it beforehand, with a user that may change tables, or for reading it first (--dry-run).
import { resolve } from 'node:path';
import {
  DirectoryLockedError,
  lockDirectory,
} from '@ai-cost-profiler/clickhouse/engine/directory-lock.ts';
import { MigrationError, plannedStatements } from '@ai-cost-profiler/clickhouse/migrate.ts';
import { CommandError, type CommandInput } from './cli/command.ts';
import { readCollectorFile } from './collector-file.ts';
import type { Config } from './config.ts';
import { makeDataDirectory } from './data-directory.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { openStorage, type Storage } from './storage.ts';

const LOCK_WAIT_MS = 5_000;
const PREPARE_TIMEOUT_MS = 120_000;
/** There are some eighty statements, each of which waits for a server that starts. */
const PREPARE_ON_CLUSTER_MS = 3_600_000;

/** Runs the command. @returns 0 when the tables are those of this version */
export async function runMigrate(input: CommandInput): Promise<number> {
  if (input.flags.has('dry-run')) return tellPlan(input);
  const config = { ...input.config, dataDir: resolve(input.config.dataDir) };
  const unlock = await lock(config);
  if (unlock === undefined) return tell(input, 'collector', []);
  try {
    const log = createLog(config.logLevel, process.stderr);
    const storage = await openStorage(config, log, createMetrics());
    try {
      return tell(input, 'now', await preparedInTime(storage.prepared, config.clickhouseCluster));
    } finally {
      await storage.close();
    }
  } finally {
    unlock();
  }
}

/** The statements that make a new database, each under the name of its migration. */
async function tellPlan({ config, json, io }: CommandInput): Promise<number> {
  const { database, clickhouseCluster: cluster } = config;
  const planned = await plannedStatements({ database, cluster });
  if (json) {
    io.write(`${JSON.stringify({ database, cluster, statements: planned })}\n`);
    return 0;
  }
  let under = '';
  for (const { migration, sql } of planned) {
    if (migration !== under) io.write(`-- ${migration}\n\n`);
    under = migration;
    io.write(`${sql};\n\n`);
  }
  return 0;
}

/** Says what was done, and by whom the tables were brought to their version. */
function tell(
  { config, json, io }: CommandInput,
  by: 'now' | 'collector',
  applied: readonly string[],
) {
  const { database } = config;
  if (json) {
    io.write(`${JSON.stringify({ database, current: true, applied })}\n`);
    return 0;
  }
  for (const name of applied) io.write(`applied ${name}\n`);
  const why =
    by === 'collector'
      ? 'are current: the collector that runs on this data directory has seen to it'
      : applied.length === 0
        ? 'are those of this version; nothing was to be done'
        : 'are those of this version now';
  io.write(`The tables of database ${database} ${why}.\n`);
  return 0;
}

/**
 * The data directory for ourselves, where the engine in it is to be opened; a server needs no lock.
 * @returns undefined when a collector has it, which has brought the tables to its version when it started
 */
async function lock(config: Config): Promise<(() => void) | undefined> {
  if (config.clickhouseUrl !== null) return () => undefined;
  await makeDataDirectory(config.dataDir);
  try {
    return await lockDirectory(config.dataDir, LOCK_WAIT_MS, null);
  } catch (error) {
    if (!(error instanceof DirectoryLockedError)) throw error;
    // A file that a crash left behind names another process than the one that has the directory now.
    const collector = await readCollectorFile(config.dataDir);
    if (collector?.pid === error.ownerPid) return undefined;
    throw new CommandError(error.message, { cause: error });
  }
}

/**
 * The tables at this version, and which migrations were applied for it.
 * @throws CommandError when ClickHouse does not take them in time, or they cannot be brought there
 */
export async function preparedInTime(
  prepared: Storage['prepared'],
  cluster: string | null,
): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new CommandError('ClickHouse did not take the tables in time; the log above says why.'),
        ),
      cluster === null ? PREPARE_TIMEOUT_MS : PREPARE_ON_CLUSTER_MS,
    );
  });
  try {
    return await Promise.race([prepared, late]);
  } catch (error) {
    if (error instanceof MigrationError) throw new CommandError(error.message, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
    // After the timeout nobody waits for it any more; closing the storage makes it reject.
    prepared.catch(() => undefined);
  }
}
