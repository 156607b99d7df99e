/**
 * A long request in turns with others: after some milliseconds of work everything else that waits comes first (acks,
 * health, small requests), then the work goes on.
 */
import { setImmediate as othersFirst } from 'node:timers/promises';

/** A third of what nothing may block the process for. */
const TURN_MS = 7;

export interface Turns {
  /** Before others get their turn, and when one's own begins again. */
  pause(): void;
  resume(): void;
}

/** Of work that keeps nothing that a turn of others could see half done. */
export const NOTHING_KEPT: Turns = { pause: () => undefined, resume: () => undefined };

/** Runs the steps to their end, and gives what they come to. The first turn has begun already. */
export async function takeTurns<Result>(
  steps: Iterator<undefined, Result, undefined>,
  { pause, resume }: Turns,
): Promise<Result> {
  let startedMs = performance.now();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() - startedMs >= TURN_MS) {
      pause();
      await othersFirst();
      startedMs = performance.now();
      resume();
    }
  }
}
