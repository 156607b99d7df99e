import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compressLz4Block, LZ4_BLOCK_BYTES_MAX } from './lz4-block.ts';

/** A decoder written from the format's description, apart from the encoder. */
function decompress(block: Buffer): Buffer {
  const out: number[] = [];
  let at = 0;
  const length = (inToken: number): number => {
    if (inToken < 15) return inToken;
    for (let sum = 15; ; ) {
      const more = block.readUInt8(at++);
      sum += more;
      if (more < 255) return sum;
    }
  };
  while (at < block.length) {
    const token = block.readUInt8(at++);
    const literals = length(token >> 4);
    out.push(...block.subarray(at, at + literals));
    at += literals;
    if (at === block.length) break;
    const distance = block.readUInt16LE(at);
    at += 2;
    const bytes = length(token & 15) + 4;
    expect(distance).toBeGreaterThan(0);
    expect(distance).toBeLessThanOrEqual(out.length);
    for (let copied = 0; copied < bytes; copied += 1) out.push(out[out.length - distance] ?? -1);
  }
  return Buffer.from(out);
}

describe('compressLz4Block', () => {
  test('any bytes come back, of few values or of many', () => {
    const few = fc.array(fc.constantFrom(0, 1, 2), { maxLength: 3_000 }).map(Buffer.from);
    const many = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
    const repeated = fc.tuple(many, fc.nat(80)).map(([one, times]) => {
      return Buffer.concat(Array.from({ length: times }, () => one)).subarray(0, 20_000);
    });
    fc.assert(
      fc.property(fc.oneof(few, many, repeated), (raw) => {
        expect(decompress(compressLz4Block(raw)).equals(raw)).toBe(true);
      }),
    );
  });

  test('what repeats becomes small, and what does not grows by less than a hundredth', () => {
    const same = Buffer.alloc(LZ4_BLOCK_BYTES_MAX, 'abc');
    expect(compressLz4Block(same).length).toBeLessThan(300);
    const noise = Buffer.from(
      Array.from({ length: 20_000 }, (_, i) => Math.imul(i + 7, 2_654_435_761) >>> 24),
    );
    expect(compressLz4Block(noise).length).toBeLessThan(20_200);
  });

  test('more than a block takes is refused', () => {
    expect(() => compressLz4Block(Buffer.alloc(LZ4_BLOCK_BYTES_MAX + 1))).toThrow('at most 65535');
  });
});
