/**
 * Counts of 0 that stand for "unknown": sources whose columns cannot be empty write 0 for calls of which they were told
 * no tokens (images, speech, answers of a cache). Billed as counts they would make a cost of 0 beside the reported one.
 */
import type { AttributeValue } from './cell.ts';
import { objectIn, ownValue } from './record.ts';
import type { Attributes } from './source.ts';

/** Attributes with counts; of an object the numbers under these names are counts. */
export type CountKeys = Readonly<Record<string, RegExp>>;

const ANY_NAME = /./;

/** Totals and parts as the conventions name them. */
export const OTEL_COUNTS: CountKeys = Object.fromEntries(
  ['input', 'output', 'cache_read.input', 'cache_creation.input', 'audio.input', 'audio.output']
    .concat('reasoning.output')
    .map((name) => [`gen_ai.usage.${name}_tokens`, ANY_NAME]),
);

/** Takes all counts away where none of them is above 0. */
export function dropZeroUsage(attributes: Attributes, keys: CountKeys): void {
  const isCounted = Object.entries(keys).some(([key, names]) => {
    const value = attributes.get(key);
    return value !== undefined && isAboveZero(value, names);
  });
  if (isCounted) return;
  for (const key of Object.keys(keys)) attributes.delete(key);
}

function isAboveZero(value: AttributeValue, names: RegExp): boolean {
  if ('intValue' in value) return value.intValue !== '0';
  return 'stringValue' in value && holdsCount(objectIn(value.stringValue), names);
}

function holdsCount(object: unknown, names: RegExp): boolean {
  if (typeof object !== 'object' || object === null) return false;
  return Object.keys(object).some((name) => {
    const value = ownValue(object, name);
    return holdsCount(value, names) || (names.test(name) && Number(value) > 0);
  });
}
