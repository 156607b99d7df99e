/**
 * A short text that is compared with byte ranges of requests, four bytes at a time. A call into native code would cost
 * more than the comparison.
 */

export class ByteText {
  readonly bytes: Buffer;
  readonly length: number;
  /** The first bytes in fours, without the last one to four. */
  private readonly words: Int32Array;
  /** The last four bytes, where there are four. */
  private readonly tail: number;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.length = bytes.length;
    this.words = new Int32Array(Math.max(0, Math.ceil(bytes.length / 4) - 1));
    for (let i = 0; i < this.words.length; i++) {
      this.words[i] = bytes.readInt32LE(i * 4);
    }
    this.tail = bytes.length < 4 ? 0 : bytes.readInt32LE(bytes.length - 4);
  }

  /** Whether `data` holds exactly this text in [start, end). */
  isAt(data: DataView, start: number, end: number): boolean {
    const { length, words } = this;
    if (end - start !== length) return false;
    if (length < 4) return this.isShortAt(data, start);
    // Keys of one family begin alike: the end tells most of them apart.
    if (data.getInt32(end - 4, true) !== this.tail) return false;
    for (let i = 0; i < words.length; i++) {
      if (data.getInt32(start + i * 4, true) !== words[i]) return false;
    }
    return true;
  }

  private isShortAt(data: DataView, start: number): boolean {
    for (let i = 0; i < this.length; i++) {
      if (data.getUint8(start + i) !== this.bytes[i]) return false;
    }
    return true;
  }
}
