/** The totals of days with the store, the clock and the metrics, in the collector that settles. */
import type { Config } from './config.ts';
import { removeObsoleteBuilds } from './day-totals/build-day.ts';
import { startTotalsLoop, type TotalsLoop } from './day-totals/totals-loop.ts';
import { DayTotals } from './day-totals/totals-pass.ts';
import type { ForwardClock } from './forward-clock.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Storage } from './storage.ts';
import { systemTimers } from './timers.ts';

export interface DayTotalsParts {
  readonly config: Config;
  readonly storage: Storage;
  readonly clock: ForwardClock;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Begins to keep them, where this is the collector that settles; the tables must be there. */
export function startDayTotals(parts: DayTotalsParts): TotalsLoop | undefined {
  const { config, metrics, log } = parts;
  const { store } = parts.storage;
  // A batch comes to the shards of a cluster one by one: a build in between would have its number and not all of it.
  if (!config.settle || store.cluster !== null) return undefined;
  const { nowMs } = parts.clock;
  const totals = new DayTotals({
    store,
    nowMs,
    timers: systemTimers,
    random: Math.random,
    onStale: (days) => metrics.aicost_daily_totals_stale.set(days),
  });
  return startTotalsLoop({
    build: (signal) => totals.pass(signal),
    tidy: (signal) => removeObsoleteBuilds(store, { nowMs: nowMs(), signal }),
    timers: systemTimers,
    onDone: ({ built, seconds }) => {
      metrics.aicost_daily_totals_builds_total.inc(built);
      metrics.aicost_daily_totals_pass_seconds.set(seconds);
      if (built > 0) log.info({ builds: built, seconds }, 'totals of days were made');
    },
    onFailed: (err) => {
      metrics.aicost_daily_totals_failures_total.inc();
      log.warn({ err }, 'totals of days were not made; the next pass goes on from there');
    },
  });
}
