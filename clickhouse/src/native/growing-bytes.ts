/**
 * A byte buffer that grows by doubling and is reused from block to block.
 * Invariant: bytes [0, length) are what was appended since the last reset.
 */
const TWO_32 = 4_294_967_296;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
/** The two digits of each byte, as they lie in memory. */
const HEX_PAIRS = Uint16Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(byte.toString(16).padStart(2, '0'), 'latin1').readUInt16LE(0),
);
/** Memory beyond this is given back once it is mostly unused: one huge value must not cost as much for ever. */
const KEPT_BYTES = 1 << 20;
/** Below 128, so that the length is one byte. */
const SHORT_TEXT_CHARS = 64;

export class GrowingBytes {
  bytes: Buffer;
  length = 0;
  /** Over the same memory: wide integers are written faster through it than byte by byte. */
  private data: DataView;

  constructor(capacity = 1024) {
    this.bytes = Buffer.allocUnsafe(capacity);
    this.data = viewOf(this.bytes);
  }

  /** Forgets what was appended; its memory is kept for the next block, as far as this one had use for it. */
  reset(): void {
    const { length } = this;
    if (this.bytes.length > KEPT_BYTES && length < this.bytes.length / 4) {
      this.bytes = Buffer.allocUnsafe(Math.max(KEPT_BYTES, length * 2));
      this.data = viewOf(this.bytes);
    }
    this.length = 0;
  }

  /** Makes room for `extra` bytes and returns the offset at which they may be written. */
  reserve(extra: number): number {
    const offset = this.length;
    const needed = offset + extra;
    if (needed > this.bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
      this.bytes.copy(grown, 0, 0, offset);
      this.bytes = grown;
      this.data = viewOf(grown);
    }
    this.length = needed;
    return offset;
  }

  appendByte(value: number): void {
    const at = this.reserve(1);
    this.bytes[at] = value;
  }

  appendUInt16(value: number): void {
    const at = this.reserve(2);
    this.bytes[at] = value;
    this.bytes[at + 1] = value >>> 8;
  }

  appendUInt32(value: number): void {
    const at = this.reserve(4);
    this.data.setUint32(at, value, true);
  }

  /** A 64-bit integer from its two unsigned 32-bit halves, little-endian. */
  appendHalves(low: number, high: number): void {
    const at = this.reserve(8);
    this.data.setUint32(at, low, true);
    this.data.setUint32(at + 4, high, true);
  }

  /** The lower 64 bits of the value, as two's complement. */
  appendBigInt64(value: bigint): void {
    const at = this.reserve(8);
    this.data.setBigInt64(at, value, true);
  }

  /** An integer that a double holds exactly, as 64 bits. */
  appendSafeInteger(value: number): void {
    this.appendHalves(value >>> 0, Math.floor(value / TWO_32) >>> 0);
  }

  /** The same byte many times. A call into native code costs more than a short loop. */
  appendFilled(value: number, count: number): void {
    const at = this.reserve(count);
    if (count > 64) {
      this.bytes.fill(value, at, at + count);
      return;
    }
    const { bytes } = this;
    for (let i = at; i < at + count; i++) {
      bytes[i] = value;
    }
  }

  /** The decimal digits of a whole number from 0 to 2^53 with their length, as a `String` of ClickHouse. */
  appendSizedDigits(value: number): void {
    let length = 1;
    for (let limit = 10; value >= limit; limit *= 10) {
      length++;
    }
    const at = this.reserve(length + 1);
    const { bytes } = this;
    bytes[at] = length;
    let rest = value;
    for (let i = at + length; i > at; i--) {
      const tenth = Math.floor(rest / 10);
      bytes[i] = 0x30 + (rest - tenth * 10);
      rest = tenth;
    }
  }

  /** A varint length, then the text in UTF-8: a `String` of ClickHouse. */
  appendSizedText(text: string): void {
    if (text.length > SHORT_TEXT_CHARS || !this.appendShortAscii(text)) {
      const size = Buffer.byteLength(text, 'utf8');
      this.appendVarint(size);
      const at = this.reserve(size);
      this.bytes.write(text, at, size, 'utf8');
    }
  }

  /** Most texts are short and plain; measured, two calls into native code cost three times this loop. */
  private appendShortAscii(text: string): boolean {
    const { length } = text;
    const at = this.reserve(length + 1);
    const { bytes } = this;
    bytes[at] = length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.length = at;
        return false;
      }
      bytes[at + 1 + i] = code;
    }
    return true;
  }

  /** A 128-bit two's complement integer, little-endian: how `Decimal(38, s)` is stored. */
  appendBigInt128(value: bigint): void {
    const at = this.reserve(16);
    this.data.setBigInt64(at, value, true);
    this.data.setBigInt64(
      at + 8,
      value >= INT64_MIN && value <= INT64_MAX ? signOf(value) : value >> 64n,
      true,
    );
  }

  appendVarint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.appendByte((rest & 0x7f) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.appendByte(rest);
  }

  /** Where the text (varint length, then bytes) that starts at `at` ends. */
  afterText(at: number): number {
    let size = 0;
    let scale = 1;
    for (let next = at; ; next++) {
      const byte = this.bytes[next]!;
      size += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) {
        return next + 1 + size;
      }
    }
  }

  appendRange(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    const at = this.reserve(size);
    const { bytes } = this;
    // A call into native code costs more than a short loop: measured break-even near 64 bytes.
    if (size > 64) {
      bytes.set(source.subarray(start, end), at);
      return;
    }
    for (let i = 0; i < size; i++) {
      bytes[at + i] = source[start + i]!;
    }
  }

  /** A length, then the bytes source[start, end): a `String` of ClickHouse. Four bytes at a time: twice as fast. */
  appendSizedFrom(source: DataView, start: number, end: number): void {
    const size = end - start;
    // The last four may reach over the end by three, in the source as here, where they are written over.
    if (size > 64 || end + 3 > source.byteLength) {
      this.appendVarint(size);
      this.appendRange(new Uint8Array(source.buffer, source.byteOffset + start, size), 0, size);
      return;
    }
    const at = this.reserve(size + 4);
    const { data } = this;
    data.setUint8(at, size);
    for (let i = 0; i < size; i += 4) {
      data.setInt32(at + 1 + i, source.getInt32(start + i, true), true);
    }
    this.length = at + 1 + size;
  }

  /** The bytes source[start, end) as lower-case hexadecimal digits with their length. */
  appendSizedHex(source: Uint8Array, start: number, end: number): void {
    const size = (end - start) * 2;
    this.appendVarint(size);
    let at = this.reserve(size);
    const { data } = this;
    for (let i = start; i < end; i++) {
      data.setUint16(at, HEX_PAIRS[source[i]!]!, true);
      at += 2;
    }
  }

  /** A view of what was appended; valid until the next append or reset. */
  view(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

/** All bits of the upper half of an integer whose lower half holds it. */
function signOf(value: bigint): bigint {
  return value < 0n ? -1n : 0n;
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
