/**
 * Columns of ClickHouse's `Native` format, filled row by row and written as one block.
 * Layout (little-endian): clickhouse.com/docs/interfaces/formats/Native, checked against 26.7.
 * Invariant: a column holds exactly one value for each row appended since its last reset.
 */
import { GrowingBytes } from './growing-bytes.ts';
import { StringDictionary } from './string-dictionary.ts';

/** One column of a block under construction. */
export interface NativeColumn {
  readonly type: string;
  /** Rows appended since the last reset. */
  readonly rows: number;
  /** Bytes that `write` will append, or a close upper bound. */
  readonly byteLength: number;
  /** Appends the value that stands for "not told" (empty, 0 or NULL). */
  appendDefault(): void;
  write(out: GrowingBytes): void;
  /** Forgets the values behind the first `rows`: a row that could not be finished is taken back. Rare, so it may be slow. */
  truncate(rows: number): void;
  reset(): void;
}

/** Base for columns whose values have one fixed width. */
abstract class FixedWidthColumn implements NativeColumn {
  abstract readonly type: string;
  protected readonly values = new GrowingBytes();
  rows = 0;

  abstract appendDefault(): void;

  get byteLength(): number {
    return this.values.length;
  }

  write(out: GrowingBytes): void {
    out.appendRange(this.values.bytes, 0, this.values.length);
  }

  truncate(rows: number): void {
    if (rows < this.rows) {
      this.values.length = (this.values.length / this.rows) * rows;
      this.rows = rows;
    }
  }

  reset(): void {
    this.values.reset();
    this.rows = 0;
  }
}

/** `Enum8(…)`, `Bool` and `UInt8`. */
export class ByteColumn extends FixedWidthColumn {
  readonly type: string;

  constructor(type: string) {
    super();
    this.type = type;
  }

  append(value: number): void {
    this.values.appendByte(value);
    this.rows++;
  }

  override appendDefault(): void {
    this.append(0);
  }
}

export class UInt16Column extends FixedWidthColumn {
  readonly type = 'UInt16';

  append(value: number): void {
    this.values.appendUInt16(value);
    this.rows++;
  }

  override appendDefault(): void {
    this.append(0);
  }
}

export class UInt32Column extends FixedWidthColumn {
  readonly type = 'UInt32';

  append(value: number): void {
    this.values.appendUInt32(value);
    this.rows++;
  }

  override appendDefault(): void {
    this.append(0);
  }
}

/** `Int64`, `UInt64` and `DateTime64(9, 'UTC')` (nanoseconds since 1970). */
export class Int64Column extends FixedWidthColumn {
  readonly type: string;

  constructor(type: string) {
    super();
    this.type = type;
  }

  append(value: bigint): void {
    this.values.appendBigInt64(value);
    this.rows++;
  }

  /** The value as two unsigned 32-bit halves, as it lies on the wire. */
  appendHalves(low: number, high: number): void {
    this.values.appendHalves(low, high);
    this.rows++;
  }

  override appendDefault(): void {
    this.appendHalves(0, 0);
  }
}

/** `UUID`: two 64-bit halves, each stored little-endian. */
export class UuidColumn extends FixedWidthColumn {
  readonly type = 'UUID';

  /** `bytes` are the 16 bytes in the order of the text form. */
  append(bytes: Uint8Array): void {
    const at = this.values.reserve(16);
    for (let i = 0; i < 8; i++) {
      this.values.bytes[at + i] = bytes[7 - i]!;
      this.values.bytes[at + 8 + i] = bytes[15 - i]!;
    }
    this.rows++;
  }

  override appendDefault(): void {
    this.values.appendHalves(0, 0);
    this.values.appendHalves(0, 0);
    this.rows++;
  }
}

/** `Nullable(T)` over integers given as BigInt: 8 bytes each, or 16 for `Decimal(38, s)`. */
export class NullableIntegerColumn implements NativeColumn {
  readonly type: string;
  private readonly nulls = new GrowingBytes();
  private readonly values = new GrowingBytes();
  private readonly isWide: boolean;
  rows = 0;

  constructor(innerType: string) {
    this.type = `Nullable(${innerType})`;
    this.isWide = innerType.startsWith('Decimal(38');
  }

  append(value: bigint | undefined): void {
    if (value === undefined) {
      this.appendDefault();
      return;
    }
    this.nulls.appendByte(0);
    if (this.isWide) {
      this.values.appendBigInt128(value);
    } else {
      this.values.appendBigInt64(value);
    }
    this.rows++;
  }

  appendDefault(): void {
    this.nulls.appendByte(1);
    const width = this.isWide ? 16 : 8;
    const at = this.values.reserve(width);
    this.values.bytes.fill(0, at, at + width);
    this.rows++;
  }

  get byteLength(): number {
    return this.nulls.length + this.values.length;
  }

  write(out: GrowingBytes): void {
    out.appendRange(this.nulls.bytes, 0, this.nulls.length);
    out.appendRange(this.values.bytes, 0, this.values.length);
  }

  truncate(rows: number): void {
    if (rows < this.rows) {
      this.nulls.length = rows;
      this.values.length = rows * (this.isWide ? 16 : 8);
      this.rows = rows;
    }
  }

  reset(): void {
    this.nulls.reset();
    this.values.reset();
    this.rows = 0;
  }
}

/** `String`: length and bytes. */
export class StringColumn implements NativeColumn {
  readonly type = 'String';
  private readonly values = new GrowingBytes(4096);
  rows = 0;

  appendRange(source: Uint8Array, start: number, end: number): void {
    this.values.appendVarint(end - start);
    this.values.appendRange(source, start, end);
    this.rows++;
  }

  appendText(text: string): void {
    const size = Buffer.byteLength(text, 'utf8');
    this.values.appendVarint(size);
    const at = this.values.reserve(size);
    this.values.bytes.write(text, at, size, 'utf8');
    this.rows++;
  }

  /** The bytes as lower-case hexadecimal text: how trace and span ids are kept. */
  appendHex(source: Uint8Array, start: number, end: number): void {
    const size = (end - start) * 2;
    this.values.appendVarint(size);
    let at = this.values.reserve(size);
    const { bytes } = this.values;
    for (let i = start; i < end; i++) {
      const byte = source[i]!;
      bytes[at++] = HEX[byte >>> 4]!;
      bytes[at++] = HEX[byte & 15]!;
    }
    this.rows++;
  }

  appendDefault(): void {
    this.values.appendByte(0);
    this.rows++;
  }

  get byteLength(): number {
    return this.values.length;
  }

  write(out: GrowingBytes): void {
    out.appendRange(this.values.bytes, 0, this.values.length);
  }

  truncate(rows: number): void {
    if (rows >= this.rows) {
      return;
    }
    let end = 0;
    for (let row = 0; row < rows; row++) {
      end = this.values.afterText(end);
    }
    this.values.length = end;
    this.rows = rows;
  }

  reset(): void {
    this.values.reset();
    this.rows = 0;
  }
}

const HEX = Buffer.from('0123456789abcdef', 'latin1');

/** `LowCardinality(String)`: a dictionary for the block, and an index for each row. */
export class LowCardinalityColumn implements NativeColumn {
  readonly type = 'LowCardinality(String)';
  private readonly dictionary = new StringDictionary();
  private indexes = new Uint32Array(64);
  rows = 0;

  appendRange(source: Uint8Array, start: number, end: number): void {
    this.push(start === end ? 0 : this.dictionary.indexOfRange(source, start, end));
  }

  appendText(text: string): void {
    this.push(this.dictionary.indexOfText(text));
  }

  appendDefault(): void {
    this.push(0);
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
  }

  private indexWidth(): 1 | 2 | 4 {
    return this.dictionary.size <= 0x100 ? 1 : this.dictionary.size <= 0x10000 ? 2 : 4;
  }

  private writeIndexes(out: GrowingBytes, width: 1 | 2 | 4): void {
    const at = out.reserve(this.rows * width);
    const { bytes } = out;
    for (let row = 0; row < this.rows; row++) {
      const index = this.indexes[row]!;
      for (let byte = 0; byte < width; byte++) {
        bytes[at + row * width + byte] = index >>> (8 * byte);
      }
    }
  }

  private push(index: number): void {
    if (this.rows === this.indexes.length) {
      const grown = new Uint32Array(this.rows * 2);
      grown.set(this.indexes);
      this.indexes = grown;
    }
    this.indexes[this.rows++] = index;
  }
}
