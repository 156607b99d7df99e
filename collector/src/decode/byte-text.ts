/**
 * A short text that is compared with byte ranges of requests, eight bytes at a time as doubles: a call into native code
 * would cost more than the comparison. Doubles are equal where their bytes are, but for NaN and the two zeros, and no
 * UTF-8 text holds the bytes of those: 0xff stands nowhere in it, 0x7f after no byte from 0xf0, 0x80 after no zero. So
 * both texts must be UTF-8, which the decoder has checked.
 */

export class ByteText {
  readonly bytes: Buffer;
  readonly length: number;
  /** The first bytes in eights, without the last one to eight. */
  private readonly words: Float64Array;
  /** The last eight bytes, or of a shorter text the last four, where there are so many. */
  private readonly tail: number;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.length = bytes.length;
    this.words = new Float64Array(Math.max(0, Math.ceil(bytes.length / 8) - 1));
    for (let i = 0; i < this.words.length; i++) {
      this.words[i] = bytes.readDoubleLE(i * 8);
    }
    const { length } = bytes;
    this.tail =
      length >= 8
        ? bytes.readDoubleLE(length - 8)
        : length >= 4
          ? bytes.readInt32LE(length - 4)
          : 0;
  }

  /** Whether `data` holds exactly this text in [start, end). */
  isAt(data: DataView, start: number, end: number): boolean {
    const { length } = this;
    if (end - start !== length) return false;
    if (length < 8) return this.isShortAt(data, start, end);
    // Keys of one family begin alike: the end tells most of them apart.
    if (data.getFloat64(end - 8, true) !== this.tail) return false;
    const { words } = this;
    for (let i = 0; i < words.length; i++) {
      if (data.getFloat64(start + i * 8, true) !== words[i]) return false;
    }
    return true;
  }

  private isShortAt(data: DataView, start: number, end: number): boolean {
    const { length, bytes } = this;
    if (length >= 4 && data.getInt32(end - 4, true) !== this.tail) return false;
    for (let i = 0; i < length; i++) {
      if (data.getUint8(start + i) !== bytes[i]) return false;
    }
    return true;
  }
}
