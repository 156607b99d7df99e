/** Waits until what came in is in ClickHouse: what is not stored can be neither subtracted nor compared. */
import { systemTimers, type Timers } from '../timers.ts';

const POLL_MS = 20;

/** The part of the journal that tells how far it is: when the oldest row came in that still waits. */
export interface Backlog {
  readonly oldestMs: number | undefined;
}

/**
 * Resolves when every row that came in at or before `throughMs` (milliseconds since 1970) is stored. Rejects with the
 * reason of the signal once it fires.
 */
export async function waitUntilStored(
  backlog: Backlog,
  throughMs: number,
  { timers = systemTimers, signal }: { timers?: Timers; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  for (;;) {
    signal?.throwIfAborted();
    const { oldestMs } = backlog;
    if (oldestMs === undefined || oldestMs > throughMs) {
      return;
    }
    await timers.sleep(POLL_MS);
  }
}
