/** A set of whole numbers from 1 to 2^53 in a typed array: a million of them take 16 MB and no object each. */
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
    let slot = value % (slots.length - 1);
    for (;;) {
      if (slots[slot] === value) return false;
      if (slots[slot] === 0) {
        slots[slot] = value;
        return true;
      }
      slot = slot + 1 === slots.length ? 0 : slot + 1;
    }
  }

  private grow(): void {
    const before = this.slots;
    this.slots = new Float64Array(before.length * 2);
    for (const value of before) if (value !== 0) this.place(value);
  }
}
