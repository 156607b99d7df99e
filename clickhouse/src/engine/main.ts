/**
 * The engine process: `node engine/main.ts '<options as JSON>'`. It owns a data directory, serves
 * ClickHouse's HTTP protocol, and ends with the process that started it.
 * Invariant: it says it is ready only when a statement has run, and its exit code says why it ends.
 */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadChdb, NoChdbBuildError, openDirectory } from './chdb-session.ts';
import { DirectoryLockedError, lockDirectory } from './directory-lock.ts';
import { createEngine, type Engine } from './engine.ts';
import { type EngineOptions, parseEngineOptions } from './engine-options.ts';
import { ENGINE_EXIT } from './exit-codes.ts';
import { lowerPriority } from './low-priority.ts';
import { makePipes } from './result-stream.ts';
import type { Run } from './runs.ts';
import { createEngineServer } from './serve.ts';
import { socketPathFor } from './socket-path.ts';

/** Sent to the parent once statements can be run. */
export interface EngineReady {
  readonly type: 'ready';
  readonly pid: number;
  readonly version: string;
  readonly socketPath: string | null;
  readonly port: number | null;
}

/** Sent to the parent before an end that a person should hear about. */
export interface EngineFailed {
  readonly type: 'failed';
  readonly message: string;
}

const PARENT_CHECK_MS = 1_000;
const DRAIN_MS_MAX = 10_000;
/** With its parent gone nobody waits for an answer; a statement cut off is what repair is for. */
const ORPHAN_DRAIN_MS_MAX = 500;
const STUCK_END_MS = 100;

function tellParent(message: EngineReady | EngineFailed): void {
  if (process.send === undefined) {
    process.stdout.write(`${JSON.stringify(message)}\n`);
  } else if (process.connected) {
    process.send(message);
  }
}

/** Says what failed and ends. */
function fail(code: number, thrown: unknown): never {
  tellParent({
    type: 'failed',
    message: thrown instanceof Error ? thrown.message : String(thrown),
  });
  process.stderr.write(`${thrown instanceof Error ? (thrown.stack ?? thrown.message) : thrown}\n`);
  process.exit(code);
}

async function listen(server: Server, options: EngineOptions) {
  const socketPath =
    options.listen.kind === 'unix' ? socketPathFor(options.dataDir, tmpdir()) : null;
  const opened = Promise.withResolvers<void>();
  server.once('error', opened.reject);
  if (options.listen.kind === 'unix' && socketPath !== null) {
    // The directory's lock is held, so a socket that is there belongs to nobody.
    rmSync(socketPath, { force: true });
    server.listen(socketPath, opened.resolve);
  } else if (options.listen.kind === 'tcp') {
    server.listen(options.listen.port, options.listen.host, opened.resolve);
  }
  await opened.promise;
  if (socketPath !== null) {
    chmodSync(socketPath, 0o600);
    return { socketPath, port: null };
  }
  return { socketPath, port: (server.address() as AddressInfo).port };
}

/** Lets what runs end for a while, then closes the engine, which writes what it holds. */
async function drain(server: Server, engine: Engine, deadlineMs: number): Promise<void> {
  server.close();
  server.closeIdleConnections();
  for (const run of engine.runs.all()) {
    if (run.kind === 'read') {
      run.cancel();
    }
  }
  for (let waitedMs = 0; engine.runs.count > 0 && waitedMs < deadlineMs; waitedMs += 20) {
    await sleep(20);
  }
  if (engine.runs.count === 0) {
    await engine.close();
  }
}

/** Ends this process when the one that started it ends, by whatever sign comes first. */
function watchParent(parentPid: number, onGone: () => void): void {
  process.once('disconnect', onGone);
  process.stdin.once('end', onGone).once('error', onGone).resume();
  setInterval(() => process.ppid !== parentPid && onGone(), PARENT_CHECK_MS).unref();
}

async function lock(options: EngineOptions): Promise<() => void> {
  try {
    mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
    return await lockDirectory(options.dataDir, options.lockWaitMs, options.parentPid ?? null);
  } catch (thrown) {
    const isLocked = thrown instanceof DirectoryLockedError;
    return fail(isLocked ? ENGINE_EXIT.locked : ENGINE_EXIT.openFailed, thrown);
  }
}

/**
 * A thread of this process hangs, and its lane with it. Whoever started us starts another; what was written half is
 * what repair is for. The lock stays until the process is gone.
 */
function endStuck({ kind, queryId }: Run): void {
  const message = `The engine hangs: the ${kind} ${queryId} goes on although it was killed.`;
  tellParent({ type: 'failed', message });
  process.stderr.write(`${message}\n`);
  // After a moment, so that the message leaves.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), STUCK_END_MS);
}

async function open(options: EngineOptions) {
  const unlock = await lock(options);
  rmSync(`${options.dataDir}/spool`, { recursive: true, force: true });
  mkdirSync(`${options.dataDir}/spool`, { recursive: true, mode: 0o700 });
  const pipes = makePipes(`${options.dataDir}/spool`, options.readers);
  try {
    const engine = createEngine(openDirectory(loadChdb(), options), options, endStuck);
    return { unlock, engine, pipes: await pipes };
  } catch (thrown) {
    unlock();
    return fail(
      thrown instanceof NoChdbBuildError ? ENGINE_EXIT.noBuild : ENGINE_EXIT.openFailed,
      thrown,
    );
  }
}

function readOptions(): EngineOptions {
  try {
    return parseEngineOptions(process.argv[2]);
  } catch (thrown) {
    return fail(ENGINE_EXIT.badOptions, thrown);
  }
}

async function main(): Promise<void> {
  const options = readOptions();
  lowerPriority();
  const { unlock, engine, pipes } = await open(options);
  const server = createEngineServer({ engine, options, pipes });
  const place = await listen(server, options).catch((thrown: unknown) => {
    unlock();
    return fail(ENGINE_EXIT.listenFailed, thrown);
  });
  writeFileSync(`${options.dataDir}/engine.address`, `${JSON.stringify(place)}\n`, { mode: 0o600 });

  let ending = false;
  const end = (code: number, deadlineMs: number) => {
    if (!ending) {
      ending = true;
      drain(server, engine, deadlineMs).then(
        () => {
          if (engine.runs.count > 0) {
            // A normal exit would wait for the statement, perhaps for ever. The lock stays: it must
            // not be free while a thread of this process still writes.
            process.kill(process.pid, 'SIGKILL');
          }
          if (place.socketPath !== null) {
            rmSync(place.socketPath, { force: true });
          }
          unlock();
          process.exit(code);
        },
        (thrown: unknown) => fail(ENGINE_EXIT.openFailed, thrown),
      );
    }
  };
  process.on('SIGTERM', () => end(ENGINE_EXIT.clean, DRAIN_MS_MAX));
  process.on('SIGINT', () => end(ENGINE_EXIT.clean, DRAIN_MS_MAX));
  if (options.parentPid !== undefined) {
    watchParent(options.parentPid, () => end(ENGINE_EXIT.parentGone, ORPHAN_DRAIN_MS_MAX));
  }
  tellParent({ type: 'ready', pid: process.pid, version: engine.version, ...place });
}

await main();
