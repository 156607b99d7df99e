/**
 * Objects that emitters write as text into one string attribute (usage details, provider metadata), as JSON or as
 * Python prints a dict. What cannot be read says nothing: undefined, never a guess. Bounded, and read only where the
 * attribute is there.
 */

import { plainDecimal } from './decimal-text.ts';
import { namedIn } from './named.ts';

export type Blob = Readonly<Record<string, unknown>>;
/** `python`: a dict as `str(dict)` prints it; JSON is read too, since later versions of such emitters write that. */
export type BlobFormat = 'json' | 'python';

/** Longer texts are no usage. */
const CHARACTERS_MAX = 65_536;
/** Some emitters serialise twice: a JSON string that holds JSON. */
const SERIALISED_MAX = 2;
const WHOLE_TEXT = /^\d{1,18}$/;
/** A string of either quote, or one of the words that JSON spells otherwise. */
const PYTHON_TOKEN = /'((?:[^'\\]|\\.)*)'|"(?:[^"\\]|\\.)*"|\b(None|True|False)\b/gs;
const PYTHON_WORDS: Readonly<Record<string, string>> = {
  None: 'null',
  True: 'true',
  False: 'false',
};

/** The object that this text holds, or undefined. */
export function parseBlob(text: string, format: BlobFormat): Blob | undefined {
  if (text.length > CHARACTERS_MAX) {
    return undefined;
  }
  let value: unknown = text;
  for (let times = 0; times < SERIALISED_MAX && typeof value === 'string'; times++) {
    value = parseJson(value) ?? (format === 'python' ? parseJson(pythonToJson(value)) : undefined);
  }
  return isBlob(value) ? value : undefined;
}

/** The value at a path of own keys; undefined where the path ends early. */
export function valueAt(blob: Blob, path: readonly string[]): unknown {
  let at: unknown = blob;
  for (const key of path) {
    at = isBlob(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

/** A whole number ≥ 0, by the same coercions as an attribute (attribute-reader.ts). */
export function wholeOf(value: unknown): bigint | undefined {
  if (typeof value === 'string') {
    return WHOLE_TEXT.test(value.trim()) ? BigInt(value.trim()) : undefined;
  }
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? BigInt(value)
    : undefined;
}

/** An amount ≥ 0 as a plain decimal of at most 18 places. */
export function amountOf(value: unknown): string | undefined {
  return typeof value === 'number' || typeof value === 'string'
    ? plainDecimal(String(value).trim())
    : undefined;
}

/** A string that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function isBlob(value: unknown): value is Blob {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

function pythonToJson(text: string): string {
  return text.replaceAll(PYTHON_TOKEN, (token, single: string | undefined, word?: string) => {
    if (word !== undefined) {
      return namedIn(PYTHON_WORDS, word) ?? token;
    }
    return single === undefined
      ? token
      : `"${single.replaceAll("\\'", "'").replaceAll('"', '\\"')}"`;
  });
}
