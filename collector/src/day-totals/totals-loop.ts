/** Keeps the totals of days in the background: nothing waits for it. A failed pass is told, and another follows. */
import { aborted, type Timers } from '../timers.ts';

export interface TotalsLoop {
  /** Ends the loop; resolves when what runs is over, which is asked to end, or `deadline` fires. */
  stop(deadline: AbortSignal): Promise<void>;
}

export interface TotalsLoopDeps {
  /** Makes the builds that are due; resolves with how many. */
  readonly build: (signal: AbortSignal) => Promise<number>;
  /** Removes what nobody uses any more; resolves with how many builds. */
  readonly tidy: (signal: AbortSignal) => Promise<number>;
  readonly timers: Pick<Timers, 'sleep'>;
  readonly onDone: (outcome: { readonly built: number; readonly seconds: number }) => void;
  readonly onFailed: (error: unknown) => void;
}

/** A start has other things to do. */
const FIRST_AFTER_MS = 10_000;
const EVERY_MS = 60_000;
/** Removing writes parts anew: once in so many passes. */
const TIDY_EVERY = 60;

export function startTotalsLoop(deps: TotalsLoopDeps): TotalsLoop {
  const stopping = new AbortController();
  const running = run(deps, stopping.signal);
  return {
    async stop(deadline) {
      stopping.abort();
      await Promise.race([running, aborted(deadline)]);
    },
  };
}

async function run(deps: TotalsLoopDeps, signal: AbortSignal): Promise<void> {
  await deps.timers.sleep(FIRST_AFTER_MS, signal);
  for (let passes = 1; !signal.aborted; passes++) {
    try {
      const startMs = performance.now();
      const built = await deps.build(signal);
      deps.onDone({ built, seconds: (performance.now() - startMs) / 1000 });
      if (passes % TIDY_EVERY === 0) await deps.tidy(signal);
    } catch (error) {
      if (!signal.aborted) deps.onFailed(error);
    }
    await deps.timers.sleep(EVERY_MS, signal);
  }
}
