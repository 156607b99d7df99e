/**
 * The answers that lead to one outcome, side by side: spans of a kind follow each other, so the way that was gone last
 * is tried at once, without walking the tree of questions. What is the same for all spans of a resource or a name is
 * looked at once for them.
 */
import type { ByteText } from '../../decode/byte-text.ts';
import { isCount, isSameValue, saysText } from './attribute-answer.ts';
import { ASK, type AskedAnswer, type Asker, type Outcome } from './question.ts';

export class LearnedPath {
  readonly outcome: Outcome;
  private readonly scope: string | undefined;
  /** Looked at again when the resource is another. */
  private readonly ofResource: readonly AskedAnswer[];
  /** Looked at again when the name is another. */
  private readonly ofName: readonly AskedAnswer[];
  private readonly ofKind: readonly AskedAnswer[];
  private readonly texts: readonly AskedAnswer[];
  private readonly counts: readonly AskedAnswer[];
  private readonly values: readonly AskedAnswer[];
  private resource = -1;
  private name: ByteText | undefined;

  constructor(answers: readonly AskedAnswer[], outcome: Outcome) {
    const of = (...asks: number[]) => answers.filter(({ question }) => asks.includes(question.ask));
    this.outcome = outcome;
    this.scope = of(ASK.scope)[0]?.answer?.word;
    this.ofResource = of(ASK.resource);
    this.ofName = of(ASK.nameBegins, ASK.name);
    this.ofKind = of(ASK.kind);
    this.texts = of(ASK.text);
    this.counts = of(ASK.count);
    this.values = of(ASK.value);
  }

  /** Whether this span gives all these answers. */
  holds(asker: Asker): boolean {
    return (
      (this.scope === undefined || this.scope === asker.scope) &&
      this.holdsForValues(asker) &&
      this.holdsForResource(asker) &&
      this.holdsForName(asker) &&
      this.ofKind.every((one) => one.question.gives(asker, one)) &&
      this.holdsForHoles(asker)
    );
  }

  private holdsForValues({ view: { attributes } }: Asker): boolean {
    const { values } = this;
    for (let i = 0; i < values.length; i++) {
      const { at, answer } = values[i]!;
      if (!isSameValue(attributes, at, answer!)) return false;
    }
    return true;
  }

  private holdsForHoles({ view: { attributes } }: Asker): boolean {
    const { texts, counts } = this;
    for (let i = 0; i < texts.length; i++) {
      if (saysText(attributes, texts[i]!.at) !== texts[i]!.isYes) return false;
    }
    for (let i = 0; i < counts.length; i++) {
      if (isCount(attributes, counts[i]!.at) !== counts[i]!.isYes) return false;
    }
    return true;
  }

  private holdsForResource(asker: Asker): boolean {
    if (this.ofResource.length === 0 || this.resource === asker.resourceNumber) return true;
    if (!this.ofResource.every((one) => one.question.gives(asker, one))) return false;
    this.resource = asker.resourceNumber;
    return true;
  }

  private holdsForName(asker: Asker): boolean {
    const { data, nameStart, nameEnd } = asker.view;
    if (this.ofName.length === 0 || this.name?.isAt(data, nameStart, nameEnd)) return true;
    if (!this.ofName.every((one) => one.question.gives(asker, one))) return false;
    this.name = asker.nameText();
    return true;
  }
}
