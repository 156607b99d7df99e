/** What columns append in a shorter way is what they append in the long one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NativeColumn } from './columns.ts';
import { StringColumn } from './columns.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { LowCardinalityColumn } from './low-cardinality-column.ts';
import { NullableIntegerColumn } from './nullable-integer-column.ts';

function written(column: NativeColumn): Buffer {
  const out = new GrowingBytes();
  column.write(out);
  return Buffer.from(out.view());
}

const wholes = fc.array(fc.option(fc.maxSafeInteger(), { nil: undefined }), { maxLength: 200 });

describe('a column of nullable integers', () => {
  it('holds the same, given as numbers or as BigInts, and padded or not', () => {
    fc.assert(
      fc.property(fc.constantFrom('Int64', 'Decimal(38, 9)'), wholes, (type, values) => {
        const [long, short] = [new NullableIntegerColumn(type), new NullableIntegerColumn(type)];
        for (const [row, value] of values.entries()) {
          long.append(value === undefined ? undefined : BigInt(value));
          if (value !== undefined) short.appendNumber(value);
          short.padTo(row + 1);
        }
        expect(written(short)).toEqual(written(long));
        expect(short.rows).toBe(values.length);
      }),
    );
  });

  it('forgets values and NULLs behind a row alike', () => {
    fc.assert(
      fc.property(wholes, fc.nat(200), wholes, (values, kept, more) => {
        const [cut, never] = [
          new NullableIntegerColumn('Int64'),
          new NullableIntegerColumn('Int64'),
        ];
        const append = (column: NullableIntegerColumn, value: number | undefined) =>
          column.append(value === undefined ? undefined : BigInt(value));
        for (const value of values) append(cut, value);
        cut.truncate(kept);
        for (const value of values.slice(0, kept)) append(never, value);
        for (const value of more) {
          append(cut, value);
          append(never, value);
        }
        expect(written(cut)).toEqual(written(never));
      }),
    );
  });
});

it('a column of texts writes the digits of a number as its text', () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat()), (values) => {
      const [digits, texts] = [new StringColumn(), new StringColumn()];
      for (const value of [0, 9, 10, Number.MAX_SAFE_INTEGER, ...values]) {
        digits.appendDigits(value);
        texts.appendText(String(value));
      }
      expect(written(digits)).toEqual(written(texts));
    }),
  );
});

it('a dictionary column holds the same, given as texts, as ranges or as known indexes', () => {
  const words = fc.array(fc.constantFrom('', 'a', 'chat', 'gpt-4o', 'é'));
  fc.assert(
    fc.property(words, (values) => {
      const columns = [0, 1, 2].map(() => new LowCardinalityColumn());
      for (const value of values) {
        const bytes = Buffer.from(`..${value}`);
        columns[0]!.appendText(value);
        columns[1]!.appendRange(bytes, 2, bytes.length);
        columns[2]!.appendIndex(columns[2]!.indexOfRange(bytes, 2, bytes.length));
      }
      const [first, ...others] = columns.map(written);
      for (const other of others) expect(other).toEqual(first);
    }),
  );
});
