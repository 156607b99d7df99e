/**
 * Rows of calls as the engine streams them (RowBinary), read where they lie: a million of them, so that no object is
 * made for each. Chunks cut rows anywhere.
 */

const TWO_32 = 4_294_967_296;
/** More than any row has: names are cut to NAME_BYTES_MAX, and boundaries that are longer than they may be left out. */
const ROW_BYTES_MAX = 8192;
export const NAME_BYTES_MAX = 1000;
/** Of a text's length. */
const LENGTH_BITS_MAX = 28;
/** A power of two. */
const NAMES_KEPT = 4096;

/**
 * One row at a time, in the order of the SELECT list. Valid until the next `next`. What reaches beyond the bytes that
 * are there is a RangeError, as for a row of more than ROW_BYTES_MAX bytes.
 */
export class RowReader {
  private readonly chunks: AsyncIterator<Uint8Array>;
  private held = Buffer.alloc(0);
  private at = 0;
  private isEnded = false;
  private readonly names = new Names();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.chunks = chunks[Symbol.asyncIterator]();
  }

  /** False: there is no more. Throws what the engine answered, also in the middle. */
  private async more(): Promise<boolean> {
    const { done, value } = await this.chunks.next();
    if (done === true) return false;
    const rest = this.held.subarray(this.at);
    this.held = Buffer.concat([rest, value]);
    this.at = 0;
    return true;
  }

  /** Whether a whole row is there without waiting. */
  get isReady(): boolean {
    const left = this.held.length - this.at;
    return left >= ROW_BYTES_MAX || (this.isEnded && left > 0);
  }

  /** Waits until a whole row is there. False: there is none any more. */
  async next(): Promise<boolean> {
    while (this.held.length - this.at < ROW_BYTES_MAX && !this.isEnded) {
      this.isEnded = !(await this.more());
    }
    return this.at < this.held.length;
  }

  async end(): Promise<void> {
    await this.chunks.return?.();
  }

  byte(): number {
    const value = this.held.readUInt8(this.at);
    this.at += 1;
    return value;
  }

  int32(): number {
    const value = this.held.readInt32LE(this.at);
    this.at += 4;
    return value;
  }

  /** An Int64 or UInt64 below 2^53. */
  wholeNumber(): number {
    const low = this.held.readUInt32LE(this.at);
    const high = this.held.readInt32LE(this.at + 4);
    this.at += 8;
    return high * TWO_32 + low;
  }

  int64(): bigint {
    const value = this.held.readBigInt64LE(this.at);
    this.at += 8;
    return value;
  }

  /** A String of which many rows have the same. */
  name(): string {
    const start = this.skipText();
    return this.names.textOf(this.held, start, this.at);
  }

  /** A String. */
  text(): string {
    const start = this.skipText();
    return this.held.toString('utf8', start, this.at);
  }

  /** @returns where it began; now it is read. */
  private skipText(): number {
    const length = this.length();
    const start = this.at;
    if (length > this.held.length - start) {
      throw new RangeError(`a text of ${length} bytes in a row of at most ${ROW_BYTES_MAX}`);
    }
    this.at += length;
    return start;
  }

  private length(): number {
    let length = 0;
    for (let shift = 0; shift < LENGTH_BITS_MAX; shift += 7) {
      const part = this.byte();
      length |= (part & 0x7f) << shift;
      if (part < 0x80) return length;
    }
    throw new RangeError('a text with a length of more than 28 bits');
  }
}

/** Texts by their bytes, so that a name that came before is not decoded again. */
class Names {
  private readonly texts: string[] = new Array(NAMES_KEPT).fill('');
  private readonly bytes: Buffer[] = new Array(NAMES_KEPT).fill(Buffer.alloc(0));

  textOf(source: Buffer, start: number, end: number): string {
    let hash = 0;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ source[at]!, 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (NAMES_KEPT - 1);
    if (source.compare(this.bytes[slot]!, 0, undefined, start, end) !== 0) {
      this.bytes[slot] = Buffer.from(source.subarray(start, end));
      this.texts[slot] = source.toString('utf8', start, end);
    }
    return this.texts[slot]!;
  }
}
