/**
 * The statements that run now, by query id, and how to stop one.
 * Invariant: an id is here from before its statement waits for a place until the engine is
 * done with it, so "not here" means that it changes nothing any more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChdbSession } from './chdb-session.ts';
import { CODE, engineError } from './engine-error.ts';
import type { StatementKind } from './statement.ts';

/** One statement on its way through the engine. */
export interface Run {
  readonly queryId: string;
  readonly kind: StatementKind;
  /** A comment put before the statement, by which `system.processes` shows it. */
  readonly marker: string;
  readonly signal: AbortSignal;
  /** Stops the statement, whether it waits or runs. */
  cancel(): void;
}

/** All runs of an engine. */
export interface Runs {
  /** Throws 216 when the id already runs. */
  begin(queryId: string, kind: StatementKind): Run;
  end(run: Run): void;
  find(queryId: string): Run | undefined;
  all(): Run[];
  readonly count: number;
}

/** What a statement that KILL does not end is to be told to. */
export interface StuckWatch {
  /** How long a statement may go on after KILL. */
  readonly msMax: number;
  readonly onStuck: (run: Run) => void;
}

const KILL_AGAIN_AFTER_MS = 100;

/** `control` gives the session on which KILL QUERY is sent; it is used for nothing else. */
export function createRuns(control: () => ChdbSession, stuck: StuckWatch): Runs {
  const byId = new Map<string, Run>();
  const watches = new Map<Run, NodeJS.Timeout>();
  const isHere = (run: Run) => byId.get(run.queryId) === run;
  let sequence = 0;

  return {
    begin(queryId, kind) {
      if (byId.has(queryId)) {
        throw engineError(
          CODE.sameIdRunning,
          `Query with id = ${queryId} is already running. Wait for it or use another id.`,
        );
      }
      sequence += 1;
      const number = sequence;
      const controller = new AbortController();
      const run: Run = {
        queryId,
        kind,
        marker: `/*run ${number}*/ `,
        signal: controller.signal,
        cancel: () => {
          if (!controller.signal.aborted) {
            controller.abort();
            // A timer, and not the loop that kills: an engine that hangs may not answer a KILL either.
            const tell = () => isHere(run) && stuck.onStuck(run);
            watches.set(run, setTimeout(tell, stuck.msMax).unref());
            // A kill that cannot be sent means an engine that answers nothing: the watch restarts it.
            kill(control, number, () => isHere(run)).catch(() => undefined);
          }
        },
      };
      byId.set(queryId, run);
      return run;
    },
    end: (run) => {
      byId.delete(run.queryId);
      clearTimeout(watches.get(run));
      watches.delete(run);
    },
    find: (queryId) => byId.get(queryId),
    all: () => [...byId.values()],
    get count() {
      return byId.size;
    },
  };
}

/** A kill that comes before the engine knows the statement finds nothing: so it is repeated. */
async function kill(
  control: () => ChdbSession,
  number: number,
  isStillHere: () => boolean,
): Promise<void> {
  const session = control();
  try {
    while (isStillHere()) {
      // ASYNC because SYNC never returns in chdb; concat() so that the kill is not its own match.
      await session.queryAsync(
        `KILL QUERY WHERE startsWith(query, concat('/*run', ' ${number}*/')) ASYNC FORMAT Null`,
      );
      await sleep(KILL_AGAIN_AFTER_MS);
    }
  } finally {
    session.close();
  }
}
