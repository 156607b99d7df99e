import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RepeatedPrefixes, readPrefixes } from './repeated-prefixes.ts';

const TTL_US = 100;

describe('prefixes', () => {
  it('are read as they are told, and what is none is left out', () => {
    expect(readPrefixes('abcdefgh.5 ijklmnop.z')).toEqual([
      { hash: 'abcdefgh', size: 5 },
      { hash: 'ijklmnop', size: 35 },
    ]);
    expect(readPrefixes('')).toEqual([]);
    expect(readPrefixes('none .5 x.!')).toEqual([]);
  });

  it('of a conversation that goes on: each turn finds the one before, written up to the one before that', () => {
    const cache = new RepeatedPrefixes(TTL_US);
    const turn = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ hash: `m${n}`, size: (n + 1) * 10 }));
    expect(cache.take(turn(1), 0, 1)).toBeUndefined();
    expect(cache.take(turn(2), 50, 1)).toEqual({ size: 10, writtenSize: 0 });
    expect(cache.take(turn(3), 100, 1)).toEqual({ size: 20, writtenSize: 10 });
    expect(cache.take(turn(3), 200, 1)).toEqual({ size: 30, writtenSize: 20 });
    // Nobody used it for longer than it is kept.
    expect(cache.take(turn(3), 301, 1)).toBeUndefined();
    expect(cache.take(turn(3), 302, 1)).toEqual({ size: 30, writtenSize: 0 });
  });

  it('that are too short are not kept', () => {
    const cache = new RepeatedPrefixes(TTL_US);
    const prefixes = [{ hash: 'a', size: 10 }];
    cache.take(prefixes, 0, 11);
    expect(cache.take(prefixes, 1, 11)).toBeUndefined();
    expect(cache.take(prefixes, 2, 10)).toEqual({ size: 10, writtenSize: 0 });
  });

  it('are found as by looking through everything that came before', () => {
    const calls = fc.array(
      fc.record({ wait: fc.nat(80), texts: fc.array(fc.nat(2), { minLength: 1, maxLength: 4 }) }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(calls, (list) => {
        const cache = new RepeatedPrefixes(TTL_US);
        const before: { atUs: number; hashes: string[] }[] = [];
        let atUs = 0;
        for (const { wait, texts } of list) {
          atUs += wait;
          const hashes = texts.map((_, n) => texts.slice(0, n + 1).join('-'));
          const told = cache.take(
            hashes.map((hash, n) => ({ hash, size: n + 1 })),
            atUs,
            1,
          );
          // The last use of each is what counts: so the newest that has it is near enough.
          const expected = hashes.findLastIndex((hash) =>
            before.some((one) => one.hashes.includes(hash) && atUs - one.atUs <= TTL_US),
          );
          expect(told?.size ?? 0).toBe(expected + 1);
          before.push({ atUs, hashes });
        }
      }),
    );
  });
});
