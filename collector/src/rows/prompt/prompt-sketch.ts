/**
 * Sketches of prompts that came as text, maker `c1`: whether two are alike and where they begin alike, without a word.
 *
 * A sketch is 128 bytes. Each run of three words (shingle) falls into one of 32 bins in each of 4 rotations, and the
 * smallest value of a bin leaves one byte; an empty bin takes the value of another one (one-permutation hashing with
 * optimal densification: Li, Owen and Zhang 2012, Shrivastava 2017). Equal bytes tell the Jaccard similarity of the
 * shingles as MinHash of 128 permutations does, at a thirtieth of its work: collectors sketch every call, and
 * instrumentations (maker `m1`, instrumentation/core) their own alone. Two makers' sketches have nothing in common.
 *
 * All hashes are keyed by the tenant's secret: another tenant's sketches are unrelated, and without the secret nobody
 * can try out what a text may have been. A boundary is `{hash}.{size}` as `m1` has it: a rolling hash of everything up
 * to the end of a message, and its size in UTF-16 units, in base 36.
 */
import { createHash, createHmac } from 'node:crypto';
import { ASCII_FOLDED, kindOfUnit, SIGN, WORD } from './word-units.ts';

export interface PromptMessage {
  /** What is compared word by word. */
  readonly words: string;
  /** The message as it stands: for a provider's cache it is the same or not. */
  readonly exact: string;
}

export const SKETCH_BYTES = 128;
const ROTATIONS = 4;
/** Of a rotation; the number of its bits. */
const BIN_BITS = 5;
const SHINGLE_WORDS = 3;
const EMPTY = 0x7fffffff;
/** Of longer prompts the beginning is compared. */
const UNITS_MAX = 256 * 1024;
export const BOUNDARIES_UNITS_MAX = 256;
/** What many conversations begin with alike; the last tell which conversation goes on. */
const FIRST_BOUNDARIES = 6;
const LAST_BOUNDARIES = 17;
const HASH_BYTES = 6;
/** Of a value in a bin. */
const LOW_BITS = 0xffff_ffff >>> BIN_BITS;

export class PromptSketcher {
  private readonly boundaryKey: Buffer;
  private readonly seeds: Int32Array;
  private readonly factors: Int32Array;
  private readonly unitFactor: number;
  private readonly shingleFactor: number;
  private readonly wordSeed: number;
  /** Of the words of one text. */
  private hashes = new Int32Array(1024);
  private units = Buffer.alloc(1024);
  private readonly smallest = new Int32Array(SKETCH_BYTES);
  private readonly bytes = Buffer.alloc(SKETCH_BYTES);

  constructor(secret: Buffer) {
    const derived = (purpose: string) => createHmac('sha256', secret).update(purpose).digest();
    this.boundaryKey = derived('prompt boundaries');
    this.seeds = integersOf(derived('prompt seeds'));
    this.factors = integersOf(derived('prompt factors')).map((factor) => factor | 1);
    const [unit = 0, shingle = 0, word = 0] = integersOf(derived('prompt words'));
    this.unitFactor = unit | 1;
    this.shingleFactor = shingle | 1;
    this.wordSeed = word | 1;
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
  private addText(text: string): boolean {
    this.makeRoom(text.length);
    const count = this.hashAscii(text) ?? this.hashAny(folded(text));
    this.addShingles(count);
    return count > 0;
  }

  /** Hashes the words of most prompts. Returns how many; undefined where a text is not ASCII. */
  private hashAscii(text: string): number | undefined {
    const { unitFactor, wordSeed, hashes, units } = this;
    // Bytes are read in a third of the time of the units of a text.
    if (Buffer.byteLength(text) !== text.length) return undefined;
    units.write(text, 'latin1');
    let count = 0;
    let hash = wordSeed;
    for (let at = 0; at < text.length; at++) {
      const folded = ASCII_FOLDED[units[at]!]!;
      // Without a branch, for where words end is not to be foretold: all bits of `gap` are set between words.
      const gap = (folded - 1) >> 31;
      const begun = hash ^ wordSeed;
      hashes[count] = hash;
      count += gap & ((begun | -begun) >>> 31);
      hash = ((Math.imul(hash, unitFactor) + folded) & ~gap) | (wordSeed & gap);
    }
    if (hash !== wordSeed) hashes[count++] = hash;
    return count;
  }

  /** The same of any text, already folded. */
  private hashAny(text: string): number {
    this.makeRoom(text.length);
    const { unitFactor, wordSeed, hashes } = this;
    let count = 0;
    let hash = wordSeed;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      const kind = kindOfUnit(unit);
      if (kind !== WORD && hash !== wordSeed) {
        hashes[count++] = hash;
        hash = wordSeed;
      }
      if (kind === WORD) hash = (Math.imul(hash, unitFactor) + unit) | 0;
      else if (kind === SIGN) hashes[count++] = (Math.imul(wordSeed, unitFactor) + unit) | 0;
    }
    if (hash !== wordSeed) hashes[count++] = hash;
    return count;
  }

  /** A text has no more words than units. */
  private makeRoom(units: number): void {
    if (this.hashes.length > units) return;
    this.hashes = new Int32Array(2 * units);
    this.units = Buffer.alloc(2 * units);
  }

  /** Of each run of three words; what is shorter is one. */
  private addShingles(count: number): void {
    const { hashes, shingleFactor } = this;
    let before = 0;
    let last = 0;
    const least = Math.min(SHINGLE_WORDS, count);
    for (let at = 0; at < count; at++) {
      const word = mixed(hashes[at]!);
      const both = Math.imul(before, shingleFactor) + last;
      if (at + 1 >= least) this.addShingle(mixed(Math.imul(both, shingleFactor) + word));
      before = last;
      last = word;
    }
  }

  private addShingle(shingle: number): void {
    const { smallest, seeds, factors } = this;
    for (let rotation = 0; rotation < ROTATIONS; rotation++) {
      let value = Math.imul(shingle ^ seeds[rotation]!, factors[rotation]!);
      value ^= value >>> 15;
      // The upper bits are the bin, the others what is compared. Neighbours in the sketch are of other rotations.
      const place = (value >>> (32 - BIN_BITS)) * ROTATIONS + rotation;
      const low = value & LOW_BITS;
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
        const bin = mixed(Math.imul(place + 1, 0x9e3779b1) + attempt) >>> (32 - BIN_BITS);
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

/** A normal form may be 18 times as long. */
const folded = (text: string): string => text.normalize('NFKC').toLowerCase().slice(0, UNITS_MAX);

/** MurmurHash3's last step: every bit depends on every bit. */
function mixed(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

const integersOf = (bytes: Buffer): Int32Array =>
  Int32Array.from({ length: bytes.length / 4 }, (_, n) => bytes.readInt32LE(n * 4));
