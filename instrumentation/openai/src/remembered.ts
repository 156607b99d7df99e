/** The newest so many of some ids: what was told once is not told again, and no server fills the memory. */
export class Remembered {
  private readonly ids = new Set<string>();
  private readonly idsMax: number;

  constructor(idsMax: number) {
    this.idsMax = idsMax;
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  /** False where it was there already. */
  add(id: string): boolean {
    if (this.ids.has(id)) return false;
    if (this.ids.size >= this.idsMax) this.ids.delete(this.ids.values().next().value!);
    this.ids.add(id);
    return true;
  }
}
