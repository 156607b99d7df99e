/**
 * Intervals of a range in a time zone: minutes, hours, days, ISO weeks (from Monday) and months of
 * the zone's own clock. Invariant: starts are whole seconds, strictly ascending, without gaps, so
 * every instant falls in exactly one interval whatever the clocks of the zone did.
 */
import { floorDivide, NS_PER_SECOND, type Range } from './range.ts';

export const INTERVALS = ['1m', '1h', '1d', '1w', '1M'] as const;
export type Interval = (typeof INTERVALS)[number];

/** A time zone as the instants need it: seconds to add to UTC at an instant (seconds since epoch). */
export interface Zone {
  readonly name: string;
  offsetAt(second: number): number;
}

const UTC: Zone = { name: 'UTC', offsetAt: () => 0 };

/** Opens an IANA zone by the rules Node carries. Throws RangeError for an unknown one. */
export function openZone(name: string): Zone {
  if (name === 'UTC' || name === 'Etc/UTC') return UTC;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return { name, offsetAt: (second) => wallClock(format, second) - second };
}

function wallClock(format: Intl.DateTimeFormat, second: number): number {
  const fields: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const part of format.formatToParts(second * 1000)) fields[part.type] = Number(part.value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second: s = 0 } = fields;
  return Date.UTC(year, month - 1, day, hour, minute, s) / 1000;
}

const SHORTEST_SECONDS: Readonly<Record<Interval, bigint>> = {
  '1m': 60n,
  '1h': 3600n,
  '1d': 86_400n,
  '1w': 604_800n,
  '1M': 28n * 86_400n,
};

/** About how many intervals a range has, without walking them: never less by more than two. */
export function estimateIntervals(range: Range, interval: Interval): number {
  const seconds = (range.toNs - range.fromNs) / NS_PER_SECOND;
  return Number(seconds / SHORTEST_SECONDS[interval]) + 1;
}

/**
 * Starts of the intervals that meet the range, in seconds: the first at or before its start, all
 * others inside it.
 */
export function intervalStarts(range: Range, interval: Interval, zone: Zone): bigint[] {
  const from = Number(floorDivide(range.fromNs, NS_PER_SECOND));
  const end = Number(-floorDivide(-range.toNs, NS_PER_SECOND));
  const starts: number[] = [];
  for (const start of walk(interval, from, zone)) {
    if (start >= end) break;
    // A day that the zone skipped starts where the next one does; a later start replaces an earlier.
    if (start <= from) starts.length = 0;
    if (starts.at(-1) !== start) starts.push(start);
  }
  return starts.map(BigInt);
}

function walk(interval: Interval, from: number, zone: Zone): Generator<number> {
  if (interval === '1m') return walkClock(60, from, zone);
  if (interval === '1h') return walkClock(3600, from, zone);
  return walkDays(interval, from, zone);
}

/** Minutes and hours begin where the zone's clock shows them, and where it is set to another offset. */
function* walkClock(step: number, from: number, zone: Zone): Generator<number> {
  const offset = zone.offsetAt(from);
  const aligned = from - modulo(from + offset, step);
  let start = zone.offsetAt(aligned) === offset ? aligned : changeBetween(aligned, from, zone);
  for (;;) {
    yield start;
    const here = zone.offsetAt(start);
    const next = start + step - modulo(start + here, step);
    start = zone.offsetAt(next) === here ? next : changeBetween(start, next, zone);
  }
}

function* walkDays(
  interval: Exclude<Interval, '1m' | '1h'>,
  from: number,
  zone: Zone,
): Generator<number> {
  const local = new Date((from + zone.offsetAt(from)) * 1000);
  const [year, month] = [local.getUTCFullYear(), local.getUTCMonth()];
  const monday = local.getUTCDate() - modulo(local.getUTCDay() - 1, 7);
  for (let index = 0; ; index++) {
    if (interval === '1d') yield startOfDay(year, month, local.getUTCDate() + index, zone);
    else if (interval === '1w') yield startOfDay(year, month, monday + 7 * index, zone);
    else yield startOfDay(year, month + index, 1, zone);
  }
}

const DAY = 86_400;

/** The first instant of a local date: midnight, or where the clocks skip midnight, what follows it. */
export function startOfDay(year: number, month: number, day: number, zone: Zone): number {
  const midnight = Date.UTC(year, month, day) / 1000;
  const before = zone.offsetAt(midnight - DAY);
  const after = zone.offsetAt(midnight + DAY);
  // The larger offset is the earlier instant: a midnight that comes twice begins the day once.
  for (const offset of [Math.max(before, after), Math.min(before, after)]) {
    if (zone.offsetAt(midnight - offset) === offset) return midnight - offset;
  }
  return changeBetween(midnight - DAY, midnight + DAY, zone);
}

/** The first second in (low, high] with another offset than `low`; there is one. */
function changeBetween(low: number, high: number, zone: Zone): number {
  const offset = zone.offsetAt(low);
  let [same, other] = [low, high];
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (zone.offsetAt(middle) === offset) same = middle;
    else other = middle;
  }
  return other;
}

function modulo(a: number, b: number): number {
  return ((a % b) + b) % b;
}
