/** Instants as histories write them. Pure. */
import { textOf } from './cell.ts';

/**
 * `zoned`: RFC 3339 with its zone. `utc`: the same, or without a zone, which the source writes in UTC. `unix_seconds`:
 * since 1970, with or without a fraction.
 */
export type InstantKind = 'zoned' | 'utc' | 'unix_seconds';

/** 2262-04-11: what nanoseconds of 64 bits can tell, here and in ClickHouse. */
const LATEST_NS = 2n ** 63n - 1n;

export const EXPECTED_INSTANT: Readonly<Record<InstantKind, string>> = {
  zoned: 'a time with its zone, such as 2026-03-01T12:00:00.5Z',
  utc: 'a time, such as 2026-03-01T12:00:00.5Z; without a zone it is UTC',
  unix_seconds: 'seconds since 1970, such as 1772366400',
};

const WRITTEN =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)?)?\s?(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?$/;
const SECONDS = /^(\d{1,11})(?:\.(\d{1,9})\d*)?$/;
const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;

/** Whether these nanoseconds since 1970 can be stored. */
export function isInstant(ns: bigint): boolean {
  return ns > 0n && ns <= LATEST_NS;
}

/** Nanoseconds since 1970. `isBeyond`: it is a time, and later than any that can be stored. */
export function readInstant(
  kind: InstantKind,
  cell: unknown,
): { readonly value: bigint } | { readonly expected: string; readonly isBeyond?: boolean } {
  const text = textOf(cell)?.trim() ?? '';
  const ns = kind === 'unix_seconds' ? unixNs(text) : writtenNs(text, kind === 'utc');
  if (ns !== undefined && isInstant(ns)) return { value: ns };
  const isBeyond = ns !== undefined && ns > LATEST_NS;
  return isBeyond
    ? { expected: 'a time before 2262-04-11', isBeyond }
    : { expected: EXPECTED_INSTANT[kind] };
}

function unixNs(text: string): bigint | undefined {
  const match = SECONDS.exec(text);
  return match === null ? undefined : BigInt(match[1]!) * NS_PER_SECOND + fractionNs(match[2]);
}

function writtenNs(text: string, isUtcWithout: boolean): bigint | undefined {
  const match = WRITTEN.exec(text);
  if (match === null) return undefined;
  const [, day = '', hour = '00', minute = '00', second = '00', fraction, zone] = match;
  if (zone === undefined && !isUtcWithout) return undefined;
  const ms = Date.parse(`${day}T${hour}:${minute}:${second}${offsetOf(zone)}`);
  // 31 June is no day, and no other day either.
  const isDay = new Date(Date.parse(`${day}T00:00:00Z`) || 0).toISOString().startsWith(day);
  return Number.isNaN(ms) || !isDay ? undefined : BigInt(ms) * NS_PER_MS + fractionNs(fraction);
}

function fractionNs(digits = ''): bigint {
  return BigInt(digits.padEnd(9, '0'));
}

function offsetOf(zone: string | undefined): string {
  if (zone === undefined || /^(z|utc)$/i.test(zone)) return 'Z';
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
