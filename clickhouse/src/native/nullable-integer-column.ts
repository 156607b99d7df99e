/**
 * `Nullable(T)` over integers: a mask of one byte a row, then 8 bytes each, or 16 for `Decimal(38, s)`. Most quantities
 * of most rows are NULL, so NULLs are counted, and written when a value follows or the block is taken.
 */
import type { NativeColumn } from './columns.ts';
import { GrowingBytes } from './growing-bytes.ts';

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
      this.rows++;
      return;
    }
    this.writeNulls();
    this.nulls.appendByte(0);
    if (this.isWide) {
      this.values.appendBigInt128(value);
    } else {
      this.values.appendBigInt64(value);
    }
    this.rows++;
  }

  /** Appends an integer that a double holds exactly. */
  appendNumber(value: number): void {
    this.writeNulls();
    this.nulls.appendByte(0);
    this.values.appendSafeInteger(value);
    if (this.isWide) {
      const sign = value < 0 ? 0xffffffff : 0;
      this.values.appendHalves(sign, sign);
    }
    this.rows++;
  }

  appendDefault(): void {
    this.rows++;
  }

  /** Appends NULLs until there are `rows` rows. */
  padTo(rows: number): void {
    this.rows = rows;
  }

  get isDefault(): boolean {
    return this.nulls.length === 0;
  }

  get byteLength(): number {
    return this.isDefault ? 0 : this.rows * (1 + this.width);
  }

  write(out: GrowingBytes): void {
    this.writeNulls();
    out.appendRange(this.nulls.bytes, 0, this.nulls.length);
    out.appendRange(this.values.bytes, 0, this.values.length);
  }

  truncate(rows: number): void {
    this.rows = Math.min(rows, this.rows);
    this.nulls.length = Math.min(this.nulls.length, this.rows);
    this.values.length = this.nulls.length * this.width;
  }

  reset(): void {
    this.nulls.reset();
    this.values.reset();
    this.rows = 0;
  }

  private get width(): number {
    return this.isWide ? 16 : 8;
  }

  private writeNulls(): void {
    const missing = this.rows - this.nulls.length;
    if (missing > 0) {
      this.nulls.appendFilled(1, missing);
      this.values.appendFilled(0, missing * this.width);
    }
  }
}
