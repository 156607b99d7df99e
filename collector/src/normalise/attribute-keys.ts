/**
 * The attribute keys that dialects read, recognised by their UTF-8 bytes, so that no key is decoded.
 * Declared once at start; a span none of whose keys is known costs one look-up a key.
 */
import { hashRange } from '@ai-cost-profiler/clickhouse/native/string-dictionary.ts';
import { type TagForm, type TagNames, tagForms } from './tag-keys.ts';

/** A declared key: an index into the reader's slots. */
export type KeyId = number;

/** What the application itself says. */
const OWN_TAGS = 'aicost.tag.';

export class AttributeKeys {
  private readonly names: Buffer[] = [];
  private readonly ids = new Map<string, KeyId>();
  private slots = new Int32Array(64).fill(-1);
  private lengthMax = 0;
  private readonly tagForms = new Map<KeyId, TagForm>();
  private readonly tagPrefixes: Buffer[] = [Buffer.from(OWN_TAGS, 'utf8')];

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

  /** Declares attributes that become tags. */
  declareTags(names: TagNames): void {
    for (const [key, form] of tagForms(names)) {
      this.tagForms.set(this.declare(key), form);
    }
    const known = new Set(this.tagPrefixes.map(String));
    const added = (names.prefixes ?? []).filter((prefix) => !known.has(prefix));
    this.tagPrefixes.push(...added.map((prefix) => Buffer.from(prefix, 'utf8')));
  }

  /** How the key in [start, end) becomes a tag, if it does; `id` is what `find` says of it. */
  tagForm(id: KeyId, source: Buffer, start: number, end: number): TagForm | undefined {
    if (id !== -1) {
      return this.tagForms.get(id);
    }
    const prefix = this.tagPrefixes.find((each) => begins(source, start, end, each));
    return prefix === undefined
      ? undefined
      : {
          kind: 'value',
          tag: source.toString('utf8', start + prefix.length, end),
          isOwn: prefix === this.tagPrefixes[0],
        };
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

function begins(source: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
  if (end - start <= prefix.length) {
    return false;
  }
  for (let i = 0; i < prefix.length; i++) {
    if (source[start + i] !== prefix[i]) {
      return false;
    }
  }
  return true;
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
