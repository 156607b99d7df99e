/**
 * What was asked of a span while it was read, in the order of asking, as a tree: dialects are deterministic, so spans
 * that give the same answers are read alike. A question knows the answers seen before and what came after each.
 */
import { type AttributeList, VALUE } from '../../decode/attribute-list.ts';
import { ByteText } from '../../decode/byte-text.ts';
import type { SpanView } from '../../decode/span-view.ts';
import { NOTHING } from '../attribute-reader.ts';
import { NAME_ENDS } from '../span-condition.ts';
import { COUNT_MAX } from '../usage/counts.ts';
import type { CallTemplate } from './call-template.ts';

/** What can be asked. */
export const ASK = {
  /** The value of the attribute at a position. */
  value: 0,
  /** Whether the attribute at a position is a text that says something and is taken as it is. */
  text: 1,
  /** Whether the attribute at a position is a count. */
  count: 2,
  /** The instrumentation scope with its version. */
  scope: 3,
  name: 4,
  /** Whether the span's name begins with a text (`detail`). */
  nameBegins: 5,
  kind: 6,
  /** The value of a declared key of the resource, or that it is not there. */
  resource: 7,
} as const;

type Asked = (typeof ASK)[keyof typeof ASK];

/** One question as it was asked. */
export interface Asking {
  readonly ask: Asked;
  /** A position in the attribute list, or a key of the resource. */
  readonly at: number;
  readonly detail: string;
}

/** The span that is asked, with what is the same for all spans of its scope. */
export interface Asker {
  view: SpanView;
  /** Scope name and version; one object for equal ones. */
  scope: string;
  /** Position of a declared key in the resource's attributes, or -1. */
  resourcePosition(key: number): number;
}

/** What came of the answers. */
export interface Outcome {
  readonly isOutcome: true;
  /** `call`: as the template says. `none`: no call. `unlearned`: such spans have to be read by the dialects. */
  readonly kind: 'call' | 'none' | 'unlearned';
  readonly template: CallTemplate | undefined;
}

export const NO_CALL: Outcome = { isOutcome: true, kind: 'none', template: undefined };
export const UNLEARNED: Outcome = { isOutcome: true, kind: 'unlearned', template: undefined };

export type Step = Question | Outcome;

/** Beyond these a question is about data, not about kinds of spans: such spans are read by the dialects. */
const ANSWERS_MAX = 64;
const ANSWER_BYTES_MAX = 512;

interface Answer {
  readonly type: number;
  /** A string value, or the name. */
  readonly text: ByteText | undefined;
  /** A scalar value. */
  readonly number: number;
  readonly lo: number;
  readonly hi: number;
  readonly word: string | undefined;
  next: Step;
}

export class Question {
  readonly isOutcome = false;
  readonly ask: Asked;
  readonly at: number;
  readonly detail: string;
  private readonly beginning: ByteText;
  private readonly answers: Answer[] = [];
  private likely: Answer | undefined;
  private yes: Step | undefined;
  private no: Step | undefined;

  constructor({ ask, at, detail }: Asking) {
    this.ask = ask;
    this.at = at;
    this.detail = detail;
    this.beginning = new ByteText(Buffer.from(detail, 'utf8'));
  }

  /** Whether it is the same question. */
  is({ ask, at, detail }: Asking): boolean {
    return this.ask === ask && this.at === at && this.detail === detail;
  }

  /** What comes after this span's answer; undefined when it was never given. */
  next(asker: Asker): Step | undefined {
    switch (this.ask) {
      case ASK.text:
        return saysText(asker.view.attributes, this.at) ? this.yes : this.no;
      case ASK.count:
        return isCount(asker.view.attributes, this.at) ? this.yes : this.no;
      case ASK.nameBegins:
        return this.isBeginningOf(asker.view) ? this.yes : this.no;
      default:
        return this.nextByAnswer(asker);
    }
  }

  /** Takes up what comes after this span's answer. Returns what comes after it now, which may have been known. */
  learn(asker: Asker, next: Step): Step {
    const known = this.next(asker);
    if (known !== undefined) {
      return known;
    }
    if (this.ask === ASK.text || this.ask === ASK.count || this.ask === ASK.nameBegins) {
      this.learnYesOrNo(asker, next);
    } else {
      this.likely = { ...this.answerOf(asker), next };
      this.answers.push(this.likely);
    }
    return next;
  }

  private learnYesOrNo(asker: Asker, next: Step): void {
    const { view } = asker;
    const isYes =
      this.ask === ASK.nameBegins
        ? this.isBeginningOf(view)
        : this.ask === ASK.text
          ? saysText(view.attributes, this.at)
          : isCount(view.attributes, this.at);
    if (isYes) this.yes = next;
    else this.no = next;
  }

  private nextByAnswer(asker: Asker): Step | undefined {
    const { likely, answers } = this;
    if (likely !== undefined && this.isAnswer(asker, likely)) {
      return likely.next;
    }
    for (let i = 0; i < answers.length; i++) {
      if (this.isAnswer(asker, answers[i]!)) {
        this.likely = answers[i]!;
        return this.likely.next;
      }
    }
    return answers.length < ANSWERS_MAX && !this.isData(asker) ? undefined : UNLEARNED;
  }

  /** A long text tells data, not a kind of span, and is not kept. */
  private isData({ view: { attributes } }: Asker): boolean {
    return (
      this.ask === ASK.value &&
      attributes.valueEnd[this.at]! - attributes.valueStart[this.at]! > ANSWER_BYTES_MAX
    );
  }

  private isAnswer(asker: Asker, answer: Answer): boolean {
    const { view } = asker;
    switch (this.ask) {
      case ASK.value:
        return isSameValue(view.attributes, this.at, answer);
      case ASK.scope:
        return asker.scope === answer.word;
      case ASK.name:
        return answer.text!.isAt(view.data, view.nameStart, view.nameEnd);
      case ASK.kind:
        return view.kind === answer.number;
      default:
        return isSameValue(view.resource.attributes, asker.resourcePosition(this.at), answer);
    }
  }

  private answerOf(asker: Asker): Omit<Answer, 'next'> {
    const { view } = asker;
    switch (this.ask) {
      case ASK.value:
        return valueAnswer(view.attributes, this.at);
      case ASK.scope:
        return { ...ABSENT, word: asker.scope };
      case ASK.name:
        return { ...ABSENT, text: new ByteText(Buffer.from(view.nameText, 'utf8')) };
      case ASK.kind:
        return { ...ABSENT, number: view.kind };
      default:
        return valueAnswer(view.resource.attributes, asker.resourcePosition(this.at));
    }
  }

  private isBeginningOf({ bytes, data, nameStart, nameEnd }: SpanView): boolean {
    const end = nameStart + this.beginning.length;
    if (end > nameEnd || !this.beginning.isAt(data, nameStart, end)) {
      return false;
    }
    return end === nameEnd || NAME_ENDS.includes(String.fromCharCode(bytes[end]!));
  }
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
  if (list.bytes[start] === QUOTE) {
    return false;
  }
  return !NOTHING_LENGTHS.has(length) || !NOTHING.has(list.valueText(at)!);
}

const QUOTE = 0x22;
const NOTHING_LENGTHS: ReadonlySet<number> = new Set([...NOTHING].map((word) => word.length));

/** A whole number from 0 to COUNT_MAX, written as one. */
export function isCount(list: AttributeList, at: number): boolean {
  const number = list.number[at]!;
  return list.type[at] === VALUE.int && number >= 0 && number <= COUNT_MAX;
}

function isSameValue(list: AttributeList, at: number, answer: Answer): boolean {
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
const ABSENT = { type: -1, text: undefined, number: 0, lo: 0, hi: 0, word: undefined } as const;

function valueAnswer(list: AttributeList, at: number): Omit<Answer, 'next'> {
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
