/**
 * Sessions over several requests (`session_id`): settings, temporary tables and the current database that SET, CREATE
 * TEMPORARY TABLE and USE leave behind. Invariant: one request at a time is in a session.
 */
import type { ChdbSession } from './chdb-session.ts';
import { CODE, engineError } from './engine-error.ts';

/** What a request says of its session. */
export interface SessionAsked {
  readonly id: string;
  /** How long the session stays without a request. */
  readonly timeoutMs: number;
  /** `session_check=1`: an error where the session is not there. */
  readonly mustExist: boolean;
  /** `close_session=1`: it ends with this request. */
  readonly closes: boolean;
}

/** A session for one request. */
export interface EnteredSession {
  readonly session: ChdbSession;
  /** Made by this request: defaults are to be set. */
  readonly isNew: boolean;
  /** Gives it back, or closes it, once `restored` settles. */
  leave(restored: Promise<unknown>): void;
}

export interface HttpSessions {
  /** Throws 372 and 373. A request that comes while the one before it is being tidied away waits for that. */
  enter(asked: SessionAsked): Promise<EnteredSession>;
  closeAll(): void;
}

interface Held {
  readonly session: ChdbSession;
  isBusy: boolean;
  /** Set while the last request has its answer already and is being tidied away. */
  leaving: Promise<void> | undefined;
  expiry: NodeJS.Timeout | undefined;
}

/** Each holds memory of the engine; beyond this the one that was idle longest ends. */
const SESSIONS_MAX = 100;

/** @param connect opens a session of the engine */
export function createHttpSessions(connect: () => ChdbSession): HttpSessions {
  const byId = new Map<string, Held>();

  function close(id: string, held: Held): void {
    clearTimeout(held.expiry);
    byId.delete(id);
    held.session.close();
  }

  function make(id: string): Held {
    const idle = [...byId].find(([, held]) => !held.isBusy);
    if (byId.size >= SESSIONS_MAX && idle !== undefined) close(...idle);
    const held: Held = { session: connect(), isBusy: false, leaving: undefined, expiry: undefined };
    byId.set(id, held);
    return held;
  }

  function giveBack(id: string, held: Held, timeoutMs: number): void {
    held.isBusy = false;
    held.leaving = undefined;
    if (timeoutMs === 0 || byId.get(id) !== held) {
      close(id, held);
      return;
    }
    // Last used comes last: the first idle one is the one that was idle longest.
    byId.delete(id);
    byId.set(id, held);
    held.expiry = setTimeout(() => close(id, held), timeoutMs).unref();
  }

  return {
    async enter({ id, timeoutMs, mustExist, closes }) {
      await byId.get(id)?.leaving;
      const known = byId.get(id);
      if (known === undefined && mustExist) {
        throw engineError(CODE.sessionNotFound, 'Session not found.');
      }
      if (known?.isBusy === true) {
        throw engineError(CODE.sessionIsLocked, `Session ${id} is locked by a concurrent client.`);
      }
      const held = known ?? make(id);
      clearTimeout(held.expiry);
      held.isBusy = true;
      return {
        session: held.session,
        isNew: known === undefined,
        leave: (restored) => {
          held.leaving = restored.then(() => giveBack(id, held, closes ? 0 : timeoutMs));
        },
      };
    },
    closeAll() {
      for (const [id, held] of byId) close(id, held);
    },
  };
}
