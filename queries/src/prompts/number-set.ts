/** A set of whole numbers from 1 to 2^53 in a typed array: a million of them take 16 MB and no object each. */
const TWO_32 = 4_294_967_296;
/** A power of two. */
const SLOTS_AT_FIRST = 1 << 12;

export class NumberSet {
  size = 0;
  private slots = new Float64Array(SLOTS_AT_FIRST);

  /** Whether it is new. */
  add(value: number): boolean {
    if (this.size * 2 >= this.slots.length) this.grow();
    const isNew = this.place(value);
    if (isNew) this.size += 1;
    return isNew;
  }

  /** In no order. */
  *values(): Generator<number> {
    for (const value of this.slots) if (value !== 0) yield value;
  }

  private place(value: number): boolean {
    const { slots } = this;
    const mask = slots.length - 1;
    // Both halves of the number: the remainder of a double takes as long as all else here.
    const mixed = Math.imul((value | 0) ^ Math.imul((value / TWO_32) | 0, 0x85ebca6b), 0x9e3779b1);
    let slot = (mixed ^ (mixed >>> 16)) & mask;
    for (;;) {
      if (slots[slot] === value) return false;
      if (slots[slot] === 0) {
        slots[slot] = value;
        return true;
      }
      slot = (slot + 1) & mask;
    }
  }

  private grow(): void {
    const before = this.slots;
    this.slots = new Float64Array(before.length * 2);
    for (const value of before) if (value !== 0) this.place(value);
  }
}
