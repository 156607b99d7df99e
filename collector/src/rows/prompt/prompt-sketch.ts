/**
 * Sketches of prompts that came as text, maker `c1`: whether two are alike and where they begin alike, without a word.
 *
 * A sketch is 128 bytes. Each run of three words (shingle) falls into one of 16 bins in each of 8 rotations, and the
 * smallest value of a bin leaves one byte; an empty bin takes the value of another one (one-permutation hashing with
 * optimal densification: Li, Owen and Zhang 2012, Shrivastava 2017). Equal bytes tell the Jaccard similarity of the
 * shingles as MinHash of 128 permutations does, at a sixteenth of its work: collectors sketch every call, and
 * instrumentations (maker `m1`, instrumentation/core) their own alone. Two makers' sketches have nothing in common.
 *
 * All hashes are keyed by the tenant's secret: another tenant's sketches are unrelated, and without the secret nobody
 * can try out what a text may have been. A boundary is `{hash}.{size}` as `m1` has it: a rolling hash of everything up
 * to the end of a message, and its size in UTF-16 units, in base 36.
 */
import { createHash, createHmac } from 'node:crypto';
import { kindOfUnit, SIGN, WORD } from './word-units.ts';

export interface PromptMessage {
  /** What is compared word by word. */
  readonly words: string;
  /** The message as it stands: for a provider's cache it is the same or not. */
  readonly exact: string;
}

export const SKETCH_BYTES = 128;
const ROTATIONS = 8;
const SHINGLE_WORDS = 3;
const EMPTY = 0x7fffffff;
/** Of longer prompts the beginning is compared. */
const UNITS_MAX = 256 * 1024;
const BOUNDARIES_UNITS_MAX = 256;
/** What many conversations begin with alike; the last tell which conversation goes on. */
const FIRST_BOUNDARIES = 6;
const LAST_BOUNDARIES = 17;
const HASH_BYTES = 6;
const NOT_ASCII = /[^\0-\x7f]/;

export class PromptSketcher {
  private readonly boundaryKey: Buffer;
  private readonly seeds: Int32Array;
  private readonly factors: Int32Array;
  private readonly wordFactor: number;
  private readonly otherFactor: number;
  private readonly smallest = new Int32Array(SKETCH_BYTES);
  private readonly bytes = Buffer.alloc(SKETCH_BYTES);
  private words = 0;
  private before = 0;
  private last = 0;

  constructor(secret: Buffer) {
    const derived = (purpose: string) => createHmac('sha256', secret).update(purpose).digest();
    this.boundaryKey = derived('prompt boundaries');
    this.seeds = integersOf(derived('prompt seeds'));
    this.factors = integersOf(derived('prompt factors')).map((factor) => factor | 1);
    const [one = 0, other = 0] = integersOf(derived('prompt words'));
    this.wordFactor = one | 1;
    this.otherFactor = other | 1;
  }

  /** The bytes, which are filled again for the next prompt; undefined where nothing was said in words. */
  sketch(messages: readonly PromptMessage[]): Buffer | undefined {
    this.smallest.fill(EMPTY);
    let left = UNITS_MAX;
    let isAny = false;
    for (const { words } of messages) {
      if (left <= 0) break;
      isAny = this.addText(words.length > left ? words.slice(0, left) : words) || isAny;
      left -= words.length;
    }
    return isAny ? this.bytesOfSmallest() : undefined;
  }

  /** At the ends of the messages, with spaces between; of many, the first six and the last. */
  boundaries(messages: readonly PromptMessage[]): string {
    const hash = createHash('sha256').update(this.boundaryKey);
    const told: string[] = [];
    let size = 0;
    for (const [at, { exact }] of messages.entries()) {
      // With the length, so that no two messages run together into the same text.
      hash.update(`${exact.length}.`).update(exact);
      size += exact.length;
      if (at >= FIRST_BOUNDARIES && at < messages.length - LAST_BOUNDARIES) continue;
      const digest = hash.copy().digest().toString('base64url', 0, HASH_BYTES);
      told.push(`${digest}.${size.toString(36)}`);
    }
    return fitting(told);
  }

  /** Whether there was a word in it. */
  private addText(given: string): boolean {
    const text = NOT_ASCII.test(given) ? given.normalize('NFKC').toLowerCase() : given;
    const { wordFactor, otherFactor } = this;
    this.words = 0;
    let hash = 0;
    let other = 0;
    let isInWord = false;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      const kind = kindOfUnit(unit);
      if (isInWord && kind !== WORD) this.addWord(hash ^ Math.imul(other, wordFactor));
      if (kind === WORD || kind === SIGN) {
        const folded = unit >= 65 && unit <= 90 ? unit | 32 : unit;
        if (!isInWord || kind === SIGN) hash = other = 0;
        hash = Math.imul(hash ^ (folded + 1), wordFactor);
        other = Math.imul((other << 5) ^ (other >>> 27) ^ (folded + 1), otherFactor);
        if (kind === SIGN) this.addWord(hash ^ Math.imul(other, wordFactor));
      }
      isInWord = kind === WORD;
    }
    if (isInWord) this.addWord(hash ^ Math.imul(other, wordFactor));
    // What is shorter than a shingle is one.
    if (this.words > 0 && this.words < SHINGLE_WORDS) this.addShingle(mixed(this.last) + 1);
    return this.words > 0;
  }

  private addWord(hash: number): void {
    const word = mixed(hash);
    this.words += 1;
    if (this.words >= SHINGLE_WORDS) {
      this.addShingle(mixed(Math.imul(mixed(this.before) + this.last, this.otherFactor) + word));
    }
    this.before = this.words === 1 ? 0 : mixed(this.last);
    this.last = this.words === 2 ? word + this.before : word;
  }

  private addShingle(shingle: number): void {
    const { smallest, seeds, factors } = this;
    for (let rotation = 0; rotation < ROTATIONS; rotation++) {
      let value = Math.imul(shingle ^ seeds[rotation]!, factors[rotation]!);
      value ^= value >>> 15;
      // The upper four bits are the bin, the others what is compared. Neighbours in the sketch are of other rotations.
      const place = (value >>> 28) * ROTATIONS + rotation;
      const low = value & 0x0fffffff;
      if (low < smallest[place]!) smallest[place] = low;
    }
  }

  private bytesOfSmallest(): Buffer {
    const { smallest, bytes, seeds } = this;
    for (let place = 0; place < SKETCH_BYTES; place++) {
      const rotation = place % ROTATIONS;
      let from = place;
      // Something fell into each rotation, so that this ends.
      for (let attempt = 1; smallest[from] === EMPTY; attempt++) {
        const bin = mixed(Math.imul(place + 1, 0x9e3779b1) + attempt) >>> 28;
        from = bin * ROTATIONS + rotation;
      }
      bytes[place] = mixed(smallest[from]! ^ seeds[rotation]!) & 0xff;
    }
    return bytes;
  }
}

/** As many as fit: the first few, and from the last on. */
function fitting(boundaries: readonly string[]): string {
  const first = boundaries.slice(0, FIRST_BOUNDARIES);
  const last: string[] = [];
  let left = BOUNDARIES_UNITS_MAX - first.join(' ').length;
  for (const boundary of boundaries.slice(FIRST_BOUNDARIES).toReversed()) {
    left -= boundary.length + 1;
    if (left < 0) break;
    last.unshift(boundary);
  }
  return [...first, ...last].join(' ');
}

/** MurmurHash3's last step: every bit depends on every bit. */
function mixed(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

const integersOf = (bytes: Buffer): Int32Array =>
  Int32Array.from({ length: bytes.length / 4 }, (_, n) => bytes.readInt32LE(n * 4));
