/**
 * Which sketches have a band in common with another one. Only these can be near-identical to any, so that prompts like
 * no other, mostly the most by far, are done with before sketches are compared.
 * Values are looked up in a table that stays in the processor's cache: one band after the other, and of a band one
 * part of the values after the other. A table of all would be waited for a hundred nanoseconds each time.
 * Invariant: no sketch that shares a band is missed. (Sketches of two makers count as sharing one: they are told apart
 * where they are compared.)
 */
import type { SketchPages } from './sketch-pages.ts';

const PART_BITS = 6;
const PARTS = 1 << PART_BITS;

/** 1 for each that shares a band, by its number. `bands` is a multiple of four. */
export function findShared(sketches: SketchPages, count: number, bands: number): Uint8Array {
  const isShared = new Uint8Array(count);
  const column = () => new Int32Array(count);
  const four = [column(), column(), column(), column()] as const;
  const parts = new ValueParts(count);
  for (let band = 0; band < bands; band += four.length) {
    sketches.copyFourWords(band, four);
    for (const values of four) {
      parts.divide(values);
      for (let part = 0; part < PARTS; part++) parts.markShared(part, isShared);
    }
  }
  return isShared;
}

/** The values of a band, hashed and divided by their upper bits. */
class ValueParts {
  /** Of each part: the hashes, and the number of each. A hash is its value turned over, no two have the same. */
  private readonly hashes: Int32Array;
  private readonly numbers: Int32Array;
  private readonly ends = new Int32Array(PARTS + 1);
  /** Open addressing: a hash, and its first number + 1. */
  private readonly table: Int32Array;

  constructor(count: number) {
    this.hashes = new Int32Array(count);
    this.numbers = new Int32Array(count);
    this.table = new Int32Array(2 << slotBitsFor(count));
  }

  divide(values: Int32Array): void {
    const { hashes, numbers, ends } = this;
    ends.fill(0);
    for (let n = 0; n < values.length; n++) {
      const hash = Math.imul(values[n]!, HASH_FACTOR);
      values[n] = hash;
      const part = (hash >>> (32 - PART_BITS)) + 1;
      ends[part] = ends[part]! + 1;
    }
    for (let part = 1; part <= PARTS; part++) ends[part] = ends[part]! + ends[part - 1]!;
    const places = ends.slice();
    for (let n = 0; n < values.length; n++) {
      const hash = values[n]!;
      const part = hash >>> (32 - PART_BITS);
      const place = places[part]!;
      places[part] = place + 1;
      hashes[place] = hash;
      numbers[place] = n;
    }
  }

  markShared(part: number, isShared: Uint8Array): void {
    const { hashes, numbers, table } = this;
    const [from, to] = [this.ends[part]!, this.ends[part + 1]!];
    const slotBits = slotBitsFor(to - from);
    const mask = (1 << slotBits) - 1;
    table.fill(0, 0, 2 << slotBits);
    for (let at = from; at < to; at++) {
      const hash = hashes[at]!;
      // The bits below those that are the same in the whole part.
      let slot = (hash << PART_BITS) >>> (32 - slotBits);
      while (table[2 * slot + 1] !== 0 && table[2 * slot] !== hash) slot = (slot + 1) & mask;
      const held = table[2 * slot + 1]!;
      if (held === 0) {
        table[2 * slot] = hash;
        table[2 * slot + 1] = at + 1;
      } else {
        isShared[numbers[held - 1]!] = 1;
        isShared[numbers[at]!] = 1;
      }
    }
  }
}

/** Odd, so that it makes another hash of each value: the golden ratio, which spreads them. */
const HASH_FACTOR = 0x9e3779b1;

/** At most half of the slots are taken; at least two bits, for a shift by 32 would be one by 0. */
const slotBitsFor = (count: number): number => 33 - Math.clz32(Math.max(1, count));
