/**
 * Which sketches have a band in common with another one. Only these can be near-identical to any, so that prompts like
 * no other, mostly the most by far, are done with before sketches are compared.
 * One band after the other, so that the table in hand is small: one for all bands would be looked up in memory.
 * Invariant: no sketch that shares a band is missed. (Sketches of two makers count as sharing one: they are told apart
 * where they are compared.)
 */
import type { SketchPages } from './sketch-pages.ts';

/** 1 for each that shares a band, by its number. */
export function findShared(sketches: SketchPages, count: number, bands: number): Uint8Array {
  const isShared = new Uint8Array(count);
  const values = new Int32Array(count);
  const table = new BandTable(count);
  for (let band = 0; band < bands; band++) {
    sketches.copyWords(band, values);
    table.clear();
    for (let number = 0; number < count; number++) {
      const other = table.add(values[number]!, number);
      if (other !== -1) isShared[other] = isShared[number] = 1;
    }
  }
  return isShared;
}

/** The first number with each value: open addressing, value and number + 1 beside each other. */
class BandTable {
  private readonly entries: Int32Array;
  private readonly mask: number;

  constructor(count: number) {
    let slots = 16;
    while (slots < count * 2) slots *= 2;
    this.entries = new Int32Array(slots * 2);
    this.mask = slots - 1;
  }

  clear(): void {
    this.entries.fill(0);
  }

  /** Another number with the same value; -1: there is none yet. */
  add(value: number, number: number): number {
    const { entries, mask } = this;
    let slot = (Math.imul(value, 0x9e3779b1) ^ (value >>> 15)) & mask;
    for (;;) {
      const held = entries[2 * slot + 1]!;
      if (held === 0) {
        entries[2 * slot] = value;
        entries[2 * slot + 1] = number + 1;
        return -1;
      }
      if (entries[2 * slot] === value) return held - 1;
      slot = (slot + 1) & mask;
    }
  }
}
