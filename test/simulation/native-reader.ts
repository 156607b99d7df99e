/**
 * Reads ClickHouse `Native` blocks back into rows, independently of the code that writes them: only the types that
 * segments use. Layout: clickhouse.com/docs/interfaces/formats/Native.
 */

/** Integers of 64 bits and decimals (as integers of their last digit) are bigints; NULL is null; a map is an object. */
export type Value = number | bigint | string | null | Readonly<Record<string, string | bigint>>;
export type Row = Readonly<Record<string, Value>>;

class Reader {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Error('a block is cut off');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  text(): string {
    return this.raw(this.varint()).toString('utf8');
  }

  raw(length: number): Buffer {
    const end = this.at + length;
    if (end > this.bytes.length) throw new Error('a block is cut off');
    const part = this.bytes.subarray(this.at, end);
    this.at = end;
    return part;
  }

  u64(): number {
    return Number(this.raw(8).readBigUInt64LE());
  }
}

function many<T>(count: number, read: () => T): T[] {
  return Array.from({ length: count }, read);
}

function int128(bytes: Buffer): bigint {
  return (bytes.readBigInt64LE(8) << 64n) | bytes.readBigUInt64LE(0);
}

function uuid(bytes: Buffer): string {
  // In place, so of a copy: the bytes are those of the disk.
  const halves = Buffer.from(bytes);
  halves.subarray(0, 8).reverse();
  halves.subarray(8).reverse();
  return halves.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** `LowCardinality(String)` behind its prefix. */
function lowCardinality(reader: Reader, rows: number): string[] {
  if (rows === 0) return [];
  const width = 1 << (reader.u64() & 0xff);
  const dictionary = many(reader.u64(), () => reader.text());
  const count = reader.u64();
  return many(count, () => dictionary[reader.raw(width).readUIntLE(0, width)]!);
}

function mapColumn(reader: Reader, rows: number, valueType: string): Value[] {
  reader.raw(8);
  const ends = many(rows, () => reader.u64());
  const pairs = ends.at(-1) ?? 0;
  const keys = lowCardinality(reader, pairs);
  const values = column(reader, pairs, valueType) as (string | bigint)[];
  let from = 0;
  return ends.map((to) => {
    const map = Object.fromEntries(keys.slice(from, to).map((key, i) => [key, values[from + i]!]));
    from = to;
    return map;
  });
}

function column(reader: Reader, rows: number, type: string): Value[] {
  const nullable = /^Nullable\((.*)\)$/.exec(type);
  if (nullable !== null) {
    const nulls = [...reader.raw(rows)];
    return column(reader, rows, nullable[1]!).map((value, i) => (nulls[i] === 1 ? null : value));
  }
  const map = /^Map\(LowCardinality\(String\), (.*)\)$/.exec(type);
  if (map !== null) {
    return mapColumn(reader, rows, map[1]!);
  }
  if (type === 'LowCardinality(String)') {
    reader.raw(8);
    return lowCardinality(reader, rows);
  }
  const read = SCALARS.find(([pattern]) => pattern.test(type))?.[1];
  if (read === undefined) throw new Error(`a column of type ${type} is not known here`);
  return many(rows, () => read(reader));
}

const SCALARS: readonly (readonly [RegExp, (reader: Reader) => Value])[] = [
  [/^(Enum8\(.*\)|Int8)$/, (reader) => reader.raw(1).readInt8()],
  [/^(Bool|UInt8)$/, (reader) => reader.raw(1).readUInt8()],
  [/^UInt16$/, (reader) => reader.raw(2).readUInt16LE()],
  [/^UInt32$/, (reader) => reader.raw(4).readUInt32LE()],
  [/^UInt64$/, (reader) => reader.raw(8).readBigUInt64LE()],
  [/^(Int64|DateTime64\(9, 'UTC'\))$/, (reader) => reader.raw(8).readBigInt64LE()],
  [/^Decimal\(38, \d+\)$/, (reader) => int128(reader.raw(16))],
  [/^UUID$/, (reader) => uuid(reader.raw(16))],
  [/^String$/, (reader) => reader.text()],
];

/** What a column holds that a block leaves out. */
function defaultOf(type: string): Value {
  if (type.startsWith('Nullable')) return null;
  if (type.startsWith('Map')) return {};
  if (type.endsWith('String') || type === 'LowCardinality(String)') return '';
  return /^(U?Int64|Decimal|DateTime64)/.test(type) ? 0n : 0;
}

/** A row of nothing but defaults, by the types of its columns. */
export function defaultRow(columns: Readonly<Record<string, { readonly type: string }>>): Row {
  return Object.fromEntries(
    Object.entries(columns).map(([name, { type }]) => [name, defaultOf(type)]),
  );
}

/** The rows of all blocks of a segment, in their order. Throws for a block that ClickHouse would refuse. */
export function readNative(bytes: Buffer): Row[] {
  const reader = new Reader(bytes);
  const all: Row[] = [];
  while (reader.at < bytes.length) {
    const columns = reader.varint();
    const rows = reader.varint();
    const block = many(rows, (): Record<string, Value> => ({}));
    for (let i = 0; i < columns; i++) {
      const name = reader.text();
      for (const [row, value] of column(reader, rows, reader.text()).entries()) {
        block[row]![name] = value;
      }
    }
    all.push(...block);
  }
  return all;
}
