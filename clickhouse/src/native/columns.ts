/**
 * Columns of ClickHouse's `Native` format, filled row by row and written as one block.
 * Layout (little-endian): clickhouse.com/docs/interfaces/formats/Native, checked against 26.7.
 * Invariant: a column holds exactly one value for each row appended since its last reset.
 */
import { GrowingBytes } from './growing-bytes.ts';

/** One column of a block under construction. */
export interface NativeColumn {
  readonly type: string;
  /** Rows appended since the last reset. */
  readonly rows: number;
  /** Bytes that `write` will append, or a close upper bound. */
  readonly byteLength: number;
  /** Whether every value is known to be the one that stands for "not told": the column need not be written. */
  readonly isDefault: boolean;
  /** Appends the value that stands for "not told" (empty, 0 or NULL). */
  appendDefault(): void;
  /** Appends defaults until there are `rows` rows; no fewer than there are. */
  padTo(rows: number): void;
  write(out: GrowingBytes): void;
  /**
   * Forgets the values behind the first `rows`: a row that could not be finished is taken back.
   * Rare, so it may be slow.
   */
  truncate(rows: number): void;
  reset(): void;
}

/** Base for columns whose values have one fixed width. */
abstract class FixedWidthColumn implements NativeColumn {
  abstract readonly type: string;
  protected abstract readonly width: number;
  protected readonly values = new GrowingBytes();
  /** All values since the last reset, one over the other. */
  protected bits = 0;
  rows = 0;

  abstract appendDefault(): void;

  padTo(rows: number): void {
    this.values.appendFilled(0, (rows - this.rows) * this.width);
    this.rows = rows;
  }

  get isDefault(): boolean {
    return this.bits === 0;
  }

  get byteLength(): number {
    return this.values.length;
  }

  write(out: GrowingBytes): void {
    out.appendRange(this.values.bytes, 0, this.values.length);
  }

  truncate(rows: number): void {
    this.rows = Math.min(rows, this.rows);
    this.values.length = this.rows * this.width;
  }

  reset(): void {
    this.values.reset();
    this.bits = 0;
    this.rows = 0;
  }
}

/** `Enum8(…)`, `Bool` and `UInt8`. */
export class ByteColumn extends FixedWidthColumn {
  protected override readonly width = 1;
  readonly type: string;

  constructor(type: string) {
    super();
    this.type = type;
  }

  append(value: number): void {
    this.values.appendByte(value);
    this.bits |= value;
    this.rows++;
  }

  override appendDefault(): void {
    this.append(0);
  }
}

export class UInt16Column extends FixedWidthColumn {
  readonly type = 'UInt16';
  protected override readonly width = 2;

  append(value: number): void {
    this.values.appendUInt16(value);
    this.bits |= value;
    this.rows++;
  }

  override appendDefault(): void {
    this.append(0);
  }
}

export class UInt32Column extends FixedWidthColumn {
  readonly type = 'UInt32';
  protected override readonly width = 4;

  append(value: number): void {
    this.values.appendUInt32(value);
    this.bits |= value;
    this.rows++;
  }

  /** Another value for a row that was appended. */
  set(row: number, value: number): void {
    this.values.bytes.writeUInt32LE(value, row * this.width);
    this.bits |= value;
  }

  override appendDefault(): void {
    this.append(0);
  }
}

/** `Int64`, `UInt64` and `DateTime64(9, 'UTC')` (nanoseconds since 1970). */
export class Int64Column extends FixedWidthColumn {
  protected override readonly width = 8;
  readonly type: string;

  constructor(type: string) {
    super();
    this.type = type;
  }

  append(value: bigint): void {
    this.values.appendBigInt64(value);
    if (value !== 0n) this.bits = 1;
    this.rows++;
  }

  /** The value as two unsigned 32-bit halves, as it lies on the wire. */
  appendHalves(low: number, high: number): void {
    this.values.appendHalves(low, high);
    this.bits |= low | high;
    this.rows++;
  }

  override appendDefault(): void {
    this.appendHalves(0, 0);
  }
}

/** `UUID`: two 64-bit halves, each stored little-endian. */
export class UuidColumn extends FixedWidthColumn {
  readonly type = 'UUID';
  protected override readonly width = 16;

  /** `bytes` are the 16 bytes in the order of the text form. */
  append(bytes: Uint8Array): void {
    this.appendRange(bytes, 0);
  }

  /** As `append`, of the 16 bytes that begin at `start`. */
  appendRange(source: Uint8Array, start: number): void {
    const at = this.values.reserve(16);
    const { bytes } = this.values;
    for (let i = 0; i < 8; i++) {
      bytes[at + i] = source[start + 7 - i]!;
      bytes[at + 8 + i] = source[start + 15 - i]!;
    }
    this.bits = 1;
    this.rows++;
  }

  override appendDefault(): void {
    this.values.appendHalves(0, 0);
    this.values.appendHalves(0, 0);
    this.rows++;
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

  /** As `appendRange`, faster, of bytes that a view shows. */
  appendFrom(source: DataView, start: number, end: number): void {
    this.values.appendSizedFrom(source, start, end);
    this.rows++;
  }

  appendText(text: string): void {
    this.values.appendSizedText(text);
    this.rows++;
  }

  /** The bytes as lower-case hexadecimal text: how trace and span ids are kept. */
  appendHex(source: Uint8Array, start: number, end: number): void {
    this.values.appendSizedHex(source, start, end);
    this.rows++;
  }

  appendDefault(): void {
    this.values.appendByte(0);
    this.rows++;
  }

  padTo(rows: number): void {
    this.values.appendFilled(0, rows - this.rows);
    this.rows = rows;
  }

  /** Each empty text is one byte. */
  get isDefault(): boolean {
    return this.values.length === this.rows;
  }

  get byteLength(): number {
    return this.values.length;
  }

  write(out: GrowingBytes): void {
    out.appendRange(this.values.bytes, 0, this.values.length);
  }

  /** A whole number from 0 to 2^53 as its decimal digits. */
  appendDigits(value: number): void {
    this.values.appendSizedDigits(value);
    this.rows++;
  }

  truncate(rows: number): void {
    this.rows = Math.min(rows, this.rows);
    let end = 0;
    for (let row = 0; row < this.rows; row++) {
      end = this.values.afterText(end);
    }
    this.values.length = end;
  }

  reset(): void {
    this.values.reset();
    this.rows = 0;
  }
}
