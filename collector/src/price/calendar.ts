/**
 * Windows of the calendar in which a price holds: hours of the day, weekdays and holidays in a
 * time zone. Invariant: every edge lies on a quarter hour of UTC, because the schema takes only
 * quarter hours and every zone's offset is a whole number of them.
 */
import type { CalendarWindow } from './book-schema.ts';

/** A price that depends on the calendar is constant inside one slot of this length. */
export const CALENDAR_SLOT_NS = 900_000_000_000n;

const WEEKDAYS: { readonly [name: string]: number } = {
  Mon: 1,
  Tue: 2,
  Wed: 3,
  Thu: 4,
  Fri: 5,
  Sat: 6,
  Sun: 7,
};

export type CompiledWindow = {
  readonly format: Intl.DateTimeFormat;
  readonly fromMinute: number;
  readonly untilMinute: number;
  readonly weekdays: ReadonlySet<number> | undefined;
  readonly holidays: ReadonlySet<string>;
};

function minuteOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}

/** Throws RangeError for a zone the runtime does not know. */
export function compileWindow(
  window: CalendarWindow,
  holidays: { readonly [name: string]: readonly string[] },
): CompiledWindow {
  const listName = window.except_holidays;
  const list = listName === undefined ? [] : holidays[listName];
  if (list === undefined) throw new RangeError(`no list of holidays is called "${listName}"`);
  return {
    format: new Intl.DateTimeFormat('en-US', {
      timeZone: window.tz,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    }),
    fromMinute: minuteOf(window.from),
    untilMinute: minuteOf(window.until),
    weekdays: window.weekdays === undefined ? undefined : new Set(window.weekdays),
    holidays: new Set(list),
  };
}

/** Whether the instant lies in the window; the start is inside, the end is not. */
export function windowHolds(window: CompiledWindow, atNs: bigint): boolean {
  const parts: { [type: string]: string } = {};
  for (const part of window.format.formatToParts(Number(atNs / 1_000_000n))) {
    parts[part.type] = part.value;
  }
  const minute = Number(parts['hour']) * 60 + Number(parts['minute']);
  const { fromMinute, untilMinute } = window;
  const inHours =
    fromMinute <= untilMinute
      ? minute >= fromMinute && minute < untilMinute
      : minute >= fromMinute || minute < untilMinute;
  if (!inHours) return false;
  if (window.weekdays?.has(WEEKDAYS[parts['weekday'] ?? ''] ?? 0) === false) return false;
  return !window.holidays.has(`${parts['year']}-${parts['month']}-${parts['day']}`);
}
