/** Deletions, with the parts of a collector that they stand on. */
import type { Config } from './config.ts';
import type { ControlState } from './control/control-state.ts';
import { sqlUsersOf } from './control/sql-users.ts';
import { Erasures } from './erasures.ts';
import type { ForwardClock } from './forward-clock.ts';
import type { SealedQueue } from './journal/sealed-queue.ts';
import type { LiveHub } from './live/live-hub.ts';
import type { Logger } from './log.ts';
import type { OpenBudgets } from './open-budgets.ts';
import type { OpenLimits } from './open-limits.ts';
import type { Storage } from './storage.ts';
import type { Storing } from './storing.ts';
import type { RunningTotals } from './totals/flush-loop.ts';

interface CollectorParts {
  readonly config: Pick<Config, 'settle'>;
  readonly storage: Pick<Storage, 'store'>;
  readonly control: ControlState;
  readonly limits: OpenLimits;
  readonly totals: Pick<RunningTotals, 'flush'>;
  readonly journal: { readonly queue: Pick<SealedQueue, 'setAsideCounts'> };
  readonly clock: Pick<ForwardClock, 'nowMs'>;
  readonly storing: Pick<Storing, 'exclusively'>;
  readonly budgets: Pick<OpenBudgets, 'fence'>;
  readonly live: Pick<LiveHub, 'forget'>;
  readonly log: Logger;
}

/** Nothing begins before `start`, and before an operator asks. */
export function openErasures(parts: CollectorParts): Erasures {
  const { config, storage, control, limits, totals, journal, clock, storing, log } = parts;
  const { budgets, live } = parts;
  return new Erasures({
    store: storage.store,
    control,
    states: limits.states,
    tenants: limits.tenants,
    sqlUsers: sqlUsersOf(storage.store, storage.store),
    underWayOf: (tenant) => limits.admission.underWayOf(tenant),
    flushTotals: () => totals.flush(),
    untilTold: () => budgets.fence.untilTold(),
    forgetLive: (tenant) => live.forget(tenant),
    exclusively: (work, options) => storing.exclusively(work, options),
    setAsideParts: () => journal.queue.setAsideCounts.poison + journal.queue.setAsideCounts.damaged,
    nowMs: clock.nowMs,
    mayResume: config.settle,
    log,
  });
}
