import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteText } from './byte-text.ts';

describe('a short text in the bytes of a request', () => {
  it('is found where exactly it stands, and nowhere else', () => {
    const letters = fc.string({
      unit: fc.constantFrom('a', 'b', 'é', '\0', '\u007f', '𝒳'),
      maxLength: 12,
    });
    fc.assert(
      fc.property(letters, letters, fc.nat(7), (told, searched, before) => {
        const found = Buffer.concat([Buffer.alloc(before), Buffer.from(told), Buffer.alloc(3)]);
        const data = new DataView(found.buffer, found.byteOffset, found.byteLength);
        const end = before + Buffer.byteLength(told);
        const text = new ByteText(Buffer.from(searched));
        expect(text.isAt(data, before, end)).toBe(told === searched);
      }),
    );
  });
});
