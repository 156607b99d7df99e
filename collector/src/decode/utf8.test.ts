import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findInvalidUtf8, isAscii, isText } from './utf8.ts';

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Bytes near the edges of every form, so that few runs meet them all. */
const edgyByte = fc.constantFrom(
  ...[0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf],
  ...[0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff],
);

test('UTF-8 is told from other bytes as Node tells it', () => {
  const property = fc.property(fc.array(edgyByte, { maxLength: 9 }), (values) => {
    const bytes = Uint8Array.of(0xff, ...values);
    expect(findInvalidUtf8(bytes, 1, bytes.length) === -1).toBe(isUtf8(bytes.subarray(1)));
  });
  fc.assert(property, { numRuns: 5000 });
});

test('all four-byte texts of edge bytes are judged as Node judges them', () => {
  const edges = [
    0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xe1, 0xed, 0xf0, 0xf4, 0xf5,
  ];
  let checked = 0;
  for (const a of edges) {
    for (const b of edges) {
      for (const c of edges) {
        for (const d of edges) {
          const bytes = Uint8Array.of(a, b, c, d);
          if ((findInvalidUtf8(bytes, 0, 4) === -1) !== isUtf8(bytes)) expect.fail(bytes.join());
          checked += 1;
        }
      }
    }
  }
  expect(checked).toBe(edges.length ** 4);
});

test.for([0, 10, 31, 32, 100, 399, 400, 2000])(
  'a text of %i bytes and an edge is judged alike',
  (pad) => {
    for (const edge of ['', 'é', '🙂', '\u00ff']) {
      const bytes = Buffer.from(`${'x'.repeat(pad)}${edge}`);
      expect(isText(bytes, viewOf(bytes), 0, bytes.length)).toBe(true);
      if (edge !== '') expect(isText(bytes, viewOf(bytes), 0, bytes.length - 1)).toBe(false);
    }
  },
);

test('the first byte that is wrong is named', () => {
  expect(findInvalidUtf8(Buffer.from('aé\xff', 'latin1'), 0, 3)).toBe(1);
  expect(findInvalidUtf8(Buffer.from('6162ff', 'hex'), 0, 3)).toBe(2);
});

test('ASCII is settled over every range of a buffer', () => {
  const bytes = Buffer.from('plain text\x80more of it\u007f', 'latin1');
  for (let start = 0; start <= bytes.length; start++) {
    for (let end = start; end <= bytes.length; end++) {
      expect(isAscii(viewOf(bytes), start, end)).toBe(!(start <= 10 && end > 10));
    }
  }
});
