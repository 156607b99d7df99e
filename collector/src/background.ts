/** What the collector that settles does by itself besides: it looks at the budgets, and keeps the totals of days. */
import { type AlertingParts, startAlerting } from './open-budgets.ts';
import { type DayTotalsParts, startDayTotals } from './open-day-totals.ts';

interface Background {
  /** Resolves when what runs is over, or `deadline` fires. */
  stop(deadline: AbortSignal): Promise<void>;
}

/** Begins, where this is that collector; the tables must be there. */
export function startBackground(parts: AlertingParts & DayTotalsParts): Background {
  const loops = [startAlerting(parts), startDayTotals(parts)];
  return {
    async stop(deadline) {
      await Promise.all(loops.map((loop) => loop?.stop(deadline)));
    },
  };
}
