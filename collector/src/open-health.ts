/** How the collector is, for who reads /metrics and for the table that keeps it: both are told by the same gauges. */
import { hostname } from 'node:os';
import { collectGauges, type GaugeParts } from './collect-gauges.ts';
import type { Config } from './config.ts';
import type { ForwardClock } from './forward-clock.ts';
import { type HealthRecorder, startHealthRecorder } from './health/health-recorder.ts';
import { readHealthRow } from './health/health-row.ts';
import type { Logger } from './log.ts';
import type { OpenPrices } from './price/open-prices.ts';
import { systemTimers, type Timers } from './timers.ts';

export interface HealthParts extends Omit<GaugeParts, 'dataDir' | 'books' | 'nowMs'> {
  readonly config: Pick<Config, 'dataDir'>;
  readonly prices: Pick<OpenPrices, 'books'>;
  readonly clock: ForwardClock;
  readonly log: Logger;
}

export interface Health extends HealthRecorder {
  /** Brings every gauge up to date; never rejects. */
  readonly collectGauges: () => Promise<void>;
}

/** Begins to store it, once the tables are there. */
export function openHealth(
  parts: HealthParts,
  timers: Pick<Timers, 'every'> = systemTimers,
): Health {
  const { config, prices, clock, storage, journal, metrics, log } = parts;
  const { store, prepared } = storage;
  const { nowMs, startedMs } = clock;
  const collect = collectGauges({
    ...parts,
    dataDir: config.dataDir,
    books: prices.books,
    nowMs,
  });
  const owner = { writerId: journal.writerId, hostName: hostname(), startedMs };
  const recorder = startHealthRecorder({
    read: async () => {
      await collect();
      return readHealthRow(metrics.registry, owner, nowMs());
    },
    insert: (rows) => store.insertRows(`${store.database}.collector_health`, rows),
    prepared,
    timers,
    onFailed: (err) =>
      log.warn(
        { err },
        'how the collector is was not stored; it is kept for a day and tried again',
      ),
  });
  return { collectGauges: collect, stop: (deadline) => recorder.stop(deadline) };
}
