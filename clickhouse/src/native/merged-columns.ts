/**
 * Columns of large blocks that are put together from the bytes of small ones: values are copied as they lie, and only
 * dictionaries are translated. Layouts as in columns.ts.
 */
import { GrowingBytes } from './growing-bytes.ts';
import { LowCardinalityColumn } from './low-cardinality-column.ts';
import type { NativeReader } from './native-reader.ts';

export interface MergedColumn {
  readonly type: string;
  rows: number;
  /** Takes the values of `rows` rows at the reader's place. */
  take(reader: NativeReader, rows: number): void;
  /** Adds defaults until there are so many rows. */
  padTo(rows: number): void;
  write(out: GrowingBytes): void;
  reset(): void;
}

const DICTIONARY_VERSION = 1;
const OWN_DICTIONARY = 0x600;
const LOW_CARDINALITY = 'LowCardinality(String)';

/** @throws Error for a type that is not one of those our blocks have */
export function createMergedColumn(type: string): MergedColumn {
  if (type === 'String') return new MergedTexts();
  if (type === LOW_CARDINALITY) return new MergedLowCardinality();
  const map = new RegExp(`^Map\\(${LOW_CARDINALITY.replace(/[()]/g, '\\$&')}, (.+)\\)$`).exec(type);
  if (map !== null) return new MergedMap(type, createMergedColumn(map[1]!));
  const inner = /^Nullable\((.+)\)$/.exec(type)?.[1];
  return new MergedFixed(type, { width: widthOf(inner ?? type), isNullable: inner !== undefined });
}

const WIDTHS: readonly (readonly [RegExp, number])[] = [
  [/^(U?Int8|Bool|Enum8\(.*\))$/, 1],
  [/^U?Int16$/, 2],
  [/^U?Int32$/, 4],
  [/^(U?Int64|DateTime64\(.*\))$/, 8],
  [/^(UUID|Decimal\(38, \d+\))$/, 16],
];

function widthOf(type: string): number {
  const width = WIDTHS.find(([pattern]) => pattern.test(type))?.[1];
  if (width === undefined) throw new Error(`a column of type ${type} cannot be merged`);
  return width;
}

/** Values of one width, with a mask of NULLs before them if there may be any. */
class MergedFixed implements MergedColumn {
  readonly type: string;
  rows = 0;
  private readonly width: number;
  private readonly nulls: GrowingBytes | undefined;
  private readonly values = new GrowingBytes();

  constructor(type: string, { width, isNullable }: { width: number; isNullable: boolean }) {
    this.type = type;
    this.width = width;
    this.nulls = isNullable ? new GrowingBytes() : undefined;
  }

  take(reader: NativeReader, rows: number): void {
    if (this.nulls !== undefined) copy(this.nulls, reader, rows);
    copy(this.values, reader, rows * this.width);
    this.rows += rows;
  }

  padTo(rows: number): void {
    const missing = rows - this.rows;
    this.nulls?.appendFilled(1, missing);
    this.values.appendFilled(0, missing * this.width);
    this.rows = rows;
  }

  write(out: GrowingBytes): void {
    if (this.nulls !== undefined) out.appendRange(this.nulls.bytes, 0, this.nulls.length);
    out.appendRange(this.values.bytes, 0, this.values.length);
  }

  reset(): void {
    this.nulls?.reset();
    this.values.reset();
    this.rows = 0;
  }
}

class MergedTexts implements MergedColumn {
  readonly type = 'String';
  rows = 0;
  private readonly values = new GrowingBytes();

  take(reader: NativeReader, rows: number): void {
    const start = reader.skipTexts(rows);
    this.values.appendRange(reader.bytes, start, reader.at);
    this.rows += rows;
  }

  padTo(rows: number): void {
    this.values.appendFilled(0, rows - this.rows);
    this.rows = rows;
  }

  write(out: GrowingBytes): void {
    out.appendRange(this.values.bytes, 0, this.values.length);
  }

  reset(): void {
    this.values.reset();
    this.rows = 0;
  }
}

class MergedLowCardinality implements MergedColumn {
  readonly type = LOW_CARDINALITY;
  private readonly column = new LowCardinalityColumn();
  /** The index here of each entry of the dictionary that is read. */
  private places = new Uint32Array(256);
  private indexes = new Uint32Array(1024);

  get rows(): number {
    return this.column.rows;
  }

  take(reader: NativeReader, rows: number): void {
    this.takePrefix(reader);
    this.takeData(reader, rows);
  }

  takePrefix(reader: NativeReader): void {
    const version = reader.uint64();
    if (version !== DICTIONARY_VERSION) throw new Error(`a dictionary of version ${version}`);
  }

  takeData(reader: NativeReader, rows: number): void {
    if (rows === 0) return;
    const flags = reader.uint64();
    const width = 1 << (flags & 0xff);
    if (flags - (flags & 0xff) !== OWN_DICTIONARY || width > 4) {
      throw new Error(`a dictionary with flags ${flags}`);
    }
    const size = reader.uint64();
    this.takeDictionary(reader, size);
    const given = reader.uint64();
    if (given !== rows) throw new Error(`${given} indexes for ${rows} rows`);
    this.takeIndexes(reader, { rows, width, size });
  }

  private takeDictionary(reader: NativeReader, size: number): void {
    if (size > this.places.length) this.places = new Uint32Array(size * 2);
    for (let n = 0; n < size; n++) {
      const length = reader.varint();
      const start = reader.skip(length);
      this.places[n] = this.column.indexOfRange(reader.bytes, start, reader.at);
    }
  }

  private takeIndexes(
    reader: NativeReader,
    { rows, width, size }: { rows: number; width: number; size: number },
  ): void {
    const start = reader.skip(rows * width);
    const { bytes } = reader;
    const { places } = this;
    if (rows > this.indexes.length) this.indexes = new Uint32Array(rows * 2);
    const { indexes } = this;
    for (let row = 0; row < rows; row++) {
      const at = start + row * width;
      let index = bytes[at]!;
      if (width > 1) index += bytes[at + 1]! << 8;
      if (width > 2) index += (bytes[at + 2]! << 16) + bytes[at + 3]! * 0x1000000;
      if (index >= size) throw new RangeError(`index ${index} in a dictionary of ${size}`);
      indexes[row] = places[index]!;
    }
    this.column.appendIndexes(indexes, rows);
  }

  padTo(rows: number): void {
    while (this.column.rows < rows) this.column.appendDefault();
  }

  write(out: GrowingBytes): void {
    this.column.write(out);
  }

  writePrefix(out: GrowingBytes): void {
    this.column.writePrefix(out);
  }

  writeData(out: GrowingBytes): void {
    this.column.writeData(out);
  }

  reset(): void {
    this.column.reset();
  }
}

class MergedMap implements MergedColumn {
  readonly type: string;
  rows = 0;
  private readonly offsets = new GrowingBytes();
  private readonly keys = new MergedLowCardinality();
  private readonly values: MergedColumn;

  constructor(type: string, values: MergedColumn) {
    this.type = type;
    this.values = values;
  }

  take(reader: NativeReader, rows: number): void {
    this.keys.takePrefix(reader);
    const before = this.keys.rows;
    const start = reader.skip(rows * 8);
    const { bytes } = reader;
    const { offsets } = this;
    // Pairs of one block stay far below 2^32: the upper half of an offset is 0.
    for (let at = start; at < reader.at; at += 8) {
      offsets.appendHalves(before + bytes.readUInt32LE(at), 0);
    }
    const pairs = rows === 0 ? 0 : bytes.readUInt32LE(reader.at - 8);
    this.keys.takeData(reader, pairs);
    this.values.take(reader, pairs);
    this.rows += rows;
  }

  padTo(rows: number): void {
    for (; this.rows < rows; this.rows++) this.offsets.appendHalves(this.keys.rows, 0);
  }

  write(out: GrowingBytes): void {
    this.keys.writePrefix(out);
    out.appendRange(this.offsets.bytes, 0, this.offsets.length);
    this.keys.writeData(out);
    this.values.write(out);
  }

  reset(): void {
    this.offsets.reset();
    this.keys.reset();
    this.values.reset();
    this.rows = 0;
  }
}

function copy(to: GrowingBytes, reader: NativeReader, count: number): void {
  const start = reader.skip(count);
  to.appendRange(reader.bytes, start, reader.at);
}
