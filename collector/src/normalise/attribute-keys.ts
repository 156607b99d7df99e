/**
 * The attribute keys that dialects read, recognised by their UTF-8 bytes, so that no key is decoded.
 * Declared once at start; a span none of whose keys is known costs one look-up a key.
 */
import { hashRange } from '@ai-cost-profiler/clickhouse/native/string-dictionary.ts';

/** A declared key: an index into the reader's slots. */
export type KeyId = number;

export class AttributeKeys {
  private readonly names: Buffer[] = [];
  private readonly ids = new Map<string, KeyId>();
  private slots = new Int32Array(64).fill(-1);
  private lengthMax = 0;

  /** Declares a key; the same name gives the same id. */
  declare(name: string): KeyId {
    const known = this.ids.get(name);
    if (known !== undefined) {
      return known;
    }
    const id = this.names.length;
    const bytes = Buffer.from(name, 'utf8');
    this.names.push(bytes);
    this.ids.set(name, id);
    this.lengthMax = Math.max(this.lengthMax, bytes.length);
    if (this.names.length * 2 > this.slots.length) {
      this.slots = new Int32Array(this.slots.length * 2).fill(-1);
      for (const each of this.ids.values()) {
        this.place(each);
      }
    } else {
      this.place(id);
    }
    return id;
  }

  get size(): number {
    return this.names.length;
  }

  /** The id of the key whose bytes are source[start, end), or -1. */
  find(source: Uint8Array, start: number, end: number): KeyId {
    if (end - start > this.lengthMax) {
      return -1;
    }
    const mask = this.slots.length - 1;
    for (let slot = hashRange(source, start, end) & mask; ; slot = (slot + 1) & mask) {
      const id = this.slots[slot]!;
      if (id === -1 || isSame(this.names[id]!, source, start, end)) {
        return id;
      }
    }
  }

  private place(id: KeyId): void {
    const name = this.names[id]!;
    const mask = this.slots.length - 1;
    let slot = hashRange(name, 0, name.length) & mask;
    while (this.slots[slot] !== -1) {
      slot = (slot + 1) & mask;
    }
    this.slots[slot] = id;
  }
}

function isSame(name: Buffer, source: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) {
    return false;
  }
  for (let i = 0; i < name.length; i++) {
    if (name[i] !== source[start + i]) {
      return false;
    }
  }
  return true;
}
