import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RowReader } from './call-rows.ts';

async function* chunksOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** A text as RowBinary has it. */
function textBytes(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length: number[] = [];
  for (let left = bytes.length; ; left >>>= 7) {
    length.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    if (left <= 0x7f) return Buffer.concat([Buffer.from(length), bytes]);
  }
}

describe('a reader of rows', () => {
  test('gives every row as it was written, wherever chunks cut it', async () => {
    const texts = fc.array(fc.string({ maxLength: 300 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 500 }), async (rows, each) => {
        const bytes = Buffer.concat(rows.flatMap((text) => [textBytes(text), textBytes(text)]));
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += each) chunks.push(bytes.subarray(at, at + each));
        const reader = new RowReader(chunksOf(...chunks));
        const read: string[] = [];
        while (await reader.next()) {
          const text = reader.text();
          expect(reader.name()).toBe(text);
          read.push(text);
        }
        expect(read).toEqual(rows);
      }),
    );
  });

  test.for([
    ['a text', (reader: RowReader) => reader.text()],
    ['a name', (reader: RowReader) => reader.name()],
  ] as const)('refuses %s that reaches beyond the bytes that are there', async ([, read]) => {
    const reader = new RowReader(chunksOf(textBytes('x'.repeat(20_000)).subarray(0, 9_000)));
    await reader.next();
    expect(() => read(reader)).toThrow(RangeError);
  });

  test('refuses a length without an end, and a byte where there is none', async () => {
    const endless = new RowReader(chunksOf(Buffer.alloc(20, 0xff)));
    await endless.next();
    expect(() => endless.text()).toThrow(RangeError);
    const short = new RowReader(chunksOf(Buffer.from([0x81])));
    await short.next();
    expect(() => short.text()).toThrow(RangeError);
    expect(() => short.byte()).toThrow(RangeError);
  });
});
