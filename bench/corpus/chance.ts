/**
 * Chance with a seed, in the shapes that production has: few values often and many seldom (Zipf), durations and sizes
 * with a long tail (log-normal), ids of random bytes. Invariant: the same seed tells the same story on every machine.
 */

const TWO_32 = 4_294_967_296;
const BASE_62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const HEX_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Values of which the n-th is drawn with weight 1 / n^`exponent`. */
export interface Ranked<T> {
  readonly values: readonly T[];
  readonly cumulative: Float64Array;
}

/** The first value is the most frequent one. */
export function ranked<T>(values: readonly T[], exponent: number): Ranked<T> {
  const cumulative = new Float64Array(values.length);
  let sum = 0;
  for (let n = 0; n < values.length; n++) {
    sum += 1 / (n + 1) ** exponent;
    cumulative[n] = sum;
  }
  return { values, cumulative };
}

export class Chance {
  private state: number;
  private spareNormal: number | undefined;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Mulberry32: 32 bits. */
  bits(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** In [0, 1). */
  share(): number {
    return this.bits() / TWO_32;
  }

  /** A whole number, both ends included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.share() * (max - min + 1));
  }

  happens(probability: number): boolean {
    return this.share() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.whole(0, values.length - 1)]!;
  }

  ranked<T>({ values, cumulative }: Ranked<T>): T {
    const wanted = this.share() * cumulative[cumulative.length - 1]!;
    let [low, high] = [0, cumulative.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return values[low]!;
  }

  weighted<T>(values: readonly (readonly [T, number])[]): T {
    const total = values.reduce((sum, [, weight]) => sum + weight, 0);
    let left = this.share() * total;
    for (const [value, weight] of values) {
      left -= weight;
      if (left < 0) return value;
    }
    return values.at(-1)![0];
  }

  /** Log-normal: half lie below `median`; `sigma` is the spread of the logarithm. */
  around(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.normal());
  }

  /** Log-normal and whole, at least 1. */
  wholeAround(median: number, sigma: number): number {
    return Math.max(1, Math.round(this.around(median, sigma)));
  }

  /** Waiting time until the next of events that come at random, `mean` apart. */
  wait(mean: number): number {
    return -Math.log(1 - this.share()) * mean;
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let n = 0; n < count; n++) bytes[n] = this.bits() & 0xff;
    return bytes;
  }

  /** Letters and digits, as in the ids of answers. */
  letters(count: number): string {
    let text = '';
    for (let n = 0; n < count; n++) text += BASE_62[this.bits() % 62];
    return text;
  }

  hex(bytes: number): string {
    let text = '';
    for (let n = 0; n < bytes; n++) text += HEX_BYTES[this.bits() & 0xff];
    return text;
  }

  uuid(): string {
    const hex = this.hex(16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  private normal(): number {
    const spare = this.spareNormal;
    if (spare !== undefined) {
      this.spareNormal = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.share()));
    const angle = 2 * Math.PI * this.share();
    this.spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}
