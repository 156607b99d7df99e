/**
 * Settles again and again, so that a finished trace is right without anybody asking. A failed pass
 * is said, and tried again.
 */
import type { SettleProgress } from './settle-progress.ts';

export interface SettleLoop {
  /** Ends the loop; resolves when a pass that runs is over. */
  stop(): Promise<void>;
}

export interface SettleLoopDeps {
  /** `all`: also what is not idle yet. */
  settle: (all: boolean) => Promise<SettleProgress>;
  /** Between the end of a pass and the start of the next. */
  pauseMs: number;
  onDone: (progress: SettleProgress) => void;
  onFailed: (error: unknown) => void;
}

/** A trace that never comes to rest is settled in any case after this long. */
const SETTLE_ALL_EVERY_MS = 30 * 60_000;

export function startSettleLoop(deps: SettleLoopDeps): SettleLoop {
  let isStopped = false;
  let allAtMs = performance.now() + SETTLE_ALL_EVERY_MS;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const pass = async (): Promise<void> => {
    const isAllDue = performance.now() >= allAtMs;
    try {
      deps.onDone(await deps.settle(isAllDue));
      if (isAllDue) {
        allAtMs = performance.now() + SETTLE_ALL_EVERY_MS;
      }
    } catch (error) {
      if (!isStopped) {
        deps.onFailed(error);
      }
    }
    schedule();
  };
  const schedule = (): void => {
    if (!isStopped) {
      timer = setTimeout(() => {
        running = pass();
      }, deps.pauseMs).unref();
    }
  };
  schedule();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
