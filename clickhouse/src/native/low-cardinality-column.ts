/**
 * The `LowCardinality(String)` column of a block: a dictionary for the block, and an index for each row.
 * Layout: columns.ts says where it is documented.
 */
import type { NativeColumn } from './columns.ts';
import type { GrowingBytes } from './growing-bytes.ts';
import { StringDictionary } from './string-dictionary.ts';

/** `LowCardinality(String)`: a dictionary for the block, and an index for each row. */
export class LowCardinalityColumn implements NativeColumn {
  readonly type = 'LowCardinality(String)';
  private readonly dictionary = new StringDictionary();
  private indexes = new Uint32Array(64);
  /** The text appended last, and its index: rows that follow each other mostly say the same. */
  private lastText = '';
  private lastTextIndex = 0;
  private lastRangeIndex = 0;
  rows = 0;

  appendRange(source: Uint8Array, start: number, end: number): void {
    this.appendIndex(this.indexOfRange(source, start, end));
  }

  appendText(text: string): void {
    this.appendIndex(this.indexOfText(text));
  }

  indexOfText(text: string): number {
    if (text !== this.lastText) {
      this.lastText = text;
      this.lastTextIndex = this.dictionary.indexOfText(text);
    }
    return this.lastTextIndex;
  }

  /** Index of a text in the dictionary, which it enters; good for `appendIndex` until the next reset. */
  indexOfRange(source: Uint8Array, start: number, end: number): number {
    if (!this.dictionary.isSame(this.lastRangeIndex, source, start, end)) {
      this.lastRangeIndex = start === end ? 0 : this.dictionary.indexOfRange(source, start, end);
    }
    return this.lastRangeIndex;
  }

  appendIndex(index: number): void {
    if (this.rows === this.indexes.length) {
      this.grow();
    }
    this.indexes[this.rows++] = index;
  }

  private grow(): void {
    const grown = new Uint32Array(this.indexes.length * 2);
    grown.set(this.indexes);
    this.indexes = grown;
  }

  /** Appends the first `count` of these. */
  appendIndexes(indexes: Uint32Array, count: number): void {
    while (this.rows + count > this.indexes.length) {
      this.grow();
    }
    const { rows } = this;
    for (let i = 0; i < count; i++) {
      this.indexes[rows + i] = indexes[i]!;
    }
    this.rows = rows + count;
  }

  appendDefault(): void {
    this.appendIndex(0);
  }

  padTo(rows: number): void {
    while (this.rows < rows) {
      this.appendIndex(0);
    }
  }

  get isDefault(): boolean {
    return this.dictionary.size === 1;
  }

  get byteLength(): number {
    return this.dictionary.byteLength + this.rows * this.indexWidth() + 32;
  }

  write(out: GrowingBytes): void {
    this.writePrefix(out);
    this.writeData(out);
  }

  /** The serialisation version; in a nested type it precedes the offsets of the outer column. */
  writePrefix(out: GrowingBytes): void {
    out.appendHalves(1, 0);
  }

  writeData(out: GrowingBytes): void {
    if (this.rows === 0) {
      return;
    }
    const width = this.indexWidth();
    // 0x600: the block brings its own dictionary; the low byte is log2 of the index width.
    out.appendHalves(0x600 | (width === 1 ? 0 : width === 2 ? 1 : 2), 0);
    out.appendHalves(this.dictionary.size, 0);
    this.dictionary.writeEntries(out);
    out.appendHalves(this.rows, 0);
    this.writeIndexes(out, width);
  }

  /** The dictionary keeps what it learned: an entry that no row points at does no harm. */
  truncate(rows: number): void {
    this.rows = Math.min(this.rows, rows);
  }

  reset(): void {
    this.dictionary.reset();
    this.rows = 0;
    this.lastText = '';
    this.lastTextIndex = this.lastRangeIndex = 0;
  }

  private indexWidth(): 1 | 2 | 4 {
    return this.dictionary.size <= 0x100 ? 1 : this.dictionary.size <= 0x10000 ? 2 : 4;
  }

  private writeIndexes(out: GrowingBytes, width: 1 | 2 | 4): void {
    const at = out.reserve(this.rows * width);
    const { bytes } = out;
    if (width === 1) {
      for (let row = 0; row < this.rows; row++) {
        bytes[at + row] = this.indexes[row]!;
      }
      return;
    }
    for (let row = 0; row < this.rows; row++) {
      const index = this.indexes[row]!;
      for (let byte = 0; byte < width; byte++) {
        bytes[at + row * width + byte] = index >>> (8 * byte);
      }
    }
  }
}
