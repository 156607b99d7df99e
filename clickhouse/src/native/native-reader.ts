/** Walks over bytes of ClickHouse's `Native` format. Throws a RangeError where they end too early. */
export class NativeReader {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale < Number.MAX_SAFE_INTEGER; scale *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError(`no length at byte ${this.at}`);
  }

  /** Moves on over `count` bytes and gives where they begin. */
  skip(count: number): number {
    const start = this.at;
    this.at += count;
    if (this.at > this.bytes.length) throw new RangeError(`bytes end before byte ${this.at}`);
    return start;
  }

  /** Moves on over that many texts and gives where they begin. */
  skipTexts(count: number): number {
    const start = this.at;
    const { bytes } = this;
    let at = start;
    for (let n = 0; n < count; n++) {
      const size = bytes[at]!;
      // Nearly all are short. A byte beyond the end is undefined, which no comparison is true of.
      if (size < 0x80) at += size + 1;
      else {
        this.at = at;
        const long = this.varint();
        at = this.at + long;
      }
    }
    this.at = start;
    this.skip(at - start);
    return start;
  }

  /** A length and that many bytes. */
  text(): string {
    const size = this.varint();
    return this.bytes.toString('latin1', this.skip(size), this.at);
  }

  /** An unsigned integer of 64 bits that a double holds exactly. */
  uint64(): number {
    const start = this.skip(8);
    return this.bytes.readUInt32LE(start) + this.bytes.readUInt32LE(start + 4) * 4_294_967_296;
  }
}
