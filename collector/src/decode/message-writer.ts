/**
 * Writes protobuf messages into one growing buffer that is kept between requests. A sub-message is
 * opened and closed around its content; its length is filled in on closing.
 */

/** Beyond this nesting, lengths are padded to five bytes rather than moving the content again. */
const COMPACT_DEPTH_MAX = 12;

const SHORT_TEXT_MAX = 40;

export class MessageWriter {
  bytes: Buffer;
  data: DataView;
  at = 0;
  private depth = 0;

  constructor(sizeBytes = 65536) {
    this.bytes = Buffer.allocUnsafeSlow(sizeBytes);
    this.data = viewOf(this.bytes);
  }

  reset(): void {
    this.at = 0;
    this.depth = 0;
  }

  /** What was written so far; valid until the next write. */
  written(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    const bytes = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + size));
    this.bytes.copy(bytes, 0, 0, this.at);
    this.bytes = bytes;
    this.data = viewOf(bytes);
  }

  /** Writes `value`, an unsigned 32-bit number, as a varint. */
  varint32(value: number): void {
    this.reserve(5);
    value >>>= 0;
    while (value > 127) {
      this.bytes[this.at++] = (value & 127) | 128;
      value >>>= 7;
    }
    this.bytes[this.at++] = value;
  }

  /** Writes a 64-bit integer, signed or not, as a varint of its two's complement. */
  varint64(value: bigint): void {
    this.reserve(10);
    let rest = BigInt.asUintN(64, value);
    while (rest > 127n) {
      this.bytes[this.at++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.bytes[this.at++] = Number(rest);
  }

  fixed32(value: number): void {
    this.reserve(4);
    this.data.setUint32(this.at, value, true);
    this.at += 4;
  }

  fixed64(value: bigint): void {
    this.reserve(8);
    this.data.setBigUint64(this.at, BigInt.asUintN(64, value), true);
    this.at += 8;
  }

  double(value: number): void {
    this.reserve(8);
    this.data.setFloat64(this.at, value, true);
    this.at += 8;
  }

  /** Writes a text as UTF-8 with its length; a lone surrogate becomes U+FFFD. */
  text(text: string): void {
    // A UTF-16 unit takes at most three bytes of UTF-8; they are counted only where room is short.
    const sizeMax = text.length * 3 + 5;
    if (this.at + sizeMax > this.bytes.length) this.reserve(Buffer.byteLength(text) + 5);
    const mark = this.open();
    if (text.length > SHORT_TEXT_MAX || !this.shortAscii(text)) {
      this.at += this.bytes.write(text, this.at, 'utf8');
    }
    this.close(mark);
  }

  /** Writes a short ASCII text, for which calling out of JavaScript costs more; false if it is not. */
  private shortAscii(text: string): boolean {
    const start = this.at;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) return false;
      this.bytes[start + i] = unit;
    }
    this.at = start + text.length;
    return true;
  }

  /** Writes the bytes that an even number of hexadecimal digits stands for, with their length. */
  hex(digits: string): void {
    this.varint32(digits.length / 2);
    this.reserve(digits.length / 2);
    this.at += this.bytes.write(digits, this.at, 'hex');
  }

  /** Writes bytes with their length. */
  binary(bytes: Uint8Array): void {
    this.varint32(bytes.length);
    this.copy(bytes, 0, bytes.length);
  }

  /** Copies `[start, end)` of another buffer. */
  copy(from: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    this.bytes.set(from.subarray(start, end), this.at);
    this.at += end - start;
  }

  /** Starts length-delimited content, after its tag was written; `close` wants the result. */
  open(): number {
    this.reserve(5);
    const mark = this.at;
    this.depth += 1;
    this.at += this.depth > COMPACT_DEPTH_MAX ? 5 : 1;
    return mark;
  }

  close(mark: number): void {
    const padded = this.depth > COMPACT_DEPTH_MAX;
    this.depth -= 1;
    const length = this.at - mark - (padded ? 5 : 1);
    if (padded) this.writeLength(mark, length, 5);
    else {
      const size = lengthSize(length);
      if (size > 1) this.makeRoom(mark + 1, length, size - 1);
      this.writeLength(mark, length, size);
    }
  }

  /** Moves the content at `start` by `shift` bytes, for a length longer than the byte kept for it. */
  private makeRoom(start: number, length: number, shift: number): void {
    this.reserve(shift);
    this.bytes.copyWithin(start + shift, start, start + length);
    this.at += shift;
  }

  /** Writes a length in exactly `size` bytes; a longer form than needed is legal protobuf. */
  private writeLength(at: number, length: number, size: number): void {
    for (let i = 0; i < size - 1; i++) this.bytes[at + i] = ((length >>> (7 * i)) & 127) | 128;
    this.bytes[at + size - 1] = length >>> (7 * (size - 1));
  }
}

function lengthSize(length: number): number {
  let size = 1;
  for (let rest = length >>> 7; rest > 0; rest >>>= 7) size += 1;
  return size;
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
