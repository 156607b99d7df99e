/** Attribute values that are no strings, as text (attribute-text.ts): those that come again are rendered once. */
import { type AttributeList, VALUE } from '../decode/attribute-list.ts';
import { TextMemo } from '../decode/text-memo.ts';
import { attributeText } from './attribute-text.ts';

/** Temperatures and the like are few; each has one place, which the next one with the same hash takes. */
const PLACES = 256;

export class RenderedValues {
  private readonly doubles = new Float64Array(PLACES).fill(Number.NaN);
  private readonly doubleTexts: string[] = new Array(PLACES).fill('');
  private readonly bits = new Float64Array(1);
  private readonly words = new Int32Array(this.bits.buffer);
  /** Lists of the same bytes are the same text only where they are of one type. */
  private readonly arrays = this.memo();
  private readonly kvlists = this.memo();
  private list: AttributeList | undefined;
  private at = 0;

  /** The text of entry `i`, which is no string. */
  textOf(list: AttributeList, i: number): string {
    switch (list.type[i]) {
      case VALUE.double:
        return this.doubleText(list, i);
      case VALUE.bool:
        return list.number[i] === 1 ? 'true' : 'false';
      case VALUE.array:
        return this.listText(this.arrays, list, i);
      case VALUE.kvlist:
        return this.listText(this.kvlists, list, i);
      default:
        return attributeText(list, i);
    }
  }

  private doubleText(list: AttributeList, i: number): string {
    const value = list.number[i]!;
    this.bits[0] = value;
    const hash = Math.imul(this.words[0]! ^ this.words[1]!, 0x9e3779b1);
    const place = hash >>> 24;
    if (this.doubles[place] !== value) {
      this.doubles[place] = value;
      this.doubleTexts[place] = attributeText(list, i);
    }
    return this.doubleTexts[place]!;
  }

  private listText(memo: TextMemo, list: AttributeList, i: number): string {
    this.list = list;
    this.at = i;
    return memo.textOf(list.bytes, list.valueStart[i]!, list.valueEnd[i]!);
  }

  private memo(): TextMemo {
    return new TextMemo(() => attributeText(this.list!, this.at));
  }
}
