/**
 * Attribute keys, recognised once per span by their bytes. Emitters write the same keys in the same order, so the keys
 * of a span are walked down a tree of the sequences seen before: each node guesses the next key, and a right guess
 * costs one comparison. The node that a span ends at is its shape: equal shapes have equal keys at equal positions.
 * Whoever reads attributes keeps what it found out about a shape under the shape's number.
 */
import { hashRange } from '@ai-cost-profiler/clickhouse/native/string-dictionary.ts';
import type { AttributeList } from './attribute-list.ts';
import { ByteText } from './byte-text.ts';

/** Sequences of keys with their beginnings. Senders may invent keys: the tree must not grow with them. */
const SHAPES_MAX = 16_384;
/** Longer keys carry data. */
const KEY_BYTES_MAX = 256;
/** Spans of no known shape after which a full tree is grown anew: emitters change, and made-up keys pass. */
const STRANGERS_MAX = 100_000;

const FIRST_MAX = 4;

/** A sequence of keys. */
export class KeyShape {
  /** Counted from 0 in its tree's generation. */
  readonly id: number;
  /** The last key of the sequence. */
  readonly key: ByteText;
  /** Those that followed first: few sequences have more, and comparing costs less than hashing. */
  private readonly first: KeyShape[] = [];
  /** The others, by the hashes of their keys. */
  private readonly others = new Map<number, KeyShape[]>();
  private likely: KeyShape | undefined;

  constructor(id: number, key: ByteText) {
    this.id = id;
    this.key = key;
  }

  /** The sequence that follows with the key in [start, end), or undefined when it was never seen. */
  next(data: DataView, bytes: Uint8Array, start: number, end: number): KeyShape | undefined {
    const { likely } = this;
    if (likely?.key.isAt(data, start, end)) return likely;
    const { first } = this;
    for (let i = 0; i < first.length; i++) {
      const child = first[i]!;
      if (child.key.isAt(data, start, end)) {
        this.likely = child;
        return child;
      }
    }
    if (this.others.size === 0) return undefined;
    const found = this.others
      .get(hashRange(bytes, start, end))
      ?.find((child) => child.key.isAt(data, start, end));
    if (found !== undefined) this.likely = found;
    return found;
  }

  add(child: KeyShape): void {
    this.likely = child;
    if (this.first.length < FIRST_MAX) {
      this.first.push(child);
      return;
    }
    const hash = hashRange(child.key.bytes, 0, child.key.length);
    this.others.set(hash, [...(this.others.get(hash) ?? []), child]);
  }
}

export class KeyShapes {
  /** Changes when all shapes were forgotten: their numbers then begin again. */
  generation = 0;
  /** How many shapes there are; their numbers are below it. */
  size = 0;
  private root: KeyShape;
  /** A key stands in many sequences. */
  private keys = new Map<string, ByteText>();
  private strangers = 0;

  constructor() {
    this.root = this.create(Buffer.alloc(0));
  }

  /** The shape of a list's keys; undefined when it is new and there are too many to remember it. */
  shapeOf({ bytes, data, keyStart, keyEnd, count }: AttributeList): KeyShape | undefined {
    let shape = this.root;
    for (let i = 0; i < count; i++) {
      const start = keyStart[i]!;
      const end = keyEnd[i]!;
      const next =
        shape.next(data, bytes, start, end) ?? this.grow(shape, bytes.subarray(start, end));
      if (next === undefined) {
        this.countStranger();
        return undefined;
      }
      shape = next;
    }
    return shape;
  }

  private grow(parent: KeyShape, bytes: Buffer): KeyShape | undefined {
    if (this.size >= SHAPES_MAX || bytes.length > KEY_BYTES_MAX) return undefined;
    const child = this.create(bytes);
    parent.add(child);
    return child;
  }

  private create(bytes: Buffer): KeyShape {
    const text = bytes.toString('latin1');
    const key = this.keys.get(text) ?? new ByteText(Buffer.from(bytes));
    this.keys.set(text, key);
    return new KeyShape(this.size++, key);
  }

  private countStranger(): void {
    this.strangers++;
    if (this.strangers >= STRANGERS_MAX && this.size >= SHAPES_MAX) {
      this.generation++;
      this.size = 0;
      this.strangers = 0;
      this.keys = new Map();
      this.root = this.create(Buffer.alloc(0));
    }
  }
}
