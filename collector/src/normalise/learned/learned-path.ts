/**
 * The answers that lead to one outcome, side by side: spans of a kind follow each other, so the way that was gone last
 * is tried at once, without walking the tree of questions. What is the same for all spans of a resource or a name is
 * looked at once for them.
 */
import type { ByteText } from '../../decode/byte-text.ts';
import { type Answer, isCount, isSameValue, saysText } from './attribute-answer.ts';
import { ASK, type AskedAnswer, type Asker, type Outcome } from './question.ts';

export class LearnedPath {
  readonly outcome: Outcome;
  private readonly scope: string | undefined;
  /** Looked at again when the resource is another. */
  private readonly ofResource: readonly AskedAnswer[];
  /** Looked at again when the name is another. */
  private readonly ofName: readonly AskedAnswer[];
  private readonly ofKind: readonly AskedAnswer[];
  /** Positions of values, and what stands there. */
  private readonly values: Int32Array;
  private readonly answers: readonly Answer[];
  /** Positions of what is a text or a count, and of what is none. */
  private readonly texts: Int32Array;
  private readonly noTexts: Int32Array;
  private readonly counts: Int32Array;
  private readonly noCounts: Int32Array;
  private resource = -1;
  private name: ByteText | undefined;

  constructor(answers: readonly AskedAnswer[], outcome: Outcome) {
    const of = (...asks: number[]) => answers.filter(({ question }) => asks.includes(question.ask));
    this.outcome = outcome;
    this.scope = of(ASK.scope)[0]?.answer?.word;
    this.ofResource = of(ASK.resource);
    this.ofName = of(ASK.nameBegins, ASK.name);
    this.ofKind = of(ASK.kind);
    const [texts, counts, values] = [of(ASK.text), of(ASK.count), of(ASK.value)];
    this.texts = positions(texts.filter(({ isYes }) => isYes));
    this.noTexts = positions(texts.filter(({ isYes }) => !isYes));
    this.counts = positions(counts.filter(({ isYes }) => isYes));
    this.noCounts = positions(counts.filter(({ isYes }) => !isYes));
    this.values = positions(values);
    this.answers = values.map(({ answer }) => answer!);
  }

  /** Whether this span gives all these answers. */
  holds(asker: Asker): boolean {
    return (
      (this.scope === undefined || this.scope === asker.scope) &&
      this.holdsForValues(asker) &&
      this.holdsForResource(asker) &&
      this.holdsForName(asker) &&
      (this.ofKind.length === 0 || allGiven(this.ofKind, asker)) &&
      this.holdsForHoles(asker)
    );
  }

  private holdsForValues({ view: { attributes } }: Asker): boolean {
    const { values, answers } = this;
    for (let i = 0; i < values.length; i++) {
      if (!isSameValue(attributes, values[i]!, answers[i]!)) return false;
    }
    return true;
  }

  private holdsForHoles({ view: { attributes } }: Asker): boolean {
    const { texts, noTexts, counts, noCounts } = this;
    for (let i = 0; i < texts.length; i++) if (!saysText(attributes, texts[i]!)) return false;
    for (let i = 0; i < counts.length; i++) if (!isCount(attributes, counts[i]!)) return false;
    for (let i = 0; i < noTexts.length; i++) if (saysText(attributes, noTexts[i]!)) return false;
    for (let i = 0; i < noCounts.length; i++) if (isCount(attributes, noCounts[i]!)) return false;
    return true;
  }

  private holdsForResource(asker: Asker): boolean {
    if (this.ofResource.length === 0 || this.resource === asker.resourceNumber) return true;
    if (!allGiven(this.ofResource, asker)) return false;
    this.resource = asker.resourceNumber;
    return true;
  }

  private holdsForName(asker: Asker): boolean {
    const { data, nameStart, nameEnd } = asker.view;
    if (this.ofName.length === 0 || this.name?.isAt(data, nameStart, nameEnd)) return true;
    if (!allGiven(this.ofName, asker)) return false;
    this.name = asker.nameText();
    return true;
  }
}

function allGiven(answers: readonly AskedAnswer[], asker: Asker): boolean {
  return answers.every((one) => one.question.gives(asker, one));
}

function positions(answers: readonly AskedAnswer[]): Int32Array {
  return Int32Array.from(answers, ({ at }) => at);
}
