/** `Nullable(UUID)`: a mask of one byte a row, then the values as `UuidColumn` writes them. */
import { ByteColumn, type NativeColumn, UuidColumn } from './columns.ts';
import type { GrowingBytes } from './growing-bytes.ts';

export class NullableUuidColumn implements NativeColumn {
  readonly type = 'Nullable(UUID)';
  private readonly nulls = new ByteColumn('UInt8');
  private readonly values = new UuidColumn();
  rows = 0;

  /** `bytes` are the 16 bytes in the order of the text form; undefined is NULL. */
  append(bytes: Uint8Array | undefined): void {
    if (bytes !== undefined) {
      this.writeNulls();
      this.nulls.append(0);
      this.values.append(bytes);
    }
    this.rows++;
  }

  appendDefault(): void {
    this.rows++;
  }

  padTo(rows: number): void {
    this.rows = rows;
  }

  get isDefault(): boolean {
    return this.nulls.rows === 0;
  }

  get byteLength(): number {
    return this.isDefault ? 0 : this.rows * 17;
  }

  write(out: GrowingBytes): void {
    this.writeNulls();
    this.nulls.write(out);
    this.values.write(out);
  }

  truncate(rows: number): void {
    this.rows = Math.min(rows, this.rows);
    this.nulls.truncate(this.rows);
    this.values.truncate(this.rows);
  }

  reset(): void {
    this.nulls.reset();
    this.values.reset();
    this.rows = 0;
  }

  /** Nearly every value is NULL: they are counted, and written when a value follows. */
  private writeNulls(): void {
    while (this.nulls.rows < this.rows) {
      this.nulls.append(1);
      this.values.appendDefault();
    }
  }
}
