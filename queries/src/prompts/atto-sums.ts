/**
 * Exact sums of money, one a place, in typed arrays: a million of them take 16 MB and no object each.
 * A sum is a signed integer of 128 bits in four words, as a Decimal(38, 18) of the engine is: atto-dollars.
 */
const WORDS = 4;
const WORD_MAX = 0xffff_ffff;
const TOP_BITS = 0x8000_0000;

export class AttoSums {
  private words: Uint32Array;

  constructor(places: number) {
    this.words = new Uint32Array(places * WORDS);
  }

  /** Twice the places, the new ones at 0. */
  grow(): void {
    const before = this.words;
    this.words = new Uint32Array(before.length * 2);
    this.words.set(before);
  }

  /** Adds the amount whose four words lie in `from` at `at`, the lowest first. */
  add(place: number, from: Uint32Array, at: number): void {
    const { words } = this;
    const to = place * WORDS;
    let carry = 0;
    for (let n = 0; n < WORDS; n++) {
      const sum = words[to + n]! + from[at + n]! + carry;
      words[to + n] = sum;
      carry = sum > WORD_MAX ? 1 : 0;
    }
  }

  addOf(place: number, others: AttoSums, otherPlace: number): void {
    this.add(place, others.words, otherPlace * WORDS);
  }

  of(place: number): bigint {
    const at = place * WORDS;
    let sum = 0n;
    for (let n = WORDS - 1; n >= 0; n--) sum = (sum << 32n) | BigInt(this.words[at + n]!);
    return BigInt.asIntN(128, sum);
  }

  /** Above 0: the sum is more than the other one. */
  compare(place: number, others: AttoSums, otherPlace: number): number {
    const [at, otherAt] = [place * WORDS, otherPlace * WORDS];
    for (let n = WORDS - 1; n >= 0; n--) {
      // The sign is in the upper bit: with it turned over, negative amounts are less than the others.
      const turned = n === WORDS - 1 ? TOP_BITS : 0;
      const word = (this.words[at + n]! ^ turned) >>> 0;
      const other = (others.words[otherAt + n]! ^ turned) >>> 0;
      if (word !== other) return word - other;
    }
    return 0;
  }
}
