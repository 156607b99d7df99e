import { describe, expect, it } from 'vitest';
import { sipHash } from './sip-hash.ts';

/** The reference's vectors: the key is 00 to 0f, the input its first bytes; those of whole UTF-16 units. */
const VECTORS: readonly [bytes: number, hash: string][] = [
  [0, '310e0edd47db6f72'],
  [2, '5a4fa9d909806c0d'],
  [4, 'b7877127e09427cf'],
  [6, 'cee3fe586e46c9cb'],
  [8, '6224939a79f5f593'],
];

describe('SipHash-2-4', () => {
  it.each(VECTORS)('is the reference’s over %i bytes', (length, expected) => {
    const bytes = Buffer.from(Array.from({ length }, (_, n) => n));
    const out = new Uint32Array(2);
    sipHash([0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c], bytes.toString('utf16le'), out);
    expect(Buffer.from(out.buffer).toString('hex')).toBe(expected);
  });
});
