/**
 * Ways to take ClickHouse away from a collector and to bring it back: a server that is not there, or the embedded
 * engine, which its supervisor cannot start because somebody else holds its directory.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DirectoryLockedError,
  lockDirectory,
} from '@ai-cost-profiler/clickhouse/engine/directory-lock.ts';
import type { CollectorProcess } from '../kill/collector-process.ts';
import type { EngineServer } from '../kill/engine-server.ts';

export interface AwayEngine {
  leave(): Promise<void>;
  comeBack(): Promise<void>;
}

export function awayServer(server: EngineServer): AwayEngine {
  return {
    leave: () => server.kill(),
    comeBack: async () => server.start(),
  };
}

const LOCK_TRIES_MAX = 100;

export function awayEmbedded(collector: CollectorProcess, dataDir: string): AwayEngine {
  let unlock: (() => void) | undefined;
  return {
    async leave() {
      // The supervisor starts another at once: whoever takes the lock first has it, so it is tried until it is ours.
      for (let tries = 0; unlock === undefined; tries++) {
        collector.killEngine();
        unlock = await lockDirectory(join(dataDir, 'engine'), 0, null).catch((error: unknown) => {
          if (!(error instanceof DirectoryLockedError) || tries === LOCK_TRIES_MAX) {
            throw error;
          }
          return undefined;
        });
        await sleep(10);
      }
    },
    async comeBack() {
      unlock?.();
      unlock = undefined;
    },
  };
}
