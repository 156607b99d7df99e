// Key operations on a data directory on which no collector runs: they work on the copy of the control state, and
// the next start hands the new rows to ClickHouse.
// Invariant: the directory is locked meanwhile, so a collector cannot start in between and miss a row.
import { randomBytes, randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  DirectoryLockedError,
  lockDirectory,
} from '@ai-cost-profiler/clickhouse/engine/directory-lock.ts';
import { type KeyActor, type KeyOperations, SCOPES } from '../access.ts';
import { ConfigError } from '../config-error.ts';
import { createLog } from '../log.ts';
import { controlCopyPath } from './control-copy.ts';
import { openControlState } from './control-state.ts';
import { FIRST_TENANT, forgetFirstKey } from './first-key.ts';
import { createKeyOperations } from './key-operations.ts';
import { STOPPED_SQL_USERS } from './sql-users.ts';

export interface StoppedKeys {
  readonly keys: KeyOperations;
  /** Who can write into the directory can do everything with it already: an operator. */
  readonly actor: KeyActor;
  /** Gives the directory back. */
  readonly close: () => void;
}

/** Only an owner that is about to end is waited for. */
const LOCK_WAIT_MS = 5_000;

const ACTOR: KeyActor = { name: 'cli', tenant: FIRST_TENANT, scopes: new Set(SCOPES) };

/**
 * Opens the keys of a directory. Undefined where no collector ever started: there are no keys to work on.
 * @throws ConfigError when another process owns the directory
 */
export async function openStoppedKeys(dataDir: string): Promise<StoppedKeys | undefined> {
  if (!existsSync(controlCopyPath(dataDir))) return undefined;
  const close = await lock(dataDir);
  try {
    const now = () => new Date();
    const state = await openControlState({
      store: null,
      copyPath: controlCopyPath(dataDir),
      now,
      randomInt: (below) => randomInt(below),
      log: createLog('silent', process.stderr),
    });
    const onRetired = (id: string) => forgetFirstKey(dataDir, id);
    return {
      keys: createKeyOperations({
        state,
        now,
        randomBytes,
        onRetired,
        sqlUsers: STOPPED_SQL_USERS,
      }),
      actor: ACTOR,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function lock(dataDir: string): Promise<() => void> {
  try {
    return await lockDirectory(dataDir, LOCK_WAIT_MS, null);
  } catch (error) {
    if (error instanceof DirectoryLockedError)
      throw new ConfigError(error.message, { cause: error });
    throw error;
  }
}
