/**
 * HMAC-SHA-256 under one secret (RFC 2104), as two hashes of one shot each: `createHmac` makes an object of the engine
 * for every text, which costs more than hashing a short one.
 */
import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const SHA = 'sha256';

export class HmacSha256 {
  /** The block of the key, then the text; it grows with the longest. */
  private inner: Buffer;
  private readonly outer: Buffer;

  constructor(secret: Buffer) {
    const key = secret.length > BLOCK_BYTES ? hash(SHA, secret, 'buffer') : secret;
    this.inner = paddedKey(key, 0x36, 4096);
    this.outer = paddedKey(key, 0x5c, DIGEST_BYTES);
  }

  /** The 64 hexadecimal digits for a text. */
  hex(text: Uint8Array): string {
    const size = BLOCK_BYTES + text.length;
    if (size > this.inner.length) {
      const grown = Buffer.alloc(size * 2);
      this.inner.copy(grown, 0, 0, BLOCK_BYTES);
      this.inner = grown;
    }
    this.inner.set(text, BLOCK_BYTES);
    this.outer.set(hash(SHA, this.inner.subarray(0, size), 'buffer'), BLOCK_BYTES);
    return hash(SHA, this.outer, 'hex');
  }
}

function paddedKey(key: Buffer, pad: number, roomBytes: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES + roomBytes);
  for (let i = 0; i < BLOCK_BYTES; i++) {
    block[i] = (key[i] ?? 0) ^ pad;
  }
  return block;
}
