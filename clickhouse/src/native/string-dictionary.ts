/**
 * Distinct strings with their indexes, found by their UTF-8 bytes without decoding them: the
 * dictionary of one `LowCardinality(String)` column in one block.
 * Invariant: entry 0 is the empty string, as ClickHouse writes it.
 */
import { GrowingBytes } from './growing-bytes.ts';

const SLOTS_MIN = 64;

/** FNV-1a over a byte range, 32 bits: short keys, no allocation. */
export function hashRange(source: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) {
    hash = Math.imul(hash ^ source[i]!, 0x01000193);
  }
  return hash >>> 0;
}

export class StringDictionary {
  /** The entries' bytes, one after the other. */
  private readonly store = new GrowingBytes(512);
  private starts = new Uint32Array(SLOTS_MIN);
  private hashes = new Uint32Array(SLOTS_MIN);
  private slots = new Int32Array(SLOTS_MIN * 2).fill(-1);
  private readonly byText = new Map<string, number>();
  size = 0;

  constructor() {
    this.reset();
  }

  reset(): void {
    this.store.reset();
    this.byText.clear();
    this.slots.fill(-1);
    this.size = 0;
    this.indexOfRange(this.store.bytes, 0, 0);
  }

  /** Index of the string whose UTF-8 bytes are source[start, end), which enters if it is new. */
  indexOfRange(source: Uint8Array, start: number, end: number): number {
    const hash = hashRange(source, start, end);
    const index = this.findHashed(source, start, end, hash);
    return index === -1 ? this.add(source, start, end, hash) : index;
  }

  indexOfText(text: string): number {
    if (text === '') {
      return 0;
    }
    let index = this.byText.get(text);
    if (index === undefined) {
      const bytes = Buffer.from(text, 'utf8');
      index = this.indexOfRange(bytes, 0, bytes.length);
      this.byText.set(text, index);
    }
    return index;
  }

  /** As `indexOfRange`, but -1 for a string that is new. */
  find(source: Uint8Array, start: number, end: number): number {
    return this.findHashed(source, start, end, hashRange(source, start, end));
  }

  findText(text: string): number {
    const known = text === '' ? 0 : this.byText.get(text);
    if (known !== undefined) {
      return known;
    }
    const bytes = Buffer.from(text, 'utf8');
    return this.find(bytes, 0, bytes.length);
  }

  private findHashed(source: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = this.slots[slot]!;
      if (index === -1) {
        return -1;
      }
      if (this.hashes[index] === hash && this.isSame(index, source, start, end)) {
        return index;
      }
    }
  }

  /** Appends the entries as a `String` column: length, then bytes, each. */
  writeEntries(out: GrowingBytes): void {
    for (let index = 0; index < this.size; index++) {
      const start = this.starts[index]!;
      const end = this.endOf(index);
      out.appendVarint(end - start);
      out.appendRange(this.store.bytes, start, end);
    }
  }

  get byteLength(): number {
    return this.store.length + this.size;
  }

  private endOf(index: number): number {
    return index + 1 < this.size ? this.starts[index + 1]! : this.store.length;
  }

  /** Whether entry `index` is the string whose UTF-8 bytes are source[start, end). */
  isSame(index: number, source: Uint8Array, start: number, end: number): boolean {
    const own = this.starts[index]!;
    if (this.endOf(index) - own !== end - start) {
      return false;
    }
    const { bytes } = this.store;
    for (let i = 0; i < end - start; i++) {
      if (bytes[own + i] !== source[start + i]) {
        return false;
      }
    }
    return true;
  }

  private add(source: Uint8Array, start: number, end: number, hash: number): number {
    if (this.size === this.starts.length) {
      this.grow();
    }
    const index = this.size;
    this.starts[index] = this.store.length;
    this.hashes[index] = hash;
    this.store.appendRange(source, start, end);
    this.size = index + 1;
    this.place(index, hash);
    return index;
  }

  private place(index: number, hash: number): void {
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    while (this.slots[slot] !== -1) {
      slot = (slot + 1) & mask;
    }
    this.slots[slot] = index;
  }

  private grow(): void {
    const capacity = this.starts.length * 2;
    const starts = new Uint32Array(capacity);
    starts.set(this.starts);
    this.starts = starts;
    const hashes = new Uint32Array(capacity);
    hashes.set(this.hashes);
    this.hashes = hashes;
    this.slots = new Int32Array(capacity * 2).fill(-1);
    for (let index = 0; index < this.size; index++) {
      this.place(index, hashes[index]!);
    }
  }
}
