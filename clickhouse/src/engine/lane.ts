/**
 * A lane: a fixed number of places for statements that run, and a bounded queue before them.
 * Invariant: a place is held by one statement at a time, and nobody waits without a limit.
 */
import { CODE, engineError } from './engine-error.ts';

/** A bounded set of places; a place is a number from 0. */
export interface Lane {
  /** Waits for a place. Rejects with 202 when the queue is full and 394 when `signal` aborts. */
  enter(signal: AbortSignal): Promise<number>;
  leave(place: number): void;
  readonly running: number;
  readonly waiting: number;
}

interface Waiter {
  readonly take: (place: number) => void;
}

/** Makes a lane of `places` places before which `waitingMax` may wait. */
export function createLane(name: string, places: number, waitingMax: number): Lane {
  const free = Array.from({ length: places }, (_, place) => places - 1 - place);
  const waiters: Waiter[] = [];

  function wait(signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        take: (place) => {
          signal.removeEventListener('abort', giveUp);
          resolve(place);
        },
      };
      const giveUp = () => {
        waiters.splice(waiters.indexOf(waiter), 1);
        reject(engineError(CODE.queryCancelled, 'Query was cancelled while it waited.'));
      };
      signal.addEventListener('abort', giveUp, { once: true });
      waiters.push(waiter);
    });
  }

  return {
    async enter(signal) {
      if (signal.aborted) {
        throw engineError(CODE.queryCancelled, 'Query was cancelled before it started.');
      }
      const place = free.pop();
      if (place !== undefined) {
        return place;
      }
      if (waiters.length >= waitingMax) {
        throw engineError(
          CODE.tooManyQueries,
          `Too many simultaneous queries: ${places} run and ${waitingMax} wait in lane "${name}". Try again later.`,
        );
      }
      return wait(signal);
    },
    leave(place) {
      const next = waiters.shift();
      if (next === undefined) {
        free.push(place);
      } else {
        next.take(place);
      }
    },
    get running() {
      return places - free.length;
    },
    get waiting() {
      return waiters.length;
    },
  };
}
