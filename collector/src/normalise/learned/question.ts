/**
 * What was asked of a span while it was read, in the order of asking, as a tree: dialects are deterministic, so spans
 * that give the same answers are read alike. A question knows the answers seen before and what came after each.
 */
import { ByteText } from '../../decode/byte-text.ts';
import type { SpanView } from '../../decode/span-view.ts';
import { NAME_ENDS } from '../span-condition.ts';
import {
  ABSENT,
  type Answer,
  isCount,
  isSameValue,
  saysText,
  valueAnswer,
} from './attribute-answer.ts';
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
  /** Another for each resource that is shown. */
  resourceNumber: number;
  /** Position of a declared key in the resource's attributes, or -1. */
  resourcePosition(key: number): number;
  /** The span's name, to be kept. */
  nameText(): ByteText;
}

/** What came of the answers: one object for each way through the questions. */
export class Outcome {
  readonly isOutcome = true;
  /** `call`: as the template says. `none`: no call. `unlearned`: such spans have to be read by the dialects. */
  readonly kind: 'call' | 'none' | 'unlearned';
  readonly template: CallTemplate | undefined;

  constructor(kind: Outcome['kind'], template?: CallTemplate) {
    this.kind = kind;
    this.template = template;
  }
}

/** One answer of a span. */
export interface AskedAnswer {
  readonly question: Question;
  readonly at: number;
  /** Where the question asks whether. */
  readonly isYes: boolean;
  /** Where it asks what. */
  readonly answer: Answer | undefined;
}

export type Step = Question | Outcome;

/** Beyond these a question is about data, not about kinds of spans: such spans are read by the dialects. */
const ANSWERS_MAX = 64;
const ANSWER_BYTES_MAX = 512;

type KnownAnswer = Answer & { next: Step };

export class Question {
  readonly isOutcome = false;
  readonly ask: Asked;
  readonly at: number;
  readonly detail: string;
  private readonly beginning: ByteText;
  private readonly answers: KnownAnswer[] = [];
  private likely: KnownAnswer | undefined;
  private yes: Step | undefined;
  private no: Step | undefined;
  private readonly tooMany = new Outcome('unlearned');

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
      case ASK.count:
      case ASK.nameBegins:
        return this.isYes(asker.view) ? this.yes : this.no;
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
    if (this.asksWhether) {
      if (this.isYes(asker.view)) this.yes = next;
      else this.no = next;
    } else {
      this.likely = { ...this.answerOf(asker), next };
      this.answers.push(this.likely);
    }
    return next;
  }

  /** This span's answer, which was given before. */
  answer(asker: Asker): AskedAnswer {
    const { at } = this;
    if (this.asksWhether) {
      return { question: this, at, isYes: this.isYes(asker.view), answer: undefined };
    }
    const answer = this.answers.find((one) => this.isAnswer(asker, one));
    return { question: this, at, isYes: false, answer };
  }

  /** Whether this span gives the answer that another gave. */
  gives(asker: Asker, { isYes, answer }: AskedAnswer): boolean {
    return this.asksWhether
      ? this.isYes(asker.view) === isYes
      : answer !== undefined && this.isAnswer(asker, answer);
  }

  private get asksWhether(): boolean {
    return this.ask === ASK.text || this.ask === ASK.count || this.ask === ASK.nameBegins;
  }

  private isYes(view: SpanView): boolean {
    if (this.ask === ASK.nameBegins) return this.isBeginningOf(view);
    return this.ask === ASK.text
      ? saysText(view.attributes, this.at)
      : isCount(view.attributes, this.at);
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
    return answers.length < ANSWERS_MAX && !this.isData(asker) ? undefined : this.tooMany;
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

  private answerOf(asker: Asker): Answer {
    const { view } = asker;
    switch (this.ask) {
      case ASK.value:
        return valueAnswer(view.attributes, this.at);
      case ASK.scope:
        return { ...ABSENT, word: asker.scope };
      case ASK.name:
        return { ...ABSENT, text: asker.nameText() };
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
