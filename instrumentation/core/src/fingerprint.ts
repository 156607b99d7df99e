/**
 * Fingerprints of prompts: whether two are alike and where they begin alike, without a word of them.
 *
 * The fingerprint is `m1.` and 128 bytes in base64url, 174 characters: one byte a permutation of a MinHash over runs of
 * three words (shingles) of the normalised texts. Two texts have equal bytes with probability J + (1 − J) / 256, J
 * being the Jaccard similarity of their shingles (Li and König, b-bit minwise hashing, 2010); the standard deviation is
 * 0.045 at most. A boundary is `{hash}.{size}`: a rolling hash of everything up to the end of a message, exactly as it
 * stands, because a provider's cache reuses only what is the same to the byte; and how many UTF-16 units that is, in
 * base 36. Each step is keyed: without the secret nobody can try out what a text may have been. Neither is longer than
 * 256 characters: from there on a collector takes a text for content.
 */
import { createHmac } from 'node:crypto';
import { type SipKey, sipHash } from './sip-hash.ts';
import { eachWord } from './words.ts';

/** A message as it is fingerprinted. */
export interface SaidMessage {
  readonly role: string;
  /** What is compared word by word. */
  readonly words: string;
  /** Everything else of it, which is only the same or not. */
  readonly rest: string;
}

export interface PromptFingerprint {
  /** Undefined where nothing was said in words. */
  readonly fingerprint: string | undefined;
  /** At the ends of the messages, in their order, with spaces between; of many, the first six and the last. */
  readonly boundaries: string | undefined;
}

const VERSION = 'm1.';
const KEY_BYTES_MIN = 16;
const PERMUTATIONS = 128;
const SHINGLE_WORDS = 3;
/** Of longer prompts the beginning is compared: 256 Ki units take milliseconds. */
const UNITS_MAX = 256 * 1024;
const BOUNDARIES_UNITS_MAX = 256;
/** What many conversations begin with alike. The last tell which conversation goes on. */
const FIRST_BOUNDARIES = 6;
const HASH_BYTES = 6;
/** Words whose hashes are remembered between prompts; long ones are rare. */
const KNOWN_WORDS_MAX = 16_384;
const KNOWN_WORD_UNITS_MAX = 24;

export class Fingerprinter {
  private readonly wordKey: SipKey;
  private readonly boundaryKey: Buffer;
  /** A permutation is a multiplication by an odd factor and an addition. Signed, for those stay small integers. */
  private readonly factors: Int32Array;
  private readonly addends: Int32Array;
  private readonly smallest = new Int32Array(PERMUTATIONS);
  private readonly known = new Map<string, number>();
  private readonly knownHashes = new Uint32Array(KNOWN_WORDS_MAX * 2);
  private readonly hash = new Uint32Array(2);
  private readonly shingle = new ShingleHash();

  /** Throws RangeError where the secret has less than 16 bytes. */
  constructor(secret: string | Uint8Array) {
    const key = typeof secret === 'string' ? Buffer.from(secret) : secret;
    if (key.length < KEY_BYTES_MIN) {
      throw new RangeError(`a fingerprint key has ${key.length} bytes; at least ${KEY_BYTES_MIN}`);
    }
    const derived = (purpose: string) => createHmac('sha256', key).update(purpose).digest();
    const [k0, k1, k2, k3] = wordsOf(derived('words'));
    this.wordKey = [k0!, k1!, k2!, k3!];
    this.boundaryKey = derived('boundaries');
    const manyOf = (purpose: string) =>
      Buffer.concat(Array.from({ length: PERMUTATIONS / 8 }, (_, n) => derived(`${purpose} ${n}`)));
    this.factors = Int32Array.from(wordsOf(manyOf('factors')), (word) => word | 1);
    this.addends = Int32Array.from(wordsOf(manyOf('addends')));
  }

  of(messages: readonly SaidMessage[]): PromptFingerprint {
    return { fingerprint: this.minHash(messages), boundaries: this.boundaries(messages) };
  }

  private minHash(messages: readonly SaidMessage[]): string | undefined {
    this.smallest.fill(0x7fffffff);
    let left = UNITS_MAX;
    let isAny = false;
    for (const { words } of messages) {
      if (left <= 0) break;
      isAny = this.addText(words.length > left ? words.slice(0, left) : words) || isAny;
      left -= words.length;
    }
    if (!isAny) return undefined;
    const bytes = Buffer.from(Array.from(this.smallest, (value) => mixed(value) & 0xff));
    return VERSION + bytes.toString('base64url');
  }

  /** Whether there was a word in it. */
  private addText(text: string): boolean {
    const { shingle } = this;
    shingle.clear();
    eachWord(text, this.addWord);
    // What is shorter than a shingle is one.
    if (shingle.words > 0 && shingle.words < SHINGLE_WORDS) this.addShingle();
    return shingle.words > 0;
  }

  private readonly addWord = (word: string): void => {
    const { shingle, hash } = this;
    this.hashWord(word);
    shingle.add(hash[0]!, hash[1]!);
    if (shingle.words >= SHINGLE_WORDS) this.addShingle();
  };

  private hashWord(word: string): void {
    const { known, knownHashes, hash } = this;
    const at = known.get(word);
    if (at !== undefined) {
      hash[0] = knownHashes[at]!;
      hash[1] = knownHashes[at + 1]!;
      return;
    }
    sipHash(this.wordKey, word, hash);
    if (word.length > KNOWN_WORD_UNITS_MAX) return;
    if (known.size >= KNOWN_WORDS_MAX) known.clear();
    const free = known.size * 2;
    known.set(word, free);
    knownHashes.set(hash, free);
  }

  private addShingle(): void {
    const { smallest, factors, addends } = this;
    const { hash } = this.shingle;
    for (let n = 0; n < PERMUTATIONS; n++) {
      const value = (Math.imul(hash, factors[n]!) + addends[n]!) | 0;
      if (value < smallest[n]!) smallest[n] = value;
    }
  }

  private boundaries(messages: readonly SaidMessage[]): string | undefined {
    const told: string[] = [];
    let before = Buffer.alloc(0);
    let size = 0;
    for (const { role, words, rest } of messages) {
      // With the lengths, so that no two messages run together into the same text.
      const head = `${role.length}.${words.length}.${rest.length}.`;
      const hmac = createHmac('sha256', this.boundaryKey).update(before).update(head);
      before = hmac.update(role).update(words).update(rest).digest();
      size += words.length + rest.length;
      told.push(`${before.toString('base64url', 0, HASH_BYTES)}.${size.toString(36)}`);
    }
    return told.length === 0 ? undefined : fitting(told);
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

/** One hash of the last few words, in their order. */
class ShingleHash {
  words = 0;
  hash = 0;
  private readonly last = new Int32Array(SHINGLE_WORDS * 2);

  clear(): void {
    this.words = 0;
    this.last.fill(0);
  }

  add(low: number, high: number): void {
    const { last } = this;
    this.words += 1;
    last.copyWithin(0, 2);
    last[last.length - 2] = low;
    last[last.length - 1] = high;
    let hash = 0;
    for (let n = 0; n < last.length; n++) hash = mixed(hash ^ last[n]!);
    this.hash = hash;
  }
}

/** MurmurHash3's last step: every bit depends on every bit. */
function mixed(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

const wordsOf = (bytes: Buffer): Uint32Array =>
  Uint32Array.from({ length: bytes.length / 4 }, (_, n) => bytes.readUInt32LE(n * 4));
