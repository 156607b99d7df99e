/** What was set aside in a data directory on which no collector runs. Invariant: it is locked meanwhile. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  DirectoryLockedError,
  lockDirectory,
} from '@ai-cost-profiler/clickhouse/engine/directory-lock.ts';
import { ConfigError } from '../config-error.ts';
import type { SetAsideOperations } from '../set-aside-row.ts';
import { listSetAside, reenter } from './poison.ts';
import { diskFiles, journalPaths } from './segment-files.ts';
import { setAsideOperations } from './set-aside-operations.ts';

/** Only an owner that is about to end is waited for. */
const LOCK_WAIT_MS = 5_000;

const NOBODY = { isQueued: () => false, onDamaged: () => undefined };

/** Undefined where there is no journal. @throws ConfigError when another process owns the directory */
export async function openStoppedJournal(
  dataDir: string,
): Promise<(SetAsideOperations & { close: () => void }) | undefined> {
  const directory = join(resolve(dataDir), 'journal');
  if (!existsSync(directory)) {
    return undefined;
  }
  const paths = journalPaths(directory);
  const close = await lock(resolve(dataDir));
  const operations = setAsideOperations({
    listSetAside: () => listSetAside(diskFiles, paths),
    // Nothing is queued: the next start finds it.
    retryPoison: async (name) => (await reenter(diskFiles, paths, name, NOBODY)).damaged,
  });
  return { ...operations, close };
}

async function lock(dataDir: string): Promise<() => void> {
  try {
    return await lockDirectory(dataDir, LOCK_WAIT_MS, null);
  } catch (error) {
    if (error instanceof DirectoryLockedError) {
      throw new ConfigError(error.message, { cause: error });
    }
    throw error;
  }
}
