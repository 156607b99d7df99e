import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findShared } from './band-neighbours.ts';
import { SKETCH_WORDS } from './call-blocks.ts';
import { SketchPages } from './sketch-pages.ts';

const BANDS = 4;
/** Few values, so that bands are shared; also the extreme ones. */
const words = fc.constantFrom(0, 1, -1, 0x7fffffff, -0x80000000, 0x12345678, 77);

it('finds every sketch that shares a band with another one, and no more', () => {
  const sketches = fc.array(fc.array(words, { minLength: BANDS, maxLength: BANDS }));
  fc.assert(
    fc.property(sketches, (list) => {
      const pages = new SketchPages();
      for (const [number, bands] of list.entries()) {
        const sketch = new Int32Array(SKETCH_WORDS).fill(5);
        sketch.set(bands);
        pages.set(number, sketch, 0);
      }
      const expected = list.map((bands, n) =>
        list.some((other, m) => m !== n && bands.some((value, band) => other[band] === value)),
      );
      expect([...findShared(pages, list.length, BANDS)]).toEqual(expected.map(Number));
    }),
  );
});

it('goes over all pages', () => {
  const pages = new SketchPages();
  const count = 40_000;
  for (let number = 0; number < count; number++) {
    pages.set(number, new Int32Array(SKETCH_WORDS).fill(number * 3), 0);
  }
  expect(findShared(pages, count, BANDS).includes(1)).toBe(false);
  pages.set(count, new Int32Array(SKETCH_WORDS).fill(21), 0);
  const shared = findShared(pages, count + 1, BANDS);
  expect([...shared.keys()].filter((n) => shared[n] === 1)).toEqual([7, count]);
});
