/** Lets expire what is due, again and again. A failed pass is said, and the next one goes on from there. */

export interface RetentionLoop {
  /** Ends the loop; resolves when a pass that runs is over, which ends after its day. */
  stop(): Promise<void>;
}

export interface RetentionLoopDeps<Result> {
  readonly expire: (signal: AbortSignal) => Promise<Result>;
  readonly onDone: (result: Result) => void;
  readonly onFailed: (error: unknown) => void;
}

/** Days are due at most once a day; a day that had to wait is tried again within the hour. */
const EVERY_MS = 3_600_000;
/** A start has other things to do. */
const FIRST_AFTER_MS = 60_000;

export function startRetentionLoop<Result>(deps: RetentionLoopDeps<Result>): RetentionLoop {
  const stopping = new AbortController();
  const { signal } = stopping;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const pass = async (): Promise<void> => {
    try {
      deps.onDone(await deps.expire(signal));
    } catch (error) {
      if (!signal.aborted) deps.onFailed(error);
    }
    schedule(EVERY_MS);
  };
  const schedule = (afterMs: number): void => {
    if (signal.aborted) return;
    timer = setTimeout(() => {
      running = pass();
    }, afterMs).unref();
  };
  schedule(FIRST_AFTER_MS);
  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
