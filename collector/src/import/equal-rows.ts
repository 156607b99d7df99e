/**
 * Counts equal rows of a file, so that each of them has an id of its own: two calls may be equal in all that was
 * written down of them. Holds 24 to 48 bytes for each different row.
 */
import { createHash } from 'node:crypto';

const SLOTS_AT_FIRST = 1 << 12;
const FULL = 0.5;

export class EqualRows {
  /** The beginning of each row's hash; 0 is a free slot. */
  private hashes = new BigUint64Array(SLOTS_AT_FIRST);
  private counts = new Uint32Array(SLOTS_AT_FIRST);
  private held = 0;

  /** How many equal ones came before. */
  next(row: string): number {
    const hash = createHash('sha256').update(row).digest().readBigUInt64LE() || 1n;
    if (this.held >= this.hashes.length * FULL) this.grow();
    const slot = this.slotOf(hash);
    if (this.hashes[slot] === 0n) {
      this.hashes[slot] = hash;
      this.held++;
    }
    const before = this.counts[slot] ?? 0;
    this.counts[slot] = before + 1;
    return before;
  }

  private slotOf(hash: bigint): number {
    const mask = this.hashes.length - 1;
    let slot = Number(hash & BigInt(mask));
    while (this.hashes[slot] !== 0n && this.hashes[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { hashes, counts } = this;
    this.hashes = new BigUint64Array(hashes.length * 2);
    this.counts = new Uint32Array(counts.length * 2);
    for (const [at, hash] of hashes.entries()) {
      if (hash === 0n) continue;
      const slot = this.slotOf(hash);
      this.hashes[slot] = hash;
      this.counts[slot] = counts[at] ?? 0;
    }
  }
}
