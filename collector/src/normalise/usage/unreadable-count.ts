/**
 * Why a value that stands where a count belongs is none. A count that cannot be read is never left out: what the call
 * used is then unknown, and this name is the reason.
 */
import { type AttributeList, VALUE } from '../../decode/attribute-list.ts';

export type CountProblem =
  | 'count_not_a_number'
  | 'count_negative'
  | 'count_not_whole'
  | 'count_over_limit'
  /** NaN, which JavaScript emitters write where nothing was reported. */
  | 'count_is_nan';

const NOTHING: ReadonlySet<string> = new Set(['', 'none', 'null', 'unknown', 'undefined']);
const NEGATIVE = /^-\d+(\.\d+)?$/;
const FRACTION = /^\d+\.\d+$/;
const DIGITS = /^\d+$/;

/** Of entry i, which no reader takes for a count; undefined where it says nothing. */
export function problemOfAttribute(list: AttributeList, i: number): CountProblem | undefined {
  switch (list.type[i]) {
    case VALUE.empty:
      return undefined;
    case VALUE.int:
    case VALUE.double:
      return problemOfNumber(list.number[i]!);
    case VALUE.string:
      return problemOfText(list.valueText(i)!);
    default:
      return 'count_not_a_number';
  }
}

/** Of a value in JSON. */
export function problemOfJson(value: unknown): CountProblem | undefined {
  switch (typeof value) {
    case 'number':
      return problemOfNumber(value);
    case 'string':
      return problemOfText(value);
    default:
      return value === undefined || value === null ? undefined : 'count_not_a_number';
  }
}

function problemOfNumber(value: number): CountProblem {
  if (Number.isNaN(value)) {
    return 'count_is_nan';
  }
  if (value < 0) {
    return 'count_negative';
  }
  return Number.isInteger(value) || value === Number.POSITIVE_INFINITY
    ? 'count_over_limit'
    : 'count_not_whole';
}

function problemOfText(text: string): CountProblem | undefined {
  const word = text.trim();
  if (NOTHING.has(word.toLowerCase())) {
    return undefined;
  }
  if (word === 'NaN') {
    return 'count_is_nan';
  }
  if (NEGATIVE.test(word)) {
    return 'count_negative';
  }
  if (FRACTION.test(word)) {
    return 'count_not_whole';
  }
  return DIGITS.test(word) ? 'count_over_limit' : 'count_not_a_number';
}
