/**
 * Typed reads of one attribute list by declared keys. Coercions are those real emitters need
 * (numbers as strings, integral doubles); what does not fit is undefined, never a guess.
 */
import type { AttributeList } from '../decode/attribute-list.ts';
import { VALUE } from '../decode/attribute-list.ts';
import type { AttributeKeys, KeyId } from './attribute-keys.ts';
import { measuredQuantity, plainDecimal } from './decimal-text.ts';
import { KeyPositions } from './key-positions.ts';
import { distinctTags, type Tag, tagsOf } from './tag-keys.ts';
import { type CountProblem, problemOfAttribute } from './usage/unreadable-count.ts';

const WHOLE_TEXT = /^\d{1,18}$/;
/** Texts that emitters write for "nothing". */
export const NOTHING: ReadonlySet<string> = new Set([
  '',
  'none',
  'None',
  'null',
  'unknown',
  'undefined',
]);

export class AttributeReader {
  protected readonly keys: AttributeKeys;
  protected list: AttributeList | undefined;
  protected positions: KeyPositions | undefined;

  constructor(keys: AttributeKeys) {
    this.keys = keys;
  }

  /** Points the reader at a list whose keys stand at these positions. */
  point(list: AttributeList, positions: KeyPositions): void {
    this.list = list;
    this.positions = positions;
  }

  /** Points the reader at a list of unknown shape. */
  index(list: AttributeList): void {
    this.point(list, new KeyPositions(list, this.keys));
  }

  /** The declared keys that the list has. */
  get foundKeys(): readonly KeyId[] {
    return this.positions?.foundKeys ?? [];
  }

  /** Whether the list has a declared key or a tag. */
  get tellsAnything(): boolean {
    return this.positions !== undefined && this.foundKeys.length + this.positions.tags.length > 0;
  }

  has(key: KeyId): boolean {
    return this.positionOf(key) !== -1;
  }

  hasOneOf(keys: readonly KeyId[]): boolean {
    return keys.some((key) => this.has(key));
  }

  /** A string value that says something; undefined for other types and for words that mean nothing. */
  text(key: KeyId): string | undefined {
    const at = this.at(key);
    const value = at === -1 ? undefined : this.list!.valueText(at);
    return value === undefined || NOTHING.has(value) ? undefined : value;
  }

  /** The first of these keys that has a text. */
  firstText(keys: readonly KeyId[]): string | undefined {
    for (const key of keys) {
      const value = this.text(key);
      if (value !== undefined) {
        return value;
      }
    }
    return undefined;
  }

  /**
   * `firstText` of a text that is only handed on, never looked at: then the reading of a span can be learned for spans
   * with other texts there (learned/).
   */
  passedText(keys: readonly KeyId[]): string | undefined {
    return this.firstText(keys);
  }

  /** `firstWhole` of a count of usage, which is looked at only where counts are made disjoint. */
  count(keys: readonly KeyId[]): bigint | undefined {
    return this.firstWhole(keys);
  }

  /** `firstWhole` of a number of units: searches, images, … */
  counted(keys: readonly KeyId[]): bigint | undefined {
    return this.firstWhole(keys);
  }

  /** The first of these keys that has a measured quantity ≥ 0, in 1e-9 of its unit. */
  measured(keys: readonly KeyId[]): bigint | undefined {
    const text = this.firstUsd(keys);
    return text === undefined ? undefined : measuredQuantity(text);
  }

  /** Why none of these keys tells a count, where one is meant to; they have none that is readable. */
  countProblem(keys: readonly KeyId[]): CountProblem | undefined {
    for (const key of keys) {
      const at = this.at(key);
      const problem = at === -1 ? undefined : problemOfAttribute(this.list!, at);
      if (problem !== undefined) {
        return problem;
      }
    }
    return undefined;
  }

  /** A whole number ≥ 0 (int, integral double, or digits in a string); undefined for anything else. */
  whole(key: KeyId): bigint | undefined {
    const at = this.at(key);
    if (at === -1) {
      return undefined;
    }
    const list = this.list!;
    switch (list.type[at]) {
      case VALUE.int: {
        const value = list.valueInt(at);
        return value !== undefined && value >= 0n ? value : undefined;
      }
      case VALUE.double: {
        const value = list.number[at]!;
        return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
      }
      case VALUE.string: {
        const value = list.valueText(at)!.trim();
        return WHOLE_TEXT.test(value) ? BigInt(value) : undefined;
      }
      default:
        return undefined;
    }
  }

  /** The first of these keys that has a whole number: synonyms are alternatives, never summed. */
  firstWhole(keys: readonly KeyId[]): bigint | undefined {
    for (const key of keys) {
      const value = this.whole(key);
      if (value !== undefined) {
        return value;
      }
    }
    return undefined;
  }

  /** An amount ≥ 0 as a plain decimal of at most 18 places (double, int, or digits in a string). */
  usd(key: KeyId): string | undefined {
    const at = this.at(key);
    if (at === -1) {
      return undefined;
    }
    const list = this.list!;
    const number = list.valueInt(at) ?? list.valueDouble(at);
    const text = number === undefined ? list.valueText(at)?.trim() : String(number);
    return text === undefined ? undefined : plainDecimal(text);
  }

  /** The first of these keys that has an amount. */
  firstUsd(keys: readonly KeyId[]): string | undefined {
    for (const key of keys) {
      const value = this.usd(key);
      if (value !== undefined) {
        return value;
      }
    }
    return undefined;
  }

  /** A bool, or the words true/false in a string. */
  flag(key: KeyId): boolean | undefined {
    const at = this.at(key);
    if (at === -1) {
      return undefined;
    }
    const list = this.list!;
    if (list.type[at] === VALUE.bool) {
      return list.valueBool(at);
    }
    const word = list.valueText(at)?.toLowerCase();
    return word === 'true' ? true : word === 'false' ? false : undefined;
  }

  /** What `aicost.tag.<key>` and the emitters' own names for it say; the application's own come first. */
  tags(): Tag[] {
    const { list, positions } = this;
    return list === undefined || positions === undefined || positions.tags.length === 0
      ? []
      : distinctTags(
          positions.tags.map(({ at, form }) => ({
            tags: tagsOf(list, at, form),
            isOwn: form.kind === 'value' && form.isOwn === true,
          })),
        );
  }

  /** Where the key's value is to be looked at, or -1. Every look goes through here. */
  protected at(key: KeyId): number {
    return this.positionOf(key);
  }

  /** Where the key stands, or -1: that it stands there is all that is seen. */
  positionOf(key: KeyId): number {
    return this.positions === undefined ? -1 : this.positions.of(key);
  }
}
