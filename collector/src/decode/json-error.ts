/** Faults of OTLP/JSON values, worded one way: where, what was found, what was expected. */

import { DecodeError } from './decode-error.ts';
import { ExactNumber } from './json-scalars.ts';

/** Characters of a wrong value that are quoted back. */
const QUOTED_MAX = 80;

/** The error for a value of the wrong type or form at `path`. */
export function wrongValue(path: string, value: unknown, expected: string): DecodeError {
  return new DecodeError('malformed', path, `found ${quoted(value)}, expected ${expected}`);
}

function quoted(value: unknown): string {
  if (value instanceof ExactNumber) return shortened(value.source);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return shortened(JSON.stringify(value) ?? String(value));
}

function shortened(text: string): string {
  return text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text;
}
