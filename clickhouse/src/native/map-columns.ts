/**
 * `Map(LowCardinality(String), V)` columns: cumulative offsets, all keys, all values.
 * Use: add each pair with `key…` and `value…`, then close the row with `endRow`.
 */
import type { NativeColumn } from './columns.ts';
import { StringColumn } from './columns.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { LowCardinalityColumn } from './low-cardinality-column.ts';

abstract class MapColumn implements NativeColumn {
  abstract readonly type: string;
  readonly keys = new LowCardinalityColumn();
  private readonly offsets = new GrowingBytes();
  rows = 0;

  protected abstract readonly valueBytes: number;
  protected abstract writeValues(out: GrowingBytes): void;
  protected abstract truncateValues(pairs: number): void;
  protected abstract resetValues(): void;

  endRow(): void {
    this.offsets.appendHalves(this.keys.rows, 0);
    this.rows++;
  }

  appendDefault(): void {
    this.endRow();
  }

  padTo(rows: number): void {
    while (this.rows < rows) {
      this.endRow();
    }
  }

  get isDefault(): boolean {
    return this.keys.rows === 0;
  }

  get byteLength(): number {
    return this.offsets.length + this.keys.byteLength + this.valueBytes;
  }

  write(out: GrowingBytes): void {
    this.keys.writePrefix(out);
    out.appendRange(this.offsets.bytes, 0, this.offsets.length);
    this.keys.writeData(out);
    this.writeValues(out);
  }

  /** Also takes back the pairs of a row that was not closed. */
  truncate(rows: number): void {
    const kept = Math.min(rows, this.rows);
    this.offsets.length = kept * 8;
    // Offsets count the pairs of one block: they stay far below 2^32.
    const pairs = kept === 0 ? 0 : this.offsets.bytes.readUInt32LE(kept * 8 - 8);
    this.keys.truncate(pairs);
    this.truncateValues(pairs);
    this.rows = kept;
  }

  reset(): void {
    this.keys.reset();
    this.offsets.reset();
    this.rows = 0;
    this.resetValues();
  }
}

/** `Map(LowCardinality(String), String)`. */
export class StringMapColumn extends MapColumn {
  readonly type = 'Map(LowCardinality(String), String)';
  readonly values = new StringColumn();

  appendText(key: string, value: string): void {
    this.keys.appendText(key);
    this.values.appendText(value);
  }

  protected override get valueBytes(): number {
    return this.values.byteLength;
  }

  protected override writeValues(out: GrowingBytes): void {
    this.values.write(out);
  }

  protected override truncateValues(pairs: number): void {
    this.values.truncate(pairs);
  }

  protected override resetValues(): void {
    this.values.reset();
  }
}

/** `Map(LowCardinality(String), Decimal(38, scale))`: values are integers of 10^-scale. */
export class DecimalMapColumn extends MapColumn {
  readonly type: string;
  private readonly one: number;
  private readonly values = new GrowingBytes();
  private readonly names: readonly string[];
  /** Where each of the names stands in the dictionary of the block; -1: nowhere yet. */
  private readonly places: Int32Array;

  /** `names` are the keys that are appended by their number. */
  constructor(names: readonly string[] = [], scale: 9 | 18 = 9) {
    super();
    this.type = `Map(LowCardinality(String), Decimal(38, ${scale}))`;
    this.one = 10 ** scale;
    this.names = names;
    this.places = new Int32Array(names.length).fill(-1);
  }

  append(key: string, value: bigint): void {
    this.keys.appendText(key);
    this.values.appendBigInt128(value);
  }

  /** A whole number that a double holds exactly, under the name of this number. */
  appendWhole(name: number, value: number): void {
    const scaled = value * this.one;
    if (!Number.isSafeInteger(scaled)) {
      this.append(this.names[name]!, BigInt(value) * BigInt(this.one));
      return;
    }
    if (this.places[name] === -1) {
      this.places[name] = this.keys.indexOfText(this.names[name]!);
    }
    this.keys.appendIndex(this.places[name]!);
    this.values.appendSafeInteger(scaled);
    this.values.appendHalves(scaled < 0 ? 0xffffffff : 0, scaled < 0 ? 0xffffffff : 0);
  }

  protected override get valueBytes(): number {
    return this.values.length;
  }

  protected override writeValues(out: GrowingBytes): void {
    out.appendRange(this.values.bytes, 0, this.values.length);
  }

  protected override truncateValues(pairs: number): void {
    this.values.length = pairs * 16;
  }

  protected override resetValues(): void {
    this.values.reset();
    this.places.fill(-1);
  }
}
