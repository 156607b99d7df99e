/** What the collector that settles does by itself besides: it looks at the budgets, and keeps the totals of days. */
import { type AlertingParts, startAlerting } from './open-budgets.ts';
import { type DayTotalsParts, startDayTotals } from './open-day-totals.ts';

/**
 * Begins, where this is that collector; the tables must be there. `stop` resolves when what runs is over, or the
 * deadline has come.
 */
export function startBackground(parts: AlertingParts & DayTotalsParts): {
  stop(deadline: AbortSignal): Promise<void>;
} {
  const loops = [startAlerting(parts), startDayTotals(parts)];
  return {
    async stop(deadline) {
      await Promise.all(loops.map((loop) => loop?.stop(deadline)));
    },
  };
}
