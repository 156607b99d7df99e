/** What an attribute of a span answers when it is asked for: its value, whether it is a text, whether it is a count. */
import { type AttributeList, VALUE } from '../../decode/attribute-list.ts';
import { ByteText } from '../../decode/byte-text.ts';
import { NOTHING } from '../attribute-reader.ts';
import { COUNT_MAX } from '../usage/counts.ts';

export interface Answer {
  readonly type: number;
  /** A string value, or the name. */
  readonly text: ByteText | undefined;
  /** A scalar value. */
  readonly number: number;
  readonly lo: number;
  readonly hi: number;
  readonly word: string | undefined;
}

/** A string that is not one of the words for nothing, and in no quotes of which a dialect might free it. */
export function saysText(list: AttributeList, at: number): boolean {
  if (list.type[at] !== VALUE.string) {
    return false;
  }
  const start = list.valueStart[at]!;
  const length = list.valueEnd[at]! - start;
  if (length === 0) {
    return false;
  }
  const first = list.bytes[start]!;
  if (first === QUOTE) {
    return false;
  }
  const mayBeNothing = length <= NOTHING_BYTES_MAX && BEGINS_NOTHING[first] === 1;
  return !mayBeNothing || !isNothing(list, at);
}

const QUOTE = 0x22;
const NOTHING_TEXTS = [...NOTHING].map((word) => new ByteText(Buffer.from(word)));
const NOTHING_BYTES_MAX = Math.max(...NOTHING_TEXTS.map(({ length }) => length));
/** 1 for the first letters of these words. */
const BEGINS_NOTHING = new Uint8Array(256);
for (const { bytes, length } of NOTHING_TEXTS) {
  if (length > 0) BEGINS_NOTHING[bytes[0]!] = 1;
}

function isNothing(list: AttributeList, at: number): boolean {
  const { data, valueStart, valueEnd } = list;
  return NOTHING_TEXTS.some((word) => word.isAt(data, valueStart[at]!, valueEnd[at]!));
}

/** A whole number from 0 to COUNT_MAX, written as one. */
export function isCount(list: AttributeList, at: number): boolean {
  const number = list.number[at]!;
  return list.type[at] === VALUE.int && number >= 0 && number <= COUNT_MAX;
}

/** Whether the attribute at a position has the value of the answer. */
export function isSameValue(list: AttributeList, at: number, answer: Answer): boolean {
  const type = at === -1 ? ABSENT.type : list.type[at]!;
  if (type !== answer.type) {
    return false;
  }
  switch (type) {
    case VALUE.int:
      return list.intLo[at] === answer.lo && list.intHi[at] === answer.hi;
    case VALUE.double:
    case VALUE.bool:
      return Object.is(list.number[at], answer.number);
    case VALUE.empty:
    case ABSENT.type:
      return true;
    case VALUE.string:
      return answer.text!.isAt(list.data, list.valueStart[at]!, list.valueEnd[at]!);
    default:
      return answer.text!.bytes.equals(
        list.bytes.subarray(list.valueStart[at]!, list.valueEnd[at]!),
      );
  }
}

/** The answer of an attribute that is not there. */
export const ABSENT = {
  type: -1,
  text: undefined,
  number: 0,
  lo: 0,
  hi: 0,
  word: undefined,
} as const;

export function valueAnswer(list: AttributeList, at: number): Answer {
  if (at === -1) {
    return ABSENT;
  }
  const type = list.type[at]!;
  const hasBytes = type === VALUE.string || type >= VALUE.array;
  const bytes = hasBytes ? list.bytes.subarray(list.valueStart[at], list.valueEnd[at]) : undefined;
  return {
    type,
    text: bytes === undefined ? undefined : new ByteText(Buffer.from(bytes)),
    number: list.number[at]!,
    lo: list.intLo[at]!,
    hi: list.intHi[at]!,
    word: undefined,
  };
}
