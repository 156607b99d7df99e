/**
 * The engine: an open data directory with lanes before it. One statement at a time inserts, one
 * changes tables, a few read, so that readers never hold up the writer.
 * Invariant: a statement runs on a session of its own that is closed before its lane is free.
 */
import type { ChdbResult } from 'chdb';
import { quoteName, quoteString } from '../sql-text.ts';
import type { ChdbSession, OpenDirectory } from './chdb-session.ts';
import { CODE, engineError, toEngineError } from './engine-error.ts';
import type { EngineOptions } from './engine-options.ts';
import { createLane, type Lane } from './lane.ts';
import { createRuns, type Run, type Runs } from './runs.ts';
import type { StatementKind } from './statement.ts';

/** What goes with a statement; settings and parameters hold for it alone. */
export interface StatementContext {
  readonly kind: StatementKind;
  readonly database: string | null;
  readonly settings: ReadonlyMap<string, string>;
  /** Values as the HTTP interface takes them: in ClickHouse's escaped text form. */
  readonly params: ReadonlyMap<string, string>;
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

const SETTING_NAME = /^[A-Za-z_][A-Za-z0-9_.]*$/;
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

  async function withPlace<T>(
    run: Run,
    context: StatementContext,
    work: (place: Place) => Promise<T>,
  ): Promise<T> {
    const lane = lanes[context.kind];
    const number = await lane.enter(run.signal);
    const settings = withDefaults(context, options);
    const watch = watchTime(run, settings);
    const session = directory.connect();
    try {
      await prepareSession(session, context, settings);
      if (run.signal.aborted) {
        throw engineError(CODE.queryCancelled, 'Query was cancelled before it started.');
      }
      return await work({ session, number, run });
    } catch (thrown) {
      throw toEngineError(thrown);
    } finally {
      clearTimeout(watch);
      session.close();
      lane.leave(number);
    }
  }

  return { version: directory.version, runs, lanes, withPlace, close: () => directory.close() };
}

/** Runs one statement whose whole answer fits in memory. */
export function runWhole(place: Place, sql: string, format: string): Promise<ChdbResult> {
  return place.session.queryAsync(place.run.marker + sql, { format });
}

function withDefaults(context: StatementContext, options: EngineOptions): Map<string, string> {
  const seconds = context.kind === 'read' ? options.readSecondsMax : options.writeSecondsMax;
  return new Map([['max_execution_time', String(seconds)], ...context.settings]);
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

/** Well below what a statement may take by default, 256 KiB, in characters of 4 bytes at most. */
const LONG_ASSIGNMENT_CHARS = 60_000;

async function prepareSession(
  session: ChdbSession,
  context: StatementContext,
  settings: ReadonlyMap<string, string>,
): Promise<void> {
  const assignments: string[] = [];
  for (const [name, value] of settings) {
    if (!SETTING_NAME.test(name)) {
      throw engineError(CODE.badArguments, `"${name}" is not the name of a setting.`);
    }
    // readonly forbids further settings, so it is set last, on its own.
    if (name !== 'readonly') {
      assignments.push(`${name} = ${quoteString(value)}`);
    }
  }
  for (const [name, value] of context.params) {
    if (!SETTING_NAME.test(name)) {
      throw engineError(CODE.badArguments, `"${name}" is not the name of a parameter.`);
    }
    assignments.push(`param_${name} = ${quoteString(value)}`);
  }
  const assign = `SET ${assignments.join(', ')}`;
  if (assign.length > LONG_ASSIGNMENT_CHARS) {
    // A server takes parameters of any length; here they stand in a statement, which has a limit of its own.
    await session.queryAsync(`SET max_query_size = ${Buffer.byteLength(assign) * 2}`);
  }
  const statements = [assign];
  if (context.database !== null) {
    statements.push(`USE ${quoteName(context.database)}`);
  }
  const readonly = settings.get('readonly');
  if (readonly !== undefined) {
    statements.push(`SET readonly = ${quoteString(readonly)}`);
  }
  await session.queryAsync(statements.join('; '));
}
