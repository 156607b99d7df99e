import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BufferPool } from './buffer-pool.ts';

const LENGTH = 100_000;

describe('memory of a pool', () => {
  test('is used again once it was let go', () => {
    const pool = new BufferPool();
    const first = pool.take(LENGTH);
    pool.letGo(first);
    const second = pool.take(LENGTH + 1);
    expect(second.buffer).toBe(first.buffer);
    expect(second.length).toBe(LENGTH + 1);
  });

  test('is not used again while anybody holds it', () => {
    const pool = new BufferPool();
    const first = pool.take(LENGTH);
    pool.keep(first.subarray(10, 20));
    pool.letGo(first);
    expect(pool.take(LENGTH).buffer).not.toBe(first.buffer);
    pool.letGo(first);
    expect(pool.take(LENGTH).buffer).toBe(first.buffer);
  });

  test('that is not from it is left alone', () => {
    const pool = new BufferPool();
    const foreign = Buffer.alloc(LENGTH);
    pool.keep(foreign);
    pool.letGo(foreign);
    pool.letGo(foreign);
    expect(pool.take(LENGTH).buffer).not.toBe(foreign.buffer);
  });

  test('is not kept beyond 16 MB, nor for what is small or very large', () => {
    const pool = new BufferPool();
    const taken = [...Array.from({ length: 40 }, () => pool.take(1e6)), pool.take(1000)];
    for (const one of [...taken, pool.take(9e6)]) pool.letGo(one);
    const again = Array.from({ length: 40 }, () => pool.take(1e6));
    const buffers = new Set(taken.map(({ buffer }) => buffer));
    expect(again.filter(({ buffer }) => buffers.has(buffer))).toHaveLength(16);
  });

  test('pieces are joined as Buffer.concat does', () => {
    const pool = new BufferPool();
    const pieces = fc.array(fc.uint8Array({ maxLength: 40_000 }), { maxLength: 5 });
    fc.assert(
      fc.property(pieces, (given) => {
        const joined = pool.join(given);
        expect(Buffer.compare(joined, Buffer.concat(given))).toBe(0);
        pool.letGo(joined);
      }),
    );
  });

  test('never has two holders that did not ask for it', () => {
    const lengths = fc.integer({ min: 32 * 1024, max: 70_000 });
    const steps = fc.array(fc.tuple(lengths, fc.nat({ max: 9 }), fc.boolean()), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (given) => {
        const pool = new BufferPool();
        const held: Buffer[] = [];
        for (const [length, at, isTaken] of given) {
          if (isTaken || held.length === 0) {
            const taken = pool.take(length);
            expect(held.some(({ buffer }) => buffer === taken.buffer)).toBe(false);
            held.push(taken);
          } else {
            pool.letGo(held.splice(at % held.length, 1)[0]!);
          }
        }
      }),
    );
  });
});
