/**
 * Instants and half-open ranges of them, to the nanosecond. Reads RFC 3339 (any fraction up to ns,
 * any offset), `now` and `now-<n>[mhdw]`. Invariant: no Date arithmetic below a second and no float.
 */

/** Nanoseconds since the Unix epoch. */
export type InstantNs = bigint;

/** Half-open: `fromNs` belongs to the range, `toNs` does not. */
export interface Range {
  readonly fromNs: InstantNs;
  readonly toNs: InstantNs;
}

export const NS_PER_SECOND = 1_000_000_000n;

/** The tables keep whole hours as 32-bit seconds: 1970-01-01 up to, not including, 2106. */
const INSTANT_NS_MIN: InstantNs = 0n;
export const INSTANT_NS_MAX: InstantNs = 4_291_747_200n * NS_PER_SECOND;

/** What `parseInstant` accepts, for errors and for the API's documentation. */
export const INSTANT_EXPECTED =
  'an RFC 3339 time such as 2026-08-20T00:00:00Z or 2026-08-20T02:00:00.5+02:00 (1970 to 2105), now, or now-<n> with m, h, d or w such as now-7d';

const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/;
const RELATIVE = /^now(?:-(\d{1,9})([mhdw]))?$/;
const SECONDS_PER = { m: 60n, h: 3600n, d: 86_400n, w: 604_800n } as const;

/**
 * Reads an instant; `nowNs` is what `now` means. Throws RangeError whose message says what was
 * expected. A day is 24 hours and a week 168 in `now-…`, whatever the time zone.
 */
export function parseInstant(text: string, nowNs: InstantNs): InstantNs {
  const relative = RELATIVE.exec(text);
  const instant = relative === null ? parseRfc3339(text) : nowNs - agoNs(relative);
  if (instant < INSTANT_NS_MIN || instant >= INSTANT_NS_MAX) {
    throw new RangeError(INSTANT_EXPECTED);
  }
  return instant;
}

function agoNs(match: RegExpExecArray): bigint {
  const [, count, unit] = match;
  if (count === undefined || unit === undefined) return 0n;
  return BigInt(count) * SECONDS_PER[unit as keyof typeof SECONDS_PER] * NS_PER_SECOND;
}

function parseRfc3339(text: string): InstantNs {
  const match = RFC_3339.exec(text);
  if (match === null) {
    // A "+" that was not escaped in a URL arrives as a space, and nothing else explains that error.
    const hint = /T.* \d\d:\d\d$/i.test(text) ? ' (a "+" in a URL is written %2B)' : '';
    throw new RangeError(`${INSTANT_EXPECTED}${hint}`);
  }
  const [, year, month, day, hour, minute, second, fraction = '', zone = ''] = match;
  const local = new Date(0);
  local.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  local.setUTCHours(Number(hour), Number(minute), Number(second), 0);
  // Date rolls 30 February and 24:00 over to the next day; a time that was not asked for is wrong.
  if (!local.toISOString().startsWith(`${text.slice(0, 10)}T${text.slice(11, 19)}`)) {
    throw new RangeError(INSTANT_EXPECTED);
  }
  const seconds = BigInt(local.getTime()) / 1000n - offsetSeconds(zone);
  return seconds * NS_PER_SECOND + BigInt(fraction.padEnd(9, '0'));
}

function offsetSeconds(zone: string): bigint {
  if (zone === 'Z' || zone === 'z') return 0n;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 23 || minutes > 59) throw new RangeError(INSTANT_EXPECTED);
  const seconds = BigInt(hours * 3600 + minutes * 60);
  return zone.startsWith('-') ? -seconds : seconds;
}

/** Writes an instant as RFC 3339 in UTC with no more digits than it needs. */
export function formatInstant(instant: InstantNs): string {
  const seconds = floorDivide(instant, NS_PER_SECOND);
  const ns = instant - seconds * NS_PER_SECOND;
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const fraction = ns === 0n ? '' : `.${ns.toString().padStart(9, '0').replace(/0+$/, '')}`;
  return `${text}${fraction}Z`;
}

/** Division that rounds towards minus infinity, as calendars need. */
export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}
