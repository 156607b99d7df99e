/**
 * The period of a budget at an instant: the calendar unit of its zone that holds the instant, or the last so many days.
 * Invariant: from <= instant < to for a calendar; periods of one budget meet without gap, whatever its clocks do.
 */
import { openZone, startOfDay, type Zone } from '../calendar.ts';
import { floorDivide, type InstantNs, NS_PER_SECOND } from '../range.ts';
import type { BudgetWindow, CalendarUnit } from './window-units.ts';

export interface Period {
  readonly fromNs: InstantNs;
  /** Null for a rolling window, which ends where it is looked at. */
  readonly toNs: InstantNs | null;
  readonly lengthNs: bigint;
}

export interface EndedPeriod extends Period {
  readonly toNs: InstantNs;
}

const DAY_NS = 86_400n * NS_PER_SECOND;

export function periodAt(window: BudgetWindow, atNs: InstantNs): Period {
  if (window.kind === 'calendar') {
    return calendarPeriod(window.unit, atNs, openZone(window.time_zone));
  }
  const lengthNs = BigInt(window.days) * DAY_NS;
  return { fromNs: atNs - lengthNs, toNs: null, lengthNs };
}

/** Of those that ended, no more are looked at: somebody who was away for longer has other news. */
const ENDED_MAX = 32;

/** The newest periods that held `sinceNs` or came later, and ended by `atNs`, in order; a rolling window has none. */
export function endedPeriods(
  window: BudgetWindow,
  sinceNs: InstantNs,
  atNs: InstantNs,
): EndedPeriod[] {
  const ended: EndedPeriod[] = [];
  let { toNs, ...period } = periodAt(window, sinceNs);
  while (toNs !== null && toNs <= atNs) {
    ended.push({ ...period, toNs });
    ({ toNs, ...period } = periodAt(window, toNs));
  }
  return ended.slice(-ENDED_MAX);
}

function calendarPeriod(unit: CalendarUnit, atNs: InstantNs, zone: Zone): Period {
  const at = Number(floorDivide(atNs, NS_PER_SECOND));
  const local = new Date((at + zone.offsetAt(at)) * 1000);
  // Beside a change of clocks the local date may be that of a neighbour.
  for (const shift of [0, 1, -1]) {
    const [from, to] = [
      startOfUnit(unit, local, shift, zone),
      startOfUnit(unit, local, shift + 1, zone),
    ];
    if (from <= at && at < to) {
      const [fromNs, toNs] = [BigInt(from) * NS_PER_SECOND, BigInt(to) * NS_PER_SECOND];
      return { fromNs, toNs, lengthNs: toNs - fromNs };
    }
  }
  throw new RangeError(`no ${unit} of ${zone.name} holds second ${at}`);
}

/** The start of the unit of a local date, `shift` units later; in seconds. */
function startOfUnit(unit: CalendarUnit, local: Date, shift: number, zone: Zone): number {
  const [year, month, day] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
  switch (unit) {
    case 'day':
      return startOfDay(year, month, day + shift, zone);
    case 'week':
      return startOfDay(year, month, day - ((local.getUTCDay() + 6) % 7) + 7 * shift, zone);
    case 'month':
      return startOfDay(year, month + shift, 1, zone);
    case 'quarter':
      return startOfDay(year, month - (month % 3) + 3 * shift, 1, zone);
    case 'year':
      return startOfDay(year + shift, 0, 1, zone);
  }
}
