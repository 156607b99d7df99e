/** Lets expire what is due, again and again. A failed pass is said, and the next one goes on from there. */

export interface RetentionLoop {
  /** Ends the loop; a statement that runs goes on in ClickHouse, and the next pass finds what it left. */
  stop(): void;
}

export interface RetentionLoopDeps<Result> {
  readonly expire: () => Promise<Result>;
  readonly onDone: (result: Result) => void;
  readonly onFailed: (error: unknown) => void;
}

/** Days are due at most once a day; a day that had to wait is tried again within the hour. */
const EVERY_MS = 3_600_000;
/** A start has other things to do. */
const FIRST_AFTER_MS = 60_000;

export function startRetentionLoop<Result>(deps: RetentionLoopDeps<Result>): RetentionLoop {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const pass = async (): Promise<void> => {
    try {
      deps.onDone(await deps.expire());
    } catch (error) {
      if (!isStopped) deps.onFailed(error);
    }
    schedule(EVERY_MS);
  };
  const schedule = (afterMs: number): void => {
    if (!isStopped) timer = setTimeout(() => void pass(), afterMs).unref();
  };
  schedule(FIRST_AFTER_MS);
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
