import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KEY_BYTES } from './index-file.ts';
import type { Seen } from './seen-spans.ts';
import { SeenSpans, seenSpansBytes, seenSpansWithin } from './seen-spans.ts';

function key(span: number, hash: number, trace = 1): Buffer {
  const bytes = Buffer.alloc(KEY_BYTES);
  bytes.writeUInt32LE(trace, 2);
  bytes.writeUInt32LE(span, 18);
  bytes.writeUInt32LE(hash, 26);
  return bytes;
}

/** The same promises kept by an array: slow, and plainly right. */
class Reference {
  private versions: { name: string; hash: number }[] = [];
  private readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  check(tenant: number, span: number, hash: number): Seen {
    const name = `${tenant}/${span}`;
    const known = this.versions.filter((version) => version.name === name);
    if (known.some((version) => version.hash === hash)) {
      return 'same';
    }
    this.versions = [...this.versions, { name, hash }].slice(-this.capacity);
    return known.length === 0 ? 'new' : 'changed';
  }
}

it('a filter is the largest power of two that fits in the bytes it may take', () => {
  expect(seenSpansBytes(10_000_000)).toBe(494_217_728);
  for (const bytes of [107_374_182, 1e6, 1e9]) {
    const capacity = seenSpansWithin(bytes);
    expect(seenSpansBytes(capacity)).toBeLessThanOrEqual(bytes);
    expect(seenSpansBytes(capacity * 2)).toBeGreaterThan(bytes);
  }
  expect(seenSpansWithin(107_374_182)).toBe(2 ** 21);
});

describe('the seen-span filter', () => {
  it('tells a new span, the same span and a changed span apart', () => {
    const seen = new SeenSpans(10);
    expect(seen.check(0, key(1, 7), 0)).toBe('new');
    expect(seen.check(0, key(1, 7), 0)).toBe('same');
    expect(seen.check(0, key(1, 8), 0)).toBe('changed');
    expect(seen.check(0, key(1, 8), 0)).toBe('same');
  });

  it('knows the resend of an older version after a newer one came: it must not count as the newest', () => {
    const seen = new SeenSpans(10);
    for (const hash of [7, 8, 9]) {
      seen.check(0, key(1, hash), 0);
    }
    expect([7, 8, 9].map((hash) => seen.check(0, key(1, hash), 0))).toEqual(Array(3).fill('same'));
  });

  it('keeps a bounded number of versions of one span, the newest among them', () => {
    const seen = new SeenSpans(10_000);
    for (let hash = 0; hash < 1_000; hash++) {
      expect(seen.check(0, key(1, hash), 0)).toBe(hash === 0 ? 'new' : 'changed');
    }
    expect(seen.size).toBe(64);
    expect(seen.check(0, key(1, 999), 0)).toBe('same');
    expect(seen.check(0, key(1, 1_000), 0)).toBe('changed');
  });

  it('never mixes two tenants, nor two traces, that use the same span id', () => {
    const seen = new SeenSpans(10);
    expect(seen.check(seen.tenantNumber('a'), key(1, 7), 0)).toBe('new');
    expect(seen.check(seen.tenantNumber('b'), key(1, 7), 0)).toBe('new');
    expect(seen.check(seen.tenantNumber('a'), key(1, 7, 2), 0)).toBe('new');
    expect(seen.check(seen.tenantNumber('a'), key(1, 7), 0)).toBe('same');
  });

  it('agrees with an exact list that forgets its oldest version, over any history', () => {
    const step = fc.tuple(fc.nat(2), fc.nat(40), fc.nat(2));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 25 }),
        fc.array(step, { maxLength: 400 }),
        (n, steps) => {
          const seen = new SeenSpans(n);
          const reference = new Reference(n);
          for (const [tenant, span, hash] of steps) {
            expect(seen.check(tenant, key(span, hash), 0)).toBe(
              reference.check(tenant, span, hash),
            );
          }
        },
      ),
    );
  });

  it('grows to its capacity without losing a key, and forgets only beyond it', () => {
    const seen = new SeenSpans(5000);
    for (let span = 0; span < 5000; span++) {
      expect(seen.check(0, key(span, 1), 0)).toBe('new');
    }
    for (let span = 0; span < 5000; span++) {
      expect(seen.check(0, key(span, 1), 0)).toBe('same');
    }
    expect(seen.check(0, key(9999, 1), 0)).toBe('new');
    expect(seen.check(0, key(1, 1), 0)).toBe('same');
    expect(seen.check(0, key(0, 1), 0)).toBe('new');
  });

  it('accepts a span again once its failed flush was taken back', () => {
    const seen = new SeenSpans(2);
    const was = seen.check(0, key(1, 7), 0);
    seen.check(0, key(2, 7), 0);
    seen.takeBack(0, key(1, 7), 0, was);
    expect(seen.check(0, key(2, 7), 0)).toBe('same');
    expect(seen.check(0, key(1, 7), 0)).toBe('new');
  });

  it('still knows the older version of a span whose newer version was taken back', () => {
    const seen = new SeenSpans(8);
    seen.check(0, key(1, 7), 0);
    const was = seen.check(0, key(1, 8), 0);
    seen.takeBack(0, key(1, 8), 0, was);
    expect(seen.check(0, key(1, 7), 0)).toBe('same');
    expect(seen.check(0, key(1, 8), 0)).toBe('changed');
  });

  it('refuses a key that is cut off', () => {
    expect(() => new SeenSpans(2).check(0, key(1, 1).subarray(0, 20), 0)).toThrow(RangeError);
  });
});
