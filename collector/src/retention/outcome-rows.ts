/** Days and passes in the names of the API. */
import type { DayOutcome } from './day-outcome.ts';

export function outcomeRow({ what, day, tenants, rows, waiting, difference }: DayOutcome): object {
  return { what, day, tenants, rows, waiting, ...(difference === null ? {} : { difference }) };
}
