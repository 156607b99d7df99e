/**
 * Numbers in the order of unsigned keys of 64 bits, by radix: a million in some 80 ms, where comparing them by a
 * function would take seconds. Numbers with equal keys stay in their order.
 */
const DIGITS = 0x10000;

/** The numbers below `count` by the first key, then by the next. Of each key a number has two words, the lower one first. */
export function orderBy(count: number, keys: readonly Uint32Array[]): Uint32Array {
  let order = Uint32Array.from({ length: count }, (_, n) => n);
  let other = new Uint32Array(count);
  for (const words of keys.toReversed()) {
    for (let digit = 0; digit < 4; digit++) {
      if (!sortByDigit({ order, into: other, words, digit })) continue;
      [order, other] = [other, order];
    }
  }
  return order;
}

interface Pass {
  readonly order: Uint32Array;
  readonly into: Uint32Array;
  readonly words: Uint32Array;
  readonly digit: number;
}

/** False: all have the same digit, and nothing was done. */
function sortByDigit({ order, into, words, digit }: Pass): boolean {
  const word = digit >> 1;
  const shift = (digit & 1) * 16;
  const starts = new Uint32Array(DIGITS);
  for (const number of order) {
    const value = (words[2 * number + word]! >>> shift) & 0xffff;
    starts[value] = starts[value]! + 1;
  }
  let start = 0;
  for (let value = 0; value < DIGITS; value++) {
    const count = starts[value]!;
    if (count === order.length) return false;
    starts[value] = start;
    start += count;
  }
  for (const number of order) {
    const value = (words[2 * number + word]! >>> shift) & 0xffff;
    const place = starts[value]!;
    into[place] = number;
    starts[value] = place + 1;
  }
  return true;
}
