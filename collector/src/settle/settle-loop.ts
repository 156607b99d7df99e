/**
 * Settles again and again, so that a finished trace is right without anybody asking. A failed pass
 * is said, and tried again.
 */
import type { SettleProgress } from './settler.ts';

export interface SettleLoop {
  /** Ends the loop; resolves when a pass that runs is over. */
  stop(): Promise<void>;
}

export interface SettleLoopDeps {
  settle: () => Promise<SettleProgress>;
  /** Between the end of a pass and the start of the next. */
  pauseMs: number;
  onDone: (progress: SettleProgress) => void;
  onFailed: (error: unknown) => void;
}

export function startSettleLoop(deps: SettleLoopDeps): SettleLoop {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const pass = async (): Promise<void> => {
    try {
      deps.onDone(await deps.settle());
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
