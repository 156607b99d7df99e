/**
 * The engine: an open data directory with lanes before it. One statement at a time inserts, one
 * changes tables, a few read, so that readers never hold up the writer.
 * Invariant: a statement runs on a session of its own that is closed before its lane is free, unless its client named
 * one that lasts.
 */
import type { ChdbResult } from 'chdb';
import type { ChdbSession, OpenDirectory } from './chdb-session.ts';
import { CODE, engineError, toEngineError } from './engine-error.ts';
import type { EngineOptions } from './engine-options.ts';
import {
  createHttpSessions,
  type EnteredSession,
  type HttpSessions,
  type SessionAsked,
} from './http-sessions.ts';
import { createLane, type Lane } from './lane.ts';
import { prepareLasting, prepareSession } from './prepare-session.ts';
import { createRuns, type Run, type Runs } from './runs.ts';
import type { StatementKind } from './statement.ts';

/** What goes with a statement; settings and parameters hold for it alone. */
export interface StatementContext {
  readonly kind: StatementKind;
  readonly database: string | null;
  readonly settings: ReadonlyMap<string, string>;
  /** Values as the HTTP interface takes them: in ClickHouse's escaped text form. */
  readonly params: ReadonlyMap<string, string>;
  /** The session over several requests it belongs to, if any. */
  readonly session: SessionAsked | null;
}

/** A place to run a statement: its session, its place in the lane, its run. */
export interface Place {
  readonly session: ChdbSession;
  readonly number: number;
  readonly run: Run;
}

/** What the HTTP side sees. */
export interface Engine {
  readonly version: string;
  readonly runs: Runs;
  readonly lanes: Readonly<Record<StatementKind, Lane>>;
  /** Runs `work` with a fresh session; throws EngineError. */
  withPlace<T>(run: Run, context: StatementContext, work: (place: Place) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const WATCH_GRACE_MS = 5_000;

/** Opens lanes over a data directory. `onStuck` is told of a statement that goes on although it was killed. */
export function createEngine(
  directory: OpenDirectory,
  options: EngineOptions,
  onStuck: (run: Run) => void,
): Engine {
  const runs = createRuns(directory.connect, { msMax: options.stuckMsMax, onStuck });
  const lanes = {
    read: createLane('read', options.readers, options.waitingMax),
    insert: createLane('insert', 1, options.waitingMax),
    change: createLane('change', 1, options.waitingMax),
    control: createLane('control', 2, options.waitingMax),
  };

  const sessions = createHttpSessions(directory.connect);

  async function withPlace<T>(
    run: Run,
    context: StatementContext,
    work: (place: Place) => Promise<T>,
  ): Promise<T> {
    const lane = lanes[context.kind];
    const number = await lane.enter(run.signal);
    const settings = new Map([...defaultsOf(context.kind, options), ...context.settings]);
    const watch = watchTime(run, settings);
    let entered: EnteredSession | undefined;
    let restore = '';
    try {
      entered = await enterSession(directory, sessions, context.session);
      const { session } = entered;
      if (context.session === null) {
        await prepareSession(session, context, settings);
      } else {
        restore = await prepareLasting(entered, context, defaultsOf(context.kind, options));
      }
      if (run.signal.aborted) {
        throw engineError(CODE.queryCancelled, 'Query was cancelled before it started.');
      }
      return await work({ session, number, run });
    } catch (thrown) {
      throw toEngineError(thrown);
    } finally {
      clearTimeout(watch);
      if (entered !== undefined) leaveSession(entered, restore);
      lane.leave(number);
    }
  }

  const close = () => {
    sessions.closeAll();
    return directory.close();
  };
  return { version: directory.version, runs, lanes, withPlace, close };
}

async function enterSession(
  directory: OpenDirectory,
  sessions: HttpSessions,
  asked: SessionAsked | null,
): Promise<EnteredSession> {
  if (asked !== null) return await sessions.enter(asked);
  const session = directory.connect();
  return { session, isNew: true, leave: () => session.close() };
}

/** A statement that was killed may have taken its session with it: the next request says so. */
function leaveSession({ session, leave }: EnteredSession, restore: string): void {
  const isLeft = restore === '' ? Promise.resolve() : session.queryAsync(restore);
  leave(isLeft.catch(() => undefined));
}

/** Runs one statement whose whole answer fits in memory. */
export function runWhole(place: Place, sql: string, format: string): Promise<ChdbResult> {
  return place.session.queryAsync(place.run.marker + sql, { format });
}

function defaultsOf(kind: StatementKind, options: EngineOptions): Map<string, string> {
  const seconds = kind === 'read' ? options.readSecondsMax : options.writeSecondsMax;
  return new Map([['max_execution_time', String(seconds)]]);
}

/** The engine looks at its clock between blocks only, so a timer stops what it does not notice. */
function watchTime(run: Run, settings: ReadonlyMap<string, string>): NodeJS.Timeout | undefined {
  const seconds = Number(settings.get('max_execution_time'));
  const delayMs = seconds * 1_000 + WATCH_GRACE_MS;
  if (!(seconds > 0) || delayMs > 2 ** 31 - 1) {
    return undefined;
  }
  return setTimeout(() => run.cancel(), delayMs).unref();
}
