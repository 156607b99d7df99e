/** The bytes of an index: what is written is read back, and nothing that is not whole is believed. */
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IndexRecord } from './index-file.ts';
import {
  decodeHeader,
  decodeIndex,
  encodeHeader,
  encodeRecord,
  HEADER_BYTES,
  KEY_BYTES,
  MIXED_DAY,
  sumRecords,
} from './index-file.ts';

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const header = fc.record({
  day: fc.oneof(fc.integer({ min: 0, max: 106_751 }), fc.constant(MIXED_DAY)),
  segmentId: fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((id) => Buffer.from(id).toString('hex')),
});
const record: fc.Arbitrary<IndexRecord> = fc.record({
  day: fc.integer({ min: 0, max: 106_751 }),
  offset: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  spanBytes: uint32,
  entryBytes: uint32,
  spanRows: uint32,
  entryRows: uint32,
  dataCrc: uint32,
  tenants: fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 4 }),
  keys: fc
    .array(fc.uint8Array({ minLength: KEY_BYTES, maxLength: KEY_BYTES }), { maxLength: 5 })
    .map((keys) => Buffer.concat(keys)),
});

const EMPTY: IndexRecord = {
  day: 0,
  offset: 0,
  spanBytes: 0,
  entryBytes: 0,
  spanRows: 0,
  entryRows: 0,
  dataCrc: 0,
  tenants: [],
  keys: Buffer.alloc(0),
};

function indexOf(records: readonly IndexRecord[]): Buffer {
  const head = encodeHeader({ day: 20_685, segmentId: 'ab'.repeat(16) });
  return Buffer.concat([head, ...records.map(encodeRecord)]);
}

describe('an index', () => {
  it('reads back as it was written, whatever it holds', () => {
    fc.assert(
      fc.property(header, fc.array(record, { maxLength: 5 }), (head, records) => {
        const bytes = Buffer.concat([encodeHeader(head), ...records.map(encodeRecord)]);
        expect(decodeIndex(bytes)).toEqual({
          header: head,
          records,
          validBytes: bytes.length,
          behindDamage: [],
        });
      }),
    );
  });

  it('that is cut off anywhere keeps every record before the cut', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), fc.nat(), (records, random) => {
        const bytes = indexOf(records);
        const cut = HEADER_BYTES + (random % (bytes.length - HEADER_BYTES + 1));
        const found = decodeIndex(bytes.subarray(0, cut))!;
        expect(found.records).toEqual(records.slice(0, found.records.length));
        const next = records[found.records.length];
        expect(found.validBytes).toBeLessThanOrEqual(cut);
        expect(cut - found.validBytes).toBeLessThan(
          next === undefined ? 1 : encodeRecord(next).length,
        );
      }),
    );
  });

  it('with any one bit flipped says nothing that was not written', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), fc.nat(), (records, random) => {
        const bytes = indexOf(records);
        const bit = random % (bytes.length * 8);
        bytes[bit >>> 3]! ^= 1 << (bit & 7);
        const found = decodeIndex(bytes);
        if (bit < HEADER_BYTES * 8) {
          expect(found).toBeUndefined();
          return;
        }
        const kept = [...found!.records, ...found!.behindDamage];
        expect(kept).toHaveLength(records.length - 1);
        expect(records).toEqual(expect.arrayContaining(kept));
      }),
    );
  });

  it('with garbage behind it keeps all its records and tells where they end', () => {
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 3 }),
        fc.uint8Array({ maxLength: 400 }),
        (records, tail) => {
          const whole = indexOf(records);
          const found = decodeIndex(Buffer.concat([whole, tail]))!;
          expect(found).toMatchObject({ records, validBytes: whole.length, behindDamage: [] });
        },
      ),
    );
  });

  it('of nothing but noise is no index', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(decodeIndex(Buffer.from(noise))).toBeUndefined();
      }),
    );
  });
});

const NO_RECORDS = { records: [], validBytes: HEADER_BYTES, behindDamage: [] };

describe('a record', () => {
  it.for([0, 1, 39, 1024, 0x0fffffff, 0x10000001, 0x7fffffff, 0x80000000, 0xffffffff])(
    'whose length says %d bytes is not believed, and nothing is allocated for it',
    (size) => {
      const bytes = encodeRecord({ ...EMPTY, tenants: ['acme'] });
      bytes.writeUInt32LE(size, 0);
      expect(decodeIndex(Buffer.concat([indexOf([]), bytes]))).toMatchObject(NO_RECORDS);
    },
  );

  it('whose counts do not fit its length is not believed, even with a good CRC', () => {
    const whole = encodeRecord({ ...EMPTY, tenants: ['acme'], keys: Buffer.alloc(KEY_BYTES) });
    for (const [at, value] of [
      [40, 2],
      [40, 0xffffffff],
      [50, 2],
      [50, 0],
    ] as const) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt32LE(value, at);
      bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
      expect(decodeIndex(Buffer.concat([indexOf([]), bytes]))).toMatchObject(NO_RECORDS);
    }
  });
});

describe('a header', () => {
  it.for([
    ['of another format', 0],
    ['of another version', 8],
    ['with another day', 12],
    ['with another segment', 16],
    ['with another CRC', 32],
  ] as const)('%s is refused', ([, at]) => {
    const bytes = encodeHeader({ day: 20_685, segmentId: 'ab'.repeat(16) });
    bytes[at]! ^= 1;
    expect(decodeHeader(bytes)).toBeUndefined();
  });
});

it('the sum of records is what their segment holds', () => {
  const one = { ...EMPTY, spanRows: 3, entryRows: 2, spanBytes: 100, entryBytes: 50 };
  expect(sumRecords([one, one])).toEqual({ spanRows: 6, entryRows: 4, dataBytes: 300 });
});
