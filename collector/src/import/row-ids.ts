/**
 * The ids of imported rows. They are made of the row itself, so that the same row of the same file is the same span
 * however often it is sent, and a different row never is.
 */
import { createHash } from 'node:crypto';
import { isEmpty } from './cell.ts';
import type { Columns } from './record.ts';

const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;
const ZEROS = /^0*$/;

/** A trace id of hexadecimal digits is kept (dashes or not); any other text is hashed. */
export function traceIdOf(source: string, text: string): string {
  return ownId(text, TRACE_DIGITS) ?? hash(['trace', source, text]).slice(0, TRACE_DIGITS);
}

/** As `traceIdOf`, of a span or of what a source calls its rows. */
export function spanIdOf(source: string, text: string): string {
  return ownId(text, SPAN_DIGITS) ?? hash(['span', source, text]).slice(0, SPAN_DIGITS);
}

function ownId(text: string, digits: number): string | undefined {
  const plain = text.replaceAll('-', '').toLowerCase();
  const isHex = plain.length === digits && /^[0-9a-f]*$/.test(plain) && !ZEROS.test(plain);
  return isHex ? plain : undefined;
}

/** Of a row without an id of its own. `nth`: which of the equal rows of its file it is, from 0. */
export function identityOf(text: string, nth: number): string {
  return hash(['row', text, String(nth)]);
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** The same for the same cells, in whatever order and form (CSV or JSON) they are written. */
export function canonical(columns: Columns): string {
  const told = Object.entries(columns)
    .filter(([, cell]) => !isEmpty(cell))
    .map(([name, cell]) => [name, typeof cell === 'object' ? JSON.stringify(cell) : String(cell)])
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return JSON.stringify(told);
}
