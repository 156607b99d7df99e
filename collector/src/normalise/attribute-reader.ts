/**
 * Typed reads of one attribute list by declared keys. Coercions are those real emitters need
 * (numbers as strings, integral doubles); what does not fit is undefined, never a guess.
 */
import type { AttributeList } from '../decode/attribute-list.ts';
import { VALUE } from '../decode/attribute-list.ts';
import type { AttributeKeys, KeyId } from './attribute-keys.ts';
import { plainDecimal } from './decimal-text.ts';

const TAG_PREFIX = Buffer.from('aicost.tag.', 'utf8');
const WHOLE_TEXT = /^\d{1,18}$/;
/** Texts that emitters write for "nothing". */
const NOTHING = new Set(['', 'none', 'None', 'null', 'unknown', 'undefined']);

export class AttributeReader {
  private readonly keys: AttributeKeys;
  /** For each key, 1 + its position in the list, valid where `seenAt` is the current generation. */
  private positions = new Int32Array(0);
  private seenAt = new Uint32Array(0);
  private generation = 0;
  private list: AttributeList | undefined;
  private tagPositions: number[] = [];
  /** How many declared keys the list has; 0 means that no dialect can know this span. */
  known = 0;
  /** The declared keys the list has, in the first `known` places; a key that stands twice is there twice. */
  foundKeys = new Int32Array(64);

  constructor(keys: AttributeKeys) {
    this.keys = keys;
  }

  /** Points the reader at a list. Of a key that stands twice the last counts. */
  index(list: AttributeList): void {
    if (this.positions.length < this.keys.size) {
      this.positions = new Int32Array(this.keys.size);
      this.seenAt = new Uint32Array(this.keys.size);
      this.generation = 0;
    }
    this.generation++;
    this.list = list;
    this.known = 0;
    this.tagPositions.length = 0;
    const { bytes, keyStart, keyEnd, count } = list;
    for (let i = 0; i < count; i++) {
      const start = keyStart[i]!;
      const id = this.keys.find(bytes, start, keyEnd[i]!);
      if (id !== -1) {
        this.positions[id] = i;
        this.seenAt[id] = this.generation;
        this.remember(id);
      } else if (isTag(bytes, start, keyEnd[i]!)) {
        this.tagPositions.push(i);
      }
    }
  }

  get hasTags(): boolean {
    return this.tagPositions.length > 0;
  }

  private remember(id: KeyId): void {
    if (this.known === this.foundKeys.length) {
      const grown = new Int32Array(this.foundKeys.length * 2);
      grown.set(this.foundKeys);
      this.foundKeys = grown;
    }
    this.foundKeys[this.known] = id;
    this.known++;
  }

  has(key: KeyId): boolean {
    return this.seenAt[key] === this.generation;
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

  /** Pairs of `aicost.tag.<key>`; values that are not strings are left out. */
  tags(): [string, string][] {
    const pairs: [string, string][] = [];
    for (const at of this.tagPositions) {
      const value = this.list!.valueText(at);
      if (value !== undefined && value !== '') {
        pairs.push([this.list!.keyText(at).slice(TAG_PREFIX.length), value]);
      }
    }
    return pairs;
  }

  private at(key: KeyId): number {
    return this.seenAt[key] === this.generation ? this.positions[key]! : -1;
  }
}

function isTag(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start <= TAG_PREFIX.length || bytes[start] !== TAG_PREFIX[0]) {
    return false;
  }
  for (let i = 1; i < TAG_PREFIX.length; i++) {
    if (bytes[start + i] !== TAG_PREFIX[i]) {
      return false;
    }
  }
  return true;
}
