/** When a call of a history began and ended. Pure. */
import { textOf } from './cell.ts';
import { EXPECTED_INSTANT, isInstant, readInstant } from './instant.ts';
import type { FoundCell } from './record.ts';
import { Fault, faultOf } from './row-fault.ts';
import type { ImportSource, Place } from './source.ts';

export type Places = ReadonlyMap<Place, FoundCell>;

const DECIMAL = /^\d{1,12}(?:\.\d{1,40})?$/;
/** Below 0, or of more digits than a call can take: the source did not know how long it took. */
const NO_DURATION = /^(?:-\d+|\d{13,})(?:\.\d*)?$/;
const MS_DIGITS = 6;

/** @throws Fault where no instant is told, or none that can be */
export function startOf(source: ImportSource, places: Places): bigint {
  const found = places.get('start');
  if (found === undefined) throw missingStart(source);
  const read = readInstant(source.instants, found.cell);
  if ('expected' in read) throw faultOf(found, read.expected);
  return read.value;
}

function missingStart(source: ImportSource): Fault {
  const expected = EXPECTED_INSTANT[source.instants];
  return new Fault({ column: startColumnOf(source), value: null, expected });
}

/** How the source calls it. */
export function startColumnOf({ columns }: ImportSource): string {
  const column = columns.find((one) => 'place' in one && one.place === 'start');
  return column?.names[0] ?? 'timestamp';
}

/**
 * Where neither an end nor a duration is told, the call ends as it starts; so it does where what is told cannot be: an
 * end beyond all instants stands for "not yet", a duration below 0 for none.
 */
export function endOf(source: ImportSource, places: Places, startNs: bigint): bigint {
  const found = places.get('end');
  if (found !== undefined) {
    const read = readInstant(source.instants, found.cell);
    if ('value' in read) return read.value < startNs ? startNs : read.value;
    if (read.isBeyond !== true) throw faultOf(found, read.expected);
  }
  const end = startNs + (durationNs(places) ?? 0n);
  return isInstant(end) ? end : startNs;
}

function durationNs(places: Places): bigint | undefined {
  const found = places.get('duration_ms');
  if (found === undefined) return undefined;
  const text = textOf(found.cell)?.trim() ?? '';
  if (NO_DURATION.test(text)) return undefined;
  if (!DECIMAL.test(text)) throw faultOf(found, 'a decimal of at least 0');
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.slice(0, MS_DIGITS).padEnd(MS_DIGITS, '0'));
}
