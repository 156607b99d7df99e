/**
 * Reported counts as plain numbers in one reused array, so that the road of a span makes no objects of them.
 * A count beyond `COUNT_MAX` is not believed: no call uses that many tokens, and every sum stays exact.
 */
import type { RawUsage } from './raw-usage.ts';

/** A quantity of usage that one attribute can tell. */
export type CountName = Exclude<keyof RawUsage, 'units'>;

/** Order of the counts in the array. */
export const COUNT_NAMES = [
  'uncached',
  'input',
  'output',
  'total',
  'cacheRead',
  'cacheWrite',
  'cacheWrite5m',
  'cacheWrite1h',
  'reasoning',
  'inputAudio',
  'inputImage',
  'inputVideo',
  'cacheReadAudio',
  'cacheReadVideo',
  'toolUse',
  'citation',
  'outputAudio',
  'outputImage',
] as const satisfies readonly CountName[];

/** Position of each count in the array. */
export const COUNT = Object.fromEntries(COUNT_NAMES.map((name, at) => [name, at])) as Readonly<
  Record<CountName, number>
>;

/** What stands for a count that was not told. */
export const NOT_TOLD = -1;

/** Twenty of them still add up exactly in a double. */
export const COUNT_MAX = 2 ** 48;

export type Counts = Float64Array;

export function noCounts(): Counts {
  return new Float64Array(COUNT_NAMES.length).fill(NOT_TOLD);
}

/** Fills `counts` from a reading; false when one of them is not believed. */
export function fillCounts(counts: Counts, raw: RawUsage): boolean {
  let isBelieved = true;
  for (const [at, name] of COUNT_NAMES.entries()) {
    const value = raw[name];
    counts[at] = value === undefined ? NOT_TOLD : Number(value);
    isBelieved &&= counts[at]! <= COUNT_MAX;
  }
  return isBelieved;
}
