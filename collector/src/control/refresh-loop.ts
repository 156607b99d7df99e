// Keeps the control state fresh, so that a change made through any collector reaches this one within 10 s.
import type { Logger } from '../log.ts';
import type { ControlState } from './control-state.ts';

/** Well inside the 10 s that are promised, one slow answer included. */
const REFRESH_INTERVAL_MS = 3_000;

export interface RefreshLoop {
  /** Ends the loop; resolves when a refresh that runs is over. */
  stop(): Promise<void>;
}

/** Refreshes now and again after each pause. Says once that ClickHouse went away, and once that it is back. */
export function startRefreshLoop(
  state: ControlState,
  log: Logger,
  intervalMs = REFRESH_INTERVAL_MS,
): RefreshLoop {
  let isAway = false;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let running = Promise.resolve();
  const refresh = async (): Promise<void> => {
    try {
      await state.refresh();
      if (isAway) log.info('the control state is read from ClickHouse again');
      isAway = false;
    } catch (error) {
      if (!isAway) log.warn({ err: error }, 'ClickHouse is away: keys are those of the local copy');
      isAway = true;
    }
    if (!isStopped) timer = setTimeout(go, intervalMs).unref();
  };
  const go = (): void => {
    running = refresh();
  };
  go();
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
