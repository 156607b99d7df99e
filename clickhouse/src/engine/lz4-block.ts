/**
 * One LZ4 block, compressed greedily. Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md.
 * Invariant: at most 64 KiB go into a block, so that every match is within reach of its two bytes of distance.
 */

/** The most that one block takes. */
export const LZ4_BLOCK_BYTES_MAX = 65_535;

const MATCH_BYTES_MIN = 4;
/** The format's end rules: a match begins at least 12 bytes before the end and leaves 5 bytes as they are. */
const NO_MATCH_AT_END = 12;
const LITERALS_AT_END = 5;
const HASH_BITS = 13;
const LENGTH_IN_TOKEN_MAX = 15;

/** Compresses `raw`. Throws RangeError beyond LZ4_BLOCK_BYTES_MAX. */
export function compressLz4Block(raw: Buffer): Buffer {
  if (raw.length > LZ4_BLOCK_BYTES_MAX) {
    throw new RangeError(`${raw.length} bytes; expected at most ${LZ4_BLOCK_BYTES_MAX}`);
  }
  const block = new BlockWriter(raw);
  const lastSeen = new Int32Array(1 << HASH_BITS).fill(-1);
  const matchEnd = raw.length - LITERALS_AT_END;
  let at = 0;
  while (at <= raw.length - NO_MATCH_AT_END) {
    const slot = Math.imul(raw.readUInt32LE(at), 2_654_435_761) >>> (32 - HASH_BITS);
    const earlier = lastSeen[slot] ?? -1;
    lastSeen[slot] = at;
    if (earlier < 0 || raw.readUInt32LE(earlier) !== raw.readUInt32LE(at)) {
      at += 1;
      continue;
    }
    let bytes = MATCH_BYTES_MIN;
    while (at + bytes < matchEnd && raw[earlier + bytes] === raw[at + bytes]) bytes += 1;
    block.sequence(at, { distance: at - earlier, bytes });
    at += bytes;
  }
  return block.end();
}

/** Writes sequences of literals and a match; the last one has literals only. */
class BlockWriter {
  readonly #raw: Buffer;
  readonly #out: Buffer;
  #outAt = 0;
  #literalsFrom = 0;

  constructor(raw: Buffer) {
    this.#raw = raw;
    // What does not compress grows by one byte of length in 255, and by the tokens.
    this.#out = Buffer.allocUnsafe(raw.length + Math.ceil(raw.length / 255) + 16);
  }

  /** The literals up to `at`, then a match. */
  sequence(at: number, match: { readonly distance: number; readonly bytes: number }): void {
    const matchLength = match.bytes - MATCH_BYTES_MIN;
    this.#literals(at, Math.min(matchLength, LENGTH_IN_TOKEN_MAX));
    this.#outAt = this.#out.writeUInt16LE(match.distance, this.#outAt);
    this.#longLength(matchLength);
    this.#literalsFrom = at + match.bytes;
  }

  end(): Buffer {
    this.#literals(this.#raw.length, 0);
    return this.#out.subarray(0, this.#outAt);
  }

  #literals(until: number, matchInToken: number): void {
    const bytes = until - this.#literalsFrom;
    const inToken = Math.min(bytes, LENGTH_IN_TOKEN_MAX);
    this.#outAt = this.#out.writeUInt8((inToken << 4) | matchInToken, this.#outAt);
    this.#longLength(bytes);
    this.#outAt += this.#raw.copy(this.#out, this.#outAt, this.#literalsFrom, until);
  }

  /** What of a length does not fit into the token: bytes that add up, the last of them below 255. */
  #longLength(length: number): void {
    let rest = length - LENGTH_IN_TOKEN_MAX;
    for (; rest >= 0; rest -= 255) {
      this.#outAt = this.#out.writeUInt8(Math.min(rest, 255), this.#outAt);
    }
  }
}
