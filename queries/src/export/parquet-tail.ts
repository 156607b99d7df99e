/**
 * The end of a Parquet file, where its footer tells how many rows it has: FileMetaData in Thrift's compact protocol,
 * its length and "PAR1". Only what stands before `num_rows` (field 3) is read, and that is passed over.
 * Sources: https://github.com/apache/parquet-format (parquet.thrift) and
 * https://github.com/apache/thrift (compact protocol).
 */

/** The footer of some 100 million rows; of a longer one nothing is told. */
const TAIL_BYTES_MAX = 8_000_000;
const NUM_ROWS_FIELD = 3;
const TRAILER_BYTES = 8;

export class ParquetTail {
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  take(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes - (this.#chunks[0]?.length ?? 0) >= TAIL_BYTES_MAX) {
      this.#bytes -= this.#chunks.shift()?.length ?? 0;
    }
  }

  rows(): number | null {
    const tail = Buffer.concat(this.#chunks);
    if (tail.length < TRAILER_BYTES || tail.toString('latin1', tail.length - 4) !== 'PAR1')
      return null;
    const start = tail.length - TRAILER_BYTES - tail.readUInt32LE(tail.length - TRAILER_BYTES);
    return start < 0 ? null : new CompactReader(tail, start).readNumRows();
  }
}

/** Types of Thrift's compact protocol that are not passed over as one number. */
const TYPE = {
  true: 1,
  false: 2,
  byte: 3,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  struct: 12,
} as const;

class CompactReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  readNumRows(): number | null {
    let field = 0;
    for (;;) {
      const head = this.#byte();
      if (head === 0) return null;
      field = head >> 4 === 0 ? Number(this.#zigzag()) : field + (head >> 4);
      if (field === NUM_ROWS_FIELD) return Number(this.#zigzag());
      this.#pass(head & 0x0f);
    }
  }

  #pass(type: number): void {
    if (type === TYPE.byte) this.#at += 1;
    else if (type === TYPE.double) this.#at += 8;
    else if (type === TYPE.binary) this.#passBinary();
    else if (type === TYPE.list || type === TYPE.set) this.#passList();
    else if (type === TYPE.struct) this.#passStruct();
    else if (type !== TYPE.true && type !== TYPE.false) this.#varint();
  }

  #passBinary(): void {
    const length = Number(this.#varint());
    this.#at += length;
  }

  #passList(): void {
    const head = this.#byte();
    const count = head >> 4 === 0x0f ? Number(this.#varint()) : head >> 4;
    const type = head & 0x0f;
    for (let index = 0; index < count; index += 1) {
      // A boolean of a list takes a byte; one of a struct stands in its type.
      this.#pass(type === TYPE.true || type === TYPE.false ? TYPE.byte : type);
    }
  }

  #passStruct(): void {
    for (let head = this.#byte(); head !== 0; head = this.#byte()) {
      if (head >> 4 === 0) this.#varint();
      this.#pass(head & 0x0f);
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new RangeError('the footer of a Parquet file ends too early');
    this.#at += 1;
    return byte;
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  #zigzag(): bigint {
    const value = this.#varint();
    return (value >> 1n) ^ -(value & 1n);
  }
}
