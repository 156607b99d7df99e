/**
 * Rows of calls as the engine streams them (RowBinary), read where they lie: a million of them, so that no object is
 * made for each. Chunks cut rows anywhere.
 */

export const SKETCH_BYTES = 128;
const TWO_32 = 4_294_967_296;
/** More than any row has: names are cut to NAME_BYTES_MAX. */
const ROW_BYTES_MAX = 8192;
export const NAME_BYTES_MAX = 1000;

/** One row at a time, in the order of the SELECT list. Valid until the next `next`. */
export class RowReader {
  private readonly chunks: AsyncIterator<Uint8Array>;
  private held = Buffer.alloc(0);
  private at = 0;
  private isEnded = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.chunks = chunks[Symbol.asyncIterator]();
  }

  /** False: there is no more. Throws what the engine answered, also in the middle. */
  private async more(): Promise<boolean> {
    const { done, value } = await this.chunks.next();
    if (done === true) return false;
    const rest = this.held.subarray(this.at);
    this.held = rest.length === 0 ? Buffer.from(value) : Buffer.concat([rest, value]);
    this.at = 0;
    return true;
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
    return this.held[this.at++]!;
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

  /** A Decimal(38, 18): atto-dollars. */
  int128(): bigint {
    const low = this.held.readBigUInt64LE(this.at);
    const high = this.held.readBigInt64LE(this.at + 8);
    this.at += 16;
    return high === 0n ? low : (high << 64n) | low;
  }

  /** Copies as many integers as `into` has. */
  int32s(into: Int32Array): void {
    for (let n = 0; n < into.length; n++) into[n] = this.int32();
  }

  /** A String. */
  text(): string {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const part = this.byte();
      length |= (part & 0x7f) << shift;
      if (part < 0x80) break;
    }
    const start = this.at;
    this.at += length;
    return this.held.toString('utf8', start, this.at);
  }
}
