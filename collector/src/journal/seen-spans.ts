/**
 * The seen-span filter: which spans were accepted, by tenant, trace id and span id, with the hash of their bytes.
 * Exact: full keys are compared, so no span is ever dropped because its hash collides.
 * Every version of a span has an entry of its own: the resend of an older one must not look like a newer one, which
 * settle would bill.
 * Bounded: beyond `capacity` the oldest entries are forgotten; what is older, settle finds.
 */
import { KEY_BYTES } from './index-file.ts';

/** Words of 32 bits an entry takes: tenant, trace id 4, span id 2, content hash 2. */
const WORDS = 9;
const CAPACITY_MIN = 1024;
const EMPTY = -1;
/** Versions of one span share a run of slots: beyond this, the oldest of them makes room, so that runs stay short. */
const VERSIONS_MAX = 64;
/** The tenant word of an entry that was taken back; the ring passes over it. */
const FORGOTTEN = 0xffffffff;

export type Seen =
  /** Never accepted before (or forgotten). */
  | 'new'
  /** Accepted before with the same bytes: a resend. */
  | 'same'
  /** Accepted before, always with other bytes: a newer version. */
  | 'changed';

/** What a look-up found; one object is used again and again. */
interface Found {
  slot: number;
  entry: number;
  versions: number;
}

export class SeenSpans {
  readonly capacity: number;
  private readonly tenantNumbers = new Map<string, number>();
  /** A ring of entries, oldest first from `head`; grows by doubling until `capacity`. */
  private entries: Uint32Array;
  private allocated: number;
  private head = 0;
  private count = 0;
  private forgotten = 0;
  /** Each the number of an entry, and above `entryBits` the upper bits of its hash: others need not be read. */
  private slots: Int32Array;
  private entryBits: number;
  /** The key being looked up, so that no object is made for it. */
  private readonly key = new Uint32Array(WORDS);
  private keyHash = 0;
  private readonly found: Found = { slot: 0, entry: 0, versions: 0 };

  constructor(capacity: number) {
    this.capacity = Math.max(1, capacity);
    this.allocated = Math.min(CAPACITY_MIN, this.capacity);
    this.entries = new Uint32Array(this.allocated * WORDS);
    this.entryBits = bitsFor(this.allocated);
    this.slots = new Int32Array(slotsFor(this.allocated)).fill(EMPTY);
  }

  get size(): number {
    return this.count;
  }

  /** Spans remembered since the start, those forgotten since included. */
  get remembered(): number {
    return this.count + this.forgotten;
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
    const { slot, entry, versions } = this.find();
    if (slot === EMPTY) {
      return 'same';
    }
    if (versions >= VERSIONS_MAX) {
      this.setHash(entry);
      return 'changed';
    }
    this.insert(slot);
    return versions === 0 ? 'new' : 'changed';
  }

  /** Takes back what `check` remembered of a span whose flush failed, so that its resend is accepted. */
  takeBack(tenant: number, bytes: Buffer, at: number, was: Seen): void {
    this.load(tenant, bytes, at);
    const { slot, entry } = this.find();
    if (slot !== EMPTY || was === 'same') {
      return;
    }
    this.removeSlotOf(entry);
    this.entries[entry * WORDS] = FORGOTTEN;
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
    this.keyHash = this.hash(key, 0);
  }

  private hash(words: Uint32Array, base: number): number {
    let hash = 0;
    for (let i = 0; i < 7; i++) {
      hash = Math.imul(hash ^ words[base + i]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  /** What stands in the slot of an entry with this hash. The lower bits of the hash say where the slot is. */
  private slotOf(hash: number, entry: number): number {
    return ((hash >>> (this.entryBits + 1)) << this.entryBits) | entry;
  }

  private entryIn(slot: number): number {
    return slot & ((1 << this.entryBits) - 1);
  }

  /**
   * Where the loaded key stands. `slot` is EMPTY when an entry has its very bytes, and `entry` is that one. Otherwise
   * `slot` is the free slot where it belongs, `versions` how many others of the span are known, `entry` the first.
   */
  private find(): Found {
    const { found, entries, key, keyHash, slots, entryBits } = this;
    const mask = slots.length - 1;
    const wanted = keyHash >>> (entryBits + 1);
    found.versions = 0;
    for (let slot = keyHash & mask; ; slot = (slot + 1) & mask) {
      const value = slots[slot]!;
      if (value === EMPTY) {
        found.slot = slot;
        return found;
      }
      const entry = this.entryIn(value);
      const base = entry * WORDS;
      if (value >>> entryBits !== wanted || !this.isKey(base)) {
        continue;
      }
      if (entries[base + 7] === key[7] && entries[base + 8] === key[8]) {
        found.slot = EMPTY;
        found.entry = entry;
        return found;
      }
      if (found.versions === 0) {
        found.entry = entry;
      }
      found.versions++;
    }
  }

  private setHash(entry: number): void {
    const base = entry * WORDS;
    this.entries[base + 7] = this.key[7]!;
    this.entries[base + 8] = this.key[8]!;
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
        this.forgotten++;
      }
      target = this.find().slot;
    }
    const entry = (this.head + this.count) % this.allocated;
    const { entries, key } = this;
    for (let word = 0; word < WORDS; word++) {
      entries[entry * WORDS + word] = key[word]!;
    }
    this.slots[target] = this.slotOf(this.keyHash, entry);
    this.count++;
  }

  private grow(): void {
    const allocated = Math.min(this.allocated * 2, this.capacity);
    const entries = new Uint32Array(allocated * WORDS);
    // head is 0 until the ring is at full capacity: nothing was forgotten before.
    entries.set(this.entries);
    this.entries = entries;
    this.allocated = allocated;
    this.entryBits = bitsFor(allocated);
    this.slots = new Int32Array(slotsFor(allocated)).fill(EMPTY);
    const mask = this.slots.length - 1;
    for (let entry = 0; entry < this.count; entry++) {
      if (entries[entry * WORDS] === FORGOTTEN) {
        continue;
      }
      const hash = this.hash(entries, entry * WORDS);
      let slot = hash & mask;
      while (this.slots[slot] !== EMPTY) {
        slot = (slot + 1) & mask;
      }
      this.slots[slot] = this.slotOf(hash, entry);
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
    const hash = this.hash(this.entries, entry * WORDS);
    const wanted = this.slotOf(hash, entry);
    let hole = hash & mask;
    while (this.slots[hole] !== wanted) {
      hole = (hole + 1) & mask;
    }
    for (let slot = (hole + 1) & mask; this.slots[slot] !== EMPTY; slot = (slot + 1) & mask) {
      const home = this.hash(this.entries, this.entryIn(this.slots[slot]!) * WORDS) & mask;
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        this.slots[hole] = this.slots[slot]!;
        hole = slot;
      }
    }
    this.slots[hole] = EMPTY;
  }
}

/** Bytes that a filter of so many spans takes when it is full. */
export function seenSpansBytes(capacity: number): number {
  return capacity * WORDS * 4 + slotsFor(capacity) * 4;
}

/** The largest filter that uses its table well within so many bytes. */
export function seenSpansWithin(bytes: number): number {
  let capacity = CAPACITY_MIN;
  while (seenSpansBytes(capacity * 2) <= bytes) capacity *= 2;
  return capacity;
}

/** Of the largest number of an entry. */
function bitsFor(entries: number): number {
  return Math.ceil(Math.log2(Math.max(2, entries)));
}

/** At most half full, a power of two. */
function slotsFor(entries: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, entries) * 2));
}
