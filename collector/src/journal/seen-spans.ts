/**
 * The seen-span filter: which spans were accepted, by tenant, trace id and span id, with the hash of their bytes.
 * Exact: full keys are compared, so no span is ever dropped because its hash collides.
 * Bounded: beyond `capacity` the oldest keys are forgotten; what is older, settle finds.
 */
import { KEY_BYTES } from './index-file.ts';

/** Words of 32 bits an entry takes: tenant, trace id 4, span id 2, content hash 2. */
const WORDS = 9;
const CAPACITY_MIN = 1024;
const EMPTY = -1;
/** The tenant word of an entry that was taken back; the ring passes over it. */
const FORGOTTEN = 0xffffffff;

export type Seen =
  /** Never accepted before (or forgotten). */
  | 'new'
  /** Accepted before with the same bytes: a resend. */
  | 'same'
  /** Accepted before with other bytes: a newer version. */
  | 'changed';

export class SeenSpans {
  readonly capacity: number;
  private readonly tenantNumbers = new Map<string, number>();
  /** A ring of entries, oldest first from `head`; grows by doubling until `capacity`. */
  private entries: Uint32Array;
  private allocated: number;
  private head = 0;
  private count = 0;
  private slots: Int32Array;
  /** The key being looked up, so that no object is made for it. */
  private readonly key = new Uint32Array(WORDS);

  constructor(capacity: number) {
    this.capacity = Math.max(1, capacity);
    this.allocated = Math.min(CAPACITY_MIN, this.capacity);
    this.entries = new Uint32Array(this.allocated * WORDS);
    this.slots = new Int32Array(slotsFor(this.allocated)).fill(EMPTY);
  }

  get size(): number {
    return this.count;
  }

  /** A small number for a tenant, stable for the life of the process. */
  tenantNumber(tenant: string): number {
    let number = this.tenantNumbers.get(tenant);
    if (number === undefined) {
      number = this.tenantNumbers.size;
      this.tenantNumbers.set(tenant, number);
    }
    return number;
  }

  /**
   * Looks a span up and remembers it. `bytes` holds, from `at`, KEY_BYTES bytes as FORMAT.md lays a key out;
   * its first two (the tenant of the record) are not read: `tenant` is used.
   */
  check(tenant: number, bytes: Buffer, at: number): Seen {
    this.load(tenant, bytes, at);
    const slot = this.find();
    const entry = this.slots[slot]!;
    if (entry === EMPTY) {
      this.insert(slot);
      return 'new';
    }
    const base = entry * WORDS;
    const { entries, key } = this;
    if (entries[base + 7] === key[7] && entries[base + 8] === key[8]) {
      return 'same';
    }
    entries[base + 7] = key[7]!;
    entries[base + 8] = key[8]!;
    return 'changed';
  }

  /**
   * Takes back what `check` remembered of a span whose flush failed, so that its resend is accepted.
   * A key that was `new` is forgotten; for one that was `changed` the old version stays known.
   */
  takeBack(tenant: number, bytes: Buffer, at: number, was: Seen): void {
    this.load(tenant, bytes, at);
    const entry = this.slots[this.find()]!;
    if (entry === EMPTY || was === 'same') {
      return;
    }
    const base = entry * WORDS;
    if (was === 'changed') {
      this.entries[base + 7] = ~this.entries[base + 7]!;
      return;
    }
    this.removeSlotOf(entry);
    this.entries[base] = FORGOTTEN;
  }

  private load(tenant: number, bytes: Buffer, at: number): void {
    const { key } = this;
    key[0] = tenant;
    for (let word = 0; word < 8; word++) {
      key[word + 1] = bytes.readUInt32LE(at + 2 + word * 4);
    }
    if (at + KEY_BYTES > bytes.length) {
      throw new RangeError('a seen-span key is cut off');
    }
  }

  private hash(words: Uint32Array, base: number): number {
    let hash = 0;
    for (let i = 0; i < 7; i++) {
      hash = Math.imul(hash ^ words[base + i]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash >>> 0;
  }

  /** The slot that holds the loaded key, or the empty slot where it belongs. */
  private find(): number {
    const mask = this.slots.length - 1;
    for (let slot = this.hash(this.key, 0) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.slots[slot]!;
      if (entry === EMPTY || this.isKey(entry * WORDS)) {
        return slot;
      }
    }
  }

  private isKey(base: number): boolean {
    const { entries, key } = this;
    for (let i = 0; i < 7; i++) {
      if (entries[base + i] !== key[i]) {
        return false;
      }
    }
    return true;
  }

  private insert(slot: number): void {
    let target = slot;
    if (this.count === this.allocated) {
      if (this.allocated < this.capacity) {
        this.grow();
      } else {
        this.forgetEntry(this.head);
        this.head = (this.head + 1) % this.allocated;
        this.count--;
      }
      target = this.find();
    }
    const entry = (this.head + this.count) % this.allocated;
    this.entries.set(this.key, entry * WORDS);
    this.slots[target] = entry;
    this.count++;
  }

  private grow(): void {
    const allocated = Math.min(this.allocated * 2, this.capacity);
    const entries = new Uint32Array(allocated * WORDS);
    // head is 0 until the ring is at full capacity: nothing was forgotten before.
    entries.set(this.entries);
    this.entries = entries;
    this.allocated = allocated;
    this.slots = new Int32Array(slotsFor(allocated)).fill(EMPTY);
    const mask = this.slots.length - 1;
    for (let entry = 0; entry < this.count; entry++) {
      if (entries[entry * WORDS] === FORGOTTEN) {
        continue;
      }
      let slot = this.hash(entries, entry * WORDS) & mask;
      while (this.slots[slot] !== EMPTY) {
        slot = (slot + 1) & mask;
      }
      this.slots[slot] = entry;
    }
  }

  private forgetEntry(entry: number): void {
    if (this.entries[entry * WORDS] !== FORGOTTEN) {
      this.removeSlotOf(entry);
    }
  }

  /** Takes an entry out of the table, moving later ones of its run up so that no look-up breaks. */
  private removeSlotOf(entry: number): void {
    const mask = this.slots.length - 1;
    let hole = this.hash(this.entries, entry * WORDS) & mask;
    while (this.slots[hole] !== entry) {
      hole = (hole + 1) & mask;
    }
    for (let slot = (hole + 1) & mask; this.slots[slot] !== EMPTY; slot = (slot + 1) & mask) {
      const home = this.hash(this.entries, this.slots[slot]! * WORDS) & mask;
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        this.slots[hole] = this.slots[slot]!;
        hole = slot;
      }
    }
    this.slots[hole] = EMPTY;
  }
}

/** At most half full, a power of two. */
function slotsFor(entries: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, entries) * 2));
}
