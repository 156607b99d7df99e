/**
 * The calls of a range as the engine streams them (`Native`: columns of some thousand rows at a time), so that a
 * million of them are read without an object, a text or a decision about its type for each. Chunks cut blocks anywhere.
 */
import { NativeReader } from '@ai-cost-profiler/clickhouse/native/native-reader.ts';

export const SKETCH_BYTES = 128;
export const SKETCH_WORDS = SKETCH_BYTES / 4;
const HELD_BYTES_AT_FIRST = 4 * 1024 * 1024;
/** Of the columns of fixed width, and one byte of each name's number. */
const ROW_BYTES_MIN = 8 + 8 + 4 + 4 + 16 + 1 + SKETCH_BYTES + 8 + 2;

/** Valid until the next one. Numbers of 64 and 128 bits lie in two and four words, the lowest first. */
export interface CallBlock {
  readonly rows: number;
  /** Tells a call from every other one. */
  readonly call: Uint32Array;
  readonly startNs: Uint32Array;
  readonly calls: Int32Array;
  readonly unpricedCalls: Int32Array;
  readonly costAtto: Uint32Array;
  readonly maker: Uint8Array;
  /** 32 words a row. */
  readonly sketch: Int32Array;
  /** Tells a prompt from every other one, to the letter. */
  readonly prompt: Uint32Array;
  readonly model: NameColumn;
  readonly feature: NameColumn;
}

/** A name of each row, by its number in `names`. */
export interface NameColumn {
  readonly names: readonly string[];
  readonly numbers: Uint8Array | Uint16Array | Uint32Array;
}

/** The columns of the statement in their order, and the types that they must come with. */
const CALL_COLUMNS = {
  call: 'UInt64',
  startNs: 'Int64',
  calls: 'Int32',
  unpricedCalls: 'Int32',
  costAtto: 'Decimal(38, 18)',
  maker: 'UInt8',
  sketch: `FixedString(${SKETCH_BYTES})`,
  prompt: 'UInt64',
  model: 'LowCardinality(String)',
  feature: 'LowCardinality(String)',
} as const satisfies Readonly<Record<Exclude<keyof CallBlock, 'rows'>, string>>;

export class CallBlocks {
  private held = Buffer.alloc(HELD_BYTES_AT_FIRST);
  private end = 0;
  private readonly reader = new BlockReader();

  /** The blocks that are whole with these bytes. Throws where they are not what `CALL_COLUMNS` says. */
  *take(chunk: Uint8Array): Generator<CallBlock> {
    this.append(chunk);
    let from = 0;
    for (;;) {
      const reader = new NativeReader(this.held.subarray(from, this.end));
      const block = this.reader.read(reader);
      if (block === undefined) break;
      from += reader.at;
      if (block.rows > 0) yield block;
    }
    this.held.copyWithin(0, from, this.end);
    this.end -= from;
  }

  /** Whether nothing of a block is left over. */
  get isAtEnd(): boolean {
    return this.end === 0;
  }

  private append(chunk: Uint8Array): void {
    let room = this.held.length;
    while (this.end + chunk.length > room) room *= 2;
    if (room > this.held.length) {
      const before = this.held;
      this.held = Buffer.alloc(room);
      before.copy(this.held, 0, 0, this.end);
    }
    this.held.set(chunk, this.end);
    this.end += chunk.length;
  }
}

class BlockReader {
  /** Used for each block again: new ones would be as many bytes as all blocks have. */
  private readonly room = new Map<keyof typeof CALL_COLUMNS, ArrayBuffer>();

  /** Undefined: it is not there as a whole. */
  read(reader: NativeReader): CallBlock | undefined {
    if (reader.isAtEnd) return undefined;
    try {
      return this.readWhole(reader);
    } catch (error) {
      // What is missing shows as an end that comes too early.
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  private readWhole(reader: NativeReader): CallBlock {
    const columns = reader.varint();
    const expected = Object.keys(CALL_COLUMNS).length;
    if (columns !== expected) {
      throw new Error(`a block has ${columns} columns; expected ${expected}`);
    }
    const rows = reader.varint();
    // Before the first column is copied: most of a large block comes in many chunks.
    if (reader.bytes.length - reader.at < rows * ROW_BYTES_MIN) throw new RangeError('not yet');
    const bytes = (column: keyof typeof CALL_COLUMNS, each: number): ArrayBuffer => {
      readHead(reader, column);
      return this.copied(reader, column, rows * each);
    };
    const names = (column: 'model' | 'feature'): NameColumn => {
      readHead(reader, column);
      return rows === 0 ? { names: [], numbers: new Uint8Array() } : readNames(reader, rows);
    };
    // In the order in which they come: members are read one after the other.
    return {
      rows,
      call: new Uint32Array(bytes('call', 8)),
      startNs: new Uint32Array(bytes('startNs', 8)),
      calls: new Int32Array(bytes('calls', 4)),
      unpricedCalls: new Int32Array(bytes('unpricedCalls', 4)),
      costAtto: new Uint32Array(bytes('costAtto', 16)),
      maker: new Uint8Array(bytes('maker', 1)),
      sketch: new Int32Array(bytes('sketch', SKETCH_BYTES)),
      prompt: new Uint32Array(bytes('prompt', 8)),
      model: names('model'),
      feature: names('feature'),
    };
  }

  /** Typed arrays must begin at a multiple of what they hold; columns begin anywhere. */
  private copied(
    reader: NativeReader,
    column: keyof typeof CALL_COLUMNS,
    byteLength: number,
  ): ArrayBuffer {
    const start = reader.skip(byteLength);
    let room = this.room.get(column);
    if (room === undefined || room.byteLength < byteLength) {
      room = new ArrayBuffer(byteLength);
      this.room.set(column, room);
    }
    new Uint8Array(room).set(reader.bytes.subarray(start, start + byteLength));
    return room;
  }
}

/** Name and type of a column. */
function readHead(reader: NativeReader, column: keyof typeof CALL_COLUMNS): void {
  reader.text();
  const type = reader.text();
  const wanted = CALL_COLUMNS[column];
  if (type !== wanted) throw new Error(`column ${column} is ${type}; expected ${wanted}`);
}

/** The low byte of the flags tells how many bytes a number has: 1, 2, 4 or 8. */
const NUMBER_BYTES = [1, 2, 4] as const;

/** A dictionary of the block, and a number of each row (docs: clickhouse/src/native/low-cardinality-column.ts). */
function readNames(reader: NativeReader, rows: number): NameColumn {
  reader.skip(8);
  const flags = reader.bytes[reader.skip(8)]!;
  const count = reader.uint64();
  const names: string[] = [];
  for (let n = 0; n < count; n++) {
    const size = reader.varint();
    names.push(reader.bytes.toString('utf8', reader.skip(size), reader.at));
  }
  if (reader.uint64() !== rows) throw new Error('a column of names has another number of rows');
  const bytesEach = NUMBER_BYTES[flags];
  if (bytesEach === undefined) throw new Error(`numbers of names of the kind ${flags}`);
  const start = reader.skip(rows * bytesEach);
  const bytes = Uint8Array.from(reader.bytes.subarray(start, reader.at)).buffer;
  const numbers =
    bytesEach === 1
      ? new Uint8Array(bytes)
      : bytesEach === 2
        ? new Uint16Array(bytes)
        : new Uint32Array(bytes);
  return { names, numbers };
}
