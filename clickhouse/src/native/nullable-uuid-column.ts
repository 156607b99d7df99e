/** `Nullable(UUID)`: a mask of one byte a row, then the values as `UuidColumn` writes them. */
import { ByteColumn, type NativeColumn, UuidColumn } from './columns.ts';
import type { GrowingBytes } from './growing-bytes.ts';

export class NullableUuidColumn implements NativeColumn {
  readonly type = 'Nullable(UUID)';
  private readonly nulls = new ByteColumn('UInt8');
  private readonly values = new UuidColumn();

  get rows(): number {
    return this.values.rows;
  }

  get byteLength(): number {
    return this.nulls.byteLength + this.values.byteLength;
  }

  /** `bytes` are the 16 bytes in the order of the text form; undefined is NULL. */
  append(bytes: Uint8Array | undefined): void {
    if (bytes === undefined) {
      this.appendDefault();
    } else {
      this.nulls.append(0);
      this.values.append(bytes);
    }
  }

  appendDefault(): void {
    this.nulls.append(1);
    this.values.appendDefault();
  }

  write(out: GrowingBytes): void {
    this.nulls.write(out);
    this.values.write(out);
  }

  truncate(rows: number): void {
    this.nulls.truncate(rows);
    this.values.truncate(rows);
  }

  reset(): void {
    this.nulls.reset();
    this.values.reset();
  }
}
