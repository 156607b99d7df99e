/**
 * What one cell of a history may hold: its text becomes the value of an attribute, or is refused with what was
 * expected. Pure. An empty cell, null and a missing column are the same: nothing is told.
 */

/** A value as OTLP/JSON writes it. */
export type AttributeValue =
  | { readonly stringValue: string }
  | { readonly intValue: string }
  | { readonly boolValue: boolean };

export type CellRead<T> = { readonly value: T } | { readonly expected: string };

export type CellKind = 'text' | 'count' | 'decimal' | 'flag' | 'object' | 'labels';

/** A call that used more has a wrong unit. */
const COUNT = /^(\d{1,14})(?:\.0)?$/;
const DECIMAL = /^\d{1,30}(?:\.\d{1,40})?(?:[eE](?:-\d{1,3}|\+?\d{1,2}))?$/;
/** 0 with whatever exponent a decimal type of its sender has: OpenAI writes 0E-6176. */
const ZERO = /^0{1,30}(?:\.0{1,40})?[eE][+-]?\d{1,5}$/;
const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['t', true],
  ['1', true],
  ['false', false],
  ['f', false],
  ['0', false],
]);

/** How each kind is told in words. */
const EXPECTED: Readonly<Record<CellKind, string>> = {
  text: 'text',
  count: 'a whole number from 0 to 99999999999999',
  decimal: 'a decimal of at least 0, such as 0.0125',
  flag: 'true or false',
  object: 'a JSON object',
  labels: 'a JSON array of texts, or texts between commas',
};

/** Reads a cell that is not empty. */
export function readCell(kind: CellKind, cell: unknown): CellRead<AttributeValue> {
  const value = READERS[kind](cell);
  return value === undefined ? { expected: EXPECTED[kind] } : { value };
}

/** Whether nothing is told. */
export function isEmpty(cell: unknown): boolean {
  return cell === undefined || cell === null || cell === '';
}

/** The text of a cell that is no list and no object. */
export function textOf(cell: unknown): string | undefined {
  return typeof cell === 'object' || cell === undefined ? undefined : String(cell);
}

const READERS: Readonly<Record<CellKind, (cell: unknown) => AttributeValue | undefined>> = {
  text: (cell) => stringValue(textOf(cell)),
  count: (cell) => {
    const count = countOf(cell);
    return count === undefined ? undefined : { intValue: String(count) };
  },
  decimal: (cell) => stringValue(decimalOf(cell)),
  flag: (cell) => {
    const flag = FLAGS.get(textOf(cell)?.trim().toLowerCase() ?? '');
    return flag === undefined ? undefined : { boolValue: flag };
  },
  // The dialect reads it: JSON, or a dict as Python prints it.
  object: (cell) => stringValue(objectText(cell)),
  labels: (cell) => stringValue(Array.isArray(cell) ? JSON.stringify(cell) : textOf(cell)),
};

function stringValue(text: string | undefined): AttributeValue | undefined {
  return text === undefined ? undefined : { stringValue: text };
}

/** A whole number; `12.0` is what a table with gaps makes of 12. `1.000` may be a thousand: it is refused. */
function countOf(cell: unknown): bigint | undefined {
  const digits = COUNT.exec(textOf(cell)?.trim() ?? '')?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

function decimalOf(cell: unknown): string | undefined {
  const text = textOf(cell)?.trim() ?? '';
  if (ZERO.test(text)) return '0';
  return DECIMAL.test(text) ? text : undefined;
}

function objectText(cell: unknown): string | undefined {
  if (typeof cell === 'object' && cell !== null) {
    return Array.isArray(cell) ? undefined : JSON.stringify(cell);
  }
  const text = textOf(cell)?.trim();
  return text?.startsWith('{') ? text : undefined;
}
