/**
 * What the engine process is told when it starts: one JSON object as its only argument.
 * Invariant: nothing secret is in it, because a process list shows it.
 */

/** Where the engine listens: a Unix socket in its data directory, or a TCP address (port 0: any). */
export type ListenOn = { readonly kind: 'unix' } | ({ readonly kind: 'tcp' } & TcpAddress);

/** A TCP address; port 0 asks for any free one. */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** Limits and places of one engine process. Bytes, milliseconds and seconds as the names say. */
export interface EngineOptions {
  /** Absolute path; holds `data/`, `spool/`, the lock and the socket. */
  readonly dataDir: string;
  readonly listen: ListenOn;
  /** Queries that read at the same time. */
  readonly readers: number;
  /** Requests that wait for a place in one lane before new ones get 503. */
  readonly waitingMax: number;
  readonly threadsPerQuery: number;
  readonly queryMemoryBytesMax: number;
  readonly serverMemoryBytesMax: number;
  /** Default `max_execution_time` of a read; a request may set its own. */
  readonly readSecondsMax: number;
  /** Default `max_execution_time` of inserts and of changes to tables; 0 is none. */
  readonly writeSecondsMax: number;
  /** A reader that takes nothing for this long loses its connection. */
  readonly stalledClientMsMax: number;
  /** A statement that goes on for so long after KILL means that the engine hangs: its process ends. */
  readonly stuckMsMax: number;
  /** BACKUP to and RESTORE from `Disk('default', …)`, which is the data directory: for tests of what servers do. */
  readonly isBackupAllowed: boolean;
  /** How long a start waits for an owner of the directory whose parent is gone. */
  readonly lockWaitMs: number;
  /** A file of ClickHouse's own configuration, for what servers are told there; '': none. */
  readonly configFile: string;
  /** The process whose end ends this one; absent when it is started by hand. */
  readonly parentPid?: number;
}

/** Defaults for a machine of two cores and a few gigabytes. */
export const ENGINE_DEFAULTS = {
  listen: { kind: 'unix' },
  readers: 4,
  waitingMax: 64,
  threadsPerQuery: 2,
  queryMemoryBytesMax: 2_000_000_000,
  serverMemoryBytesMax: 3_000_000_000,
  readSecondsMax: 60,
  writeSecondsMax: 600,
  stalledClientMsMax: 60_000,
  stuckMsMax: 60_000,
  isBackupAllowed: false,
  lockWaitMs: 10_000,
  configFile: '',
} as const satisfies Omit<EngineOptions, 'dataDir' | 'parentPid'>;

/**
 * The size of libuv's thread pool for the engine: every running statement holds one thread, and
 * files and zlib need some beside them.
 */
export function engineThreadPoolSize(readers: number): number {
  return readers + 8;
}

/** Reads the JSON argument. Throws an Error that names the option, its value and what was expected. */
export function parseEngineOptions(text: string | undefined): EngineOptions {
  if (text === undefined) {
    throw new Error('expected one argument: the options as a JSON object with at least "dataDir"');
  }
  const given: unknown = JSON.parse(text);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new Error(`expected the options as a JSON object, got ${text}`);
  }
  const options: EngineOptions = { ...ENGINE_DEFAULTS, dataDir: '', ...given };
  if (typeof options.dataDir !== 'string' || !options.dataDir.startsWith('/')) {
    throw new Error(`dataDir: expected an absolute path, got ${JSON.stringify(options.dataDir)}`);
  }
  for (const [name, fallback] of Object.entries(ENGINE_DEFAULTS)) {
    const value: unknown = Reflect.get(options, name);
    if (typeof fallback === 'number' && !(Number.isSafeInteger(value) && Number(value) >= 0)) {
      throw new Error(`${name}: expected a whole number, got ${JSON.stringify(value)}`);
    }
  }
  return options;
}
