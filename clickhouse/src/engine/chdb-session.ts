/**
 * The only door to chdb: loading it, opening the data directory, and sessions for one request.
 * Invariant: a session serves one request and is closed after it, so that settings, parameters,
 * the current database and temporary tables of one request can never reach another. Opening one
 * costs 0.2 ms (measured on chdb 3.4.0), because all share the one engine of the process.
 */
import { createRequire } from 'node:module';
import type * as Chdb from 'chdb';
import type { EngineOptions } from './engine-options.ts';

/** One connection to the engine. */
export type ChdbSession = Chdb.Session;

/** An open data directory. */
export interface OpenDirectory {
  readonly version: string;
  connect(): ChdbSession;
  /** Closes the last connection, which shuts the engine down. */
  close(): Promise<void>;
}

/** Thrown when npm installed no chdb build for this platform. */
export class NoChdbBuildError extends Error {
  constructor(options?: ErrorOptions) {
    super(
      `There is no embedded engine (chdb) for ${process.platform}-${process.arch} here: it exists for ` +
        'Linux (glibc) and macOS on x64 and arm64. Reinstall without --omit=optional, or name a ' +
        'ClickHouse server with --clickhouse-url.',
      options,
    );
    this.name = 'NoChdbBuildError';
  }
}

/** Loads the native library (566 MB mapped; 40 ms warm). Throws NoChdbBuildError. */
export function loadChdb(
  load: (name: string) => unknown = createRequire(import.meta.url),
): typeof Chdb {
  try {
    return load('chdb') as typeof Chdb;
  } catch (cause) {
    throw new NoChdbBuildError({ cause });
  }
}

/** Arguments of the engine: limits for a small machine, UTC, and the server's own SQL dialect. */
function connectionArgs(options: EngineOptions): string[] {
  const settings = {
    max_server_memory_usage: options.serverMemoryBytesMax,
    max_memory_usage: options.queryMemoryBytesMax,
    max_threads: options.threadsPerQuery,
    mark_cache_size: 128_000_000,
    background_pool_size: 1,
    background_merges_mutations_concurrency_ratio: 2,
    tmp_path: `${options.dataDir}/spool/`,
    session_timezone: 'UTC',
    // chdb reads "1 + 1" as a query; the server does not.
    implicit_select: 0,
    ...(options.isBackupAllowed ? { 'backups.allowed_disk': 'default' } : {}),
  };
  const { configFile } = options;
  const file = configFile === '' ? [] : [`--config-file=${configFile}`];
  return [...file, ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`)];
}

/** Opens `<dataDir>/data`. Throws what chdb throws when the directory cannot be opened. */
export function openDirectory(chdb: typeof Chdb, options: EngineOptions): OpenDirectory {
  const path = `${options.dataDir}/data`;
  // This first session stays open: closing the last one would shut the engine down.
  const keeper = new chdb.Session(path, { connectionArgs: connectionArgs(options) });
  return {
    version: keeper.query('SELECT version()', 'TSV').trim(),
    connect: () => new chdb.Session(path),
    async close() {
      await chdb.drainPending();
      keeper.close();
    },
  };
}
