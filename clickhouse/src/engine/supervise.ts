/**
 * Keeps an engine process running: starts it, waits until it is ready, starts it again after a
 * crash or a hang, and ends it with a deadline.
 * Invariant: at most one child at a time, and none after stop().
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { getCompileCacheDir } from 'node:module';
import { totalmem } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENGINE_DEFAULTS, type EngineOptions, engineThreadPoolSize } from './engine-options.ts';
import { describeEngineExit, ENGINE_EXIT } from './exit-codes.ts';
import type { EngineFailed, EngineReady } from './main.ts';
import { type EngineAddress, pingEngine } from './ping.ts';

/** What the supervisor writes about; a pino logger fits. */
export interface EngineLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** How the engine is. `restarts` counts the starts after the first. */
export interface EngineState {
  readonly up: boolean;
  readonly pid: number | null;
  readonly version: string | null;
  readonly restarts: number;
  readonly lastError: string | null;
}

/** What is to be started; limits default to ENGINE_DEFAULTS. */
export interface StartEngineOptions extends Partial<Omit<EngineOptions, 'dataDir' | 'parentPid'>> {
  /** Absolute path of the engine's own directory. */
  readonly dataDir: string;
  readonly log: EngineLog;
  /** Called with the new state after each change: up, down, given up. */
  readonly onChange?: (state: EngineState) => void;
  /** How often the engine is asked for a sign of life, and how long it may take. */
  readonly pingEveryMs?: number;
  readonly pingTimeoutMs?: number;
  /** From a start to ready; then the child is killed and started again. */
  readonly readyMsMax?: number;
  /** First wait before a restart; it doubles up to `backoffMsMax`. */
  readonly backoffMsMin?: number;
  readonly backoffMsMax?: number;
  /** A number in [0, 1) that spreads restarts; given in tests. */
  readonly random?: () => number;
}

/** A supervised engine. */
export interface SupervisedEngine {
  /** Where to connect; stays the same over restarts. */
  readonly address: EngineAddress;
  state(): EngineState;
  /** SIGTERM, and SIGKILL after `deadlineMs`. Resolves when the process is gone. */
  stop(deadlineMs?: number): Promise<void>;
}

/** Thrown when the first start fails; `exitCode` as in ENGINE_EXIT, null when killed. */
export class EngineStartError extends Error {
  readonly exitCode: number | null;

  constructor(message: string, exitCode: number | null) {
    super(message);
    this.name = 'EngineStartError';
    this.exitCode = exitCode;
  }
}

const MISSED_PINGS_MAX = 3;
const STEADY_AFTER_MS = 10_000;
/** The longest wait after a crash of an engine that had been ready: it is likely to be again. */
const BACKOFF_AFTER_READY_MS_MAX = 2_000;
const STDERR_CHARACTERS_KEPT = 4_000;
/** Ends for which another start would end the same way. */
const HOPELESS: readonly number[] = [ENGINE_EXIT.badOptions, ENGINE_EXIT.noBuild];

/** Starts the engine and waits until it is ready. Throws EngineStartError. */
export async function startEngine(options: StartEngineOptions): Promise<SupervisedEngine> {
  const engine = new Supervisor(options);
  await engine.firstStart();
  return engine;
}

class Supervisor implements SupervisedEngine {
  address: EngineAddress = { socketPath: '' };
  readonly #options: StartEngineOptions;
  #child: ChildProcess | null = null;
  #state: EngineState = { up: false, pid: null, version: null, restarts: 0, lastError: null };
  #stopping = false;
  #failures = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #pingTimer: NodeJS.Timeout | undefined;
  #port: number | null = null;

  constructor(options: StartEngineOptions) {
    this.#options = options;
  }

  state(): EngineState {
    return this.#state;
  }

  async firstStart(): Promise<void> {
    const ready = await this.#start();
    if (!ready) {
      this.#stopping = true;
      const code = this.#child?.exitCode ?? null;
      throw new EngineStartError(this.#state.lastError ?? 'The engine did not start.', code);
    }
  }

  async stop(deadlineMs = 15_000): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    clearTimeout(this.#pingTimer);
    const child = this.#child;
    if (child === null || (hasEnded(child) && !this.#state.up)) {
      return;
    }
    // Not 'exit': the state is set when its streams are closed too, and whoever waits here looks at it next.
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
    await ended;
    clearTimeout(killer);
  }

  /** Starts one child; true when it became ready. Its later end is handled here too. */
  #start(): Promise<boolean> {
    const child = this.#spawn();
    this.#child = child;
    const outcome = Promise.withResolvers<boolean>();
    const startedAt = performance.now();
    const tooLate = setTimeout(() => child.kill('SIGKILL'), this.#options.readyMsMax ?? 60_000);
    let failure: string | null = null;
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_CHARACTERS_KEPT);
    });
    child.on('message', (message: EngineReady | EngineFailed) => {
      if (message.type === 'failed') {
        failure = message.message;
      } else {
        clearTimeout(tooLate);
        this.#onReady(message, performance.now() - startedAt);
        outcome.resolve(true);
      }
    });
    child.once('error', (error) => {
      failure = error.message;
    });
    child.once('close', (code, signal) => {
      clearTimeout(tooLate);
      this.#onEnd(code, failure ?? endText(code, signal, stderr));
      outcome.resolve(false);
    });
    return outcome.promise;
  }

  #spawn(): ChildProcess {
    const { log, onChange, random, ...given } = this.#options;
    const engineOptions: EngineOptions = {
      ...ENGINE_DEFAULTS,
      // Half of a small machine is for the collector, its journal and the page cache.
      serverMemoryBytesMax: Math.min(
        ENGINE_DEFAULTS.serverMemoryBytesMax,
        Math.floor(totalmem() / 2),
      ),
      ...pickEngineOptions(given),
      ...(this.#port === null || given.listen?.kind !== 'tcp'
        ? {}
        : { listen: { ...given.listen, port: this.#port } }),
      dataDir: given.dataDir,
      parentPid: process.pid,
    };
    const main = fileURLToPath(new URL('./main.ts', import.meta.url));
    return spawn(process.execPath, [main, JSON.stringify(engineOptions)], {
      stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
      // A bare environment: no secret of the collector reaches the engine, and times are UTC.
      env: {
        PATH: '/usr/bin:/bin',
        TZ: 'UTC',
        UV_THREADPOOL_SIZE: String(engineThreadPoolSize(engineOptions.readers)),
        ...compileCacheVariable(),
      },
    });
  }

  #onReady(ready: EngineReady, tookMs: number): void {
    if (ready.socketPath !== null) {
      this.address = { socketPath: ready.socketPath };
    } else if (ready.port !== null && this.#options.listen?.kind === 'tcp') {
      this.#port = ready.port;
      this.address = { host: this.#options.listen.host, port: ready.port };
    }
    this.#set({ up: true, pid: ready.pid, version: ready.version });
    const fields = { pid: ready.pid, version: ready.version, took_ms: Math.round(tookMs) };
    this.#options.log.info(fields, 'engine ready');
    this.#watch(this.#child, 0, performance.now());
  }

  /** Asks for a sign of life again and again; after three misses the child is killed. */
  #watch(child: ChildProcess | null, missed: number, upSince: number): void {
    this.#pingTimer = setTimeout(() => {
      pingEngine(this.address, this.#options.pingTimeoutMs ?? 5_000).then((alive) => {
        if (this.#child !== child || this.#stopping || child === null) {
          return;
        }
        if (performance.now() - upSince > STEADY_AFTER_MS) {
          this.#failures = 0;
        }
        if (!alive && missed + 1 >= MISSED_PINGS_MAX) {
          this.#options.log.error({ pid: child.pid }, 'engine does not answer: killing it');
          child.kill('SIGKILL');
        } else {
          this.#watch(child, alive ? 0 : missed + 1, upSince);
        }
      }, this.#neverFails);
    }, this.#options.pingEveryMs ?? 2_000);
  }

  readonly #neverFails = (thrown: unknown): void => {
    this.#options.log.error({ err: thrown }, 'the watch over the engine failed');
  };

  #onEnd(code: number | null, reason: string): void {
    clearTimeout(this.#pingTimer);
    const wasUp = this.#state.up;
    this.#set({ up: false, pid: null, lastError: this.#stopping ? null : reason });
    const isFirstStart = !wasUp && this.#state.version === null;
    if (this.#stopping || isFirstStart) {
      return;
    }
    if (code !== null && HOPELESS.includes(code)) {
      this.#options.log.error({ code, reason }, 'engine ended and will not be started again');
      return;
    }
    const delayMs = this.#backoffMs(wasUp);
    this.#options.log.warn({ code, reason, restart_in_ms: delayMs }, 'engine ended: restarting');
    this.#restartTimer = setTimeout(() => {
      this.#set({ restarts: this.#state.restarts + 1 });
      this.#start().catch(this.#neverFails);
    }, delayMs);
  }

  /** Doubles with each failure in a row; the half of it is random, so that no two move in step. */
  #backoffMs(wasUp: boolean): number {
    const { backoffMsMin = 50, backoffMsMax = 30_000, random = Math.random } = this.#options;
    const longest = wasUp ? Math.min(backoffMsMax, BACKOFF_AFTER_READY_MS_MAX) : backoffMsMax;
    const full = Math.min(longest, backoffMsMin * 2 ** this.#failures);
    this.#failures += 1;
    return Math.round(full / 2 + (random() * full) / 2);
  }

  #set(change: Partial<EngineState>): void {
    this.#state = { ...this.#state, ...change };
    this.#options.onChange?.(this.#state);
  }
}

/** Where this process keeps compiled code, if it does: with it an engine starts in two thirds of its CPU time. */
function compileCacheVariable(): { readonly NODE_COMPILE_CACHE?: string } {
  // Its last folder is named by Node itself, after its version.
  const directory = getCompileCacheDir();
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: dirname(directory) };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function endText(code: number | null, signal: string | null, stderr: string): string {
  const meaning = code === null ? null : describeEngineExit(code);
  const how = code === null ? `was ended by ${signal}` : `ended with code ${code}`;
  const why = meaning === null ? '' : `: ${meaning}`;
  return `The engine ${how}${why}.${stderr === '' ? '' : ` It last wrote: ${stderr.trim()}`}`;
}

/** Only what the child knows: everything else is the supervisor's own. */
function pickEngineOptions(given: Partial<EngineOptions>): Partial<EngineOptions> {
  const known = Object.keys(ENGINE_DEFAULTS);
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => known.includes(name) && value !== undefined),
  );
}
