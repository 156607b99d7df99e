import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NativeBlock } from './block.ts';
import {
  ByteColumn,
  Int64Column,
  StringColumn,
  UInt16Column,
  UInt32Column,
  UuidColumn,
} from './columns.ts';
import { LowCardinalityColumn } from './low-cardinality-column.ts';
import { DecimalMapColumn, StringMapColumn } from './map-columns.ts';
import { NullableIntegerColumn } from './nullable-integer-column.ts';

interface Engine {
  queryAsync(sql: string, options?: { format: string }): Promise<{ text(): string }>;
  close(): void;
}

let dir: string;
let engine: Engine;

beforeAll(() => {
  const { Session } = createRequire(import.meta.url)('chdb') as {
    Session: new (path: string) => Engine;
  };
  dir = mkdtempSync(join(tmpdir(), 'aicost-native-'));
  engine = new Session(join(dir, 'db'));
});

afterAll(() => {
  engine.close();
  rmSync(dir, { recursive: true, force: true });
});

function makeBlock() {
  return new NativeBlock({
    byte: new ByteColumn('UInt8'),
    u16: new UInt16Column(),
    u32: new UInt32Column(),
    i64: new Int64Column('Int64'),
    uuid: new UuidColumn(),
    n64: new NullableIntegerColumn('Int64'),
    money: new NullableIntegerColumn('Decimal(38, 18)'),
    text: new StringColumn(),
    hex: new StringColumn(),
    low: new LowCardinalityColumn(),
    tags: new StringMapColumn(),
    usage: new DecimalMapColumn(),
  });
}

async function readBack(bytes: Buffer): Promise<Record<string, unknown>[]> {
  const path = join(dir, 'block.native');
  writeFileSync(path, bytes);
  const result = await engine.queryAsync(
    `SELECT byte, u16, u32, toString(i64) AS i64, toString(uuid) AS uuid, toString(n64) AS n64,
      toString(money) AS money, text, hex, low, tags, mapApply((k, v) -> (k, toString(v)), usage) AS usage
     FROM file('${path}', 'Native', ${STRUCTURE})`,
    { format: 'JSONEachRow' },
  );
  const text = result.text().trim();
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line));
}

/** A column that tells nothing is not in the block. */
const STRUCTURE = `'${Object.entries(makeBlock().columns)
  .map(([name, { type }]) => `${name} ${type.replaceAll("'", "\\\\'")}`)
  .join(', ')}'`;

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const rowArbitrary = fc.record({
  byte: fc.integer({ min: 0, max: 255 }),
  u16: fc.integer({ min: 0, max: 65535 }),
  u32: fc.integer({ min: 0, max: 0xffffffff }),
  i64: int64,
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  n64: fc.option(int64, { nil: undefined }),
  money: fc.option(fc.bigInt({ min: -(10n ** 36n), max: 10n ** 36n }), { nil: undefined }),
  text: fc.string({ unit: 'binary', maxLength: 200 }),
  hex: fc.uint8Array({ maxLength: 16 }),
  low: fc.oneof(fc.constantFrom('', 'gpt-4o', 'é'), fc.string({ unit: 'binary', maxLength: 5 })),
  tags: fc.dictionary(fc.string({ maxLength: 4 }), fc.string({ maxLength: 4 }), { maxKeys: 3 }),
  usage: fc.dictionary(
    fc.constantFrom('in_uncached', 'out_text'),
    fc.bigInt({ min: 0n, max: 10n ** 18n }),
  ),
});
type Row = typeof rowArbitrary extends fc.Arbitrary<infer T> ? T : never;

function append(block: ReturnType<typeof makeBlock>, row: Row): void {
  const { columns } = block;
  columns.byte.append(row.byte);
  columns.u16.append(row.u16);
  columns.u32.append(row.u32);
  columns.i64.append(row.i64);
  columns.uuid.append(row.uuid);
  columns.n64.append(row.n64);
  columns.money.append(row.money);
  columns.text.appendText(row.text);
  columns.hex.appendHex(row.hex, 0, row.hex.length);
  columns.low.appendText(row.low);
  for (const [key, value] of Object.entries(row.tags)) {
    columns.tags.appendText(key, value);
  }
  columns.tags.endRow();
  for (const [key, value] of Object.entries(row.usage)) {
    columns.usage.append(key, value);
  }
  columns.usage.endRow();
  block.endRow();
}

/** Writes the first `columns` columns of a row, breaks off, and takes it back. */
function appendHalf(block: ReturnType<typeof makeBlock>, row: Row, columns: number): void {
  const { columns: all } = block;
  const writes = [
    () => all.byte.append(row.byte),
    () => all.u16.append(row.u16),
    () => all.u32.append(row.u32),
    () => all.i64.append(row.i64),
    () => all.uuid.append(row.uuid),
    () => all.n64.append(row.n64),
    () => all.money.append(row.money),
    () => all.text.appendText(row.text),
    () => all.hex.appendHex(row.hex, 0, row.hex.length),
    () => all.low.appendText(row.low),
    () => all.tags.appendText('half', 'written'),
    () => all.usage.append('half', 1n),
  ];
  for (const write of writes.slice(0, columns + 1)) {
    write();
  }
  block.truncate(block.rows);
}

function decimal(units: bigint, scale: number): string {
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`.replace(/\.?0+$/, '');
  return sign + text;
}

function expected(row: Row): Record<string, unknown> {
  const hex = Buffer.from(row.uuid).toString('hex');
  return {
    byte: row.byte,
    u16: row.u16,
    u32: row.u32,
    i64: row.i64.toString(),
    uuid: hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5'),
    n64: row.n64 === undefined ? null : row.n64.toString(),
    money: row.money === undefined ? null : decimal(row.money, 18),
    text: row.text,
    hex: Buffer.from(row.hex).toString('hex'),
    low: row.low,
    tags: row.tags,
    usage: Object.fromEntries(Object.entries(row.usage).map(([k, v]) => [k, decimal(v, 9)])),
  };
}

describe('a Native block', () => {
  it('is read by the engine as the rows that went in, whatever they hold', async () => {
    const block = makeBlock();
    await fc.assert(
      fc.asyncProperty(fc.array(rowArbitrary, { minLength: 1, maxLength: 30 }), async (rows) => {
        for (const row of rows) {
          append(block, row);
        }
        expect(await readBack(block.take())).toEqual(rows.map(expected));
      }),
      { numRuns: 60 },
    );
  });

  it('reads as if a row that failed half way had never been begun', async () => {
    const block = makeBlock();
    const half = fc.tuple(rowArbitrary, fc.nat(11));
    const steps = fc.array(fc.oneof(rowArbitrary, half), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(steps, rowArbitrary, async (history, last) => {
        for (const step of history) {
          if (Array.isArray(step)) {
            appendHalf(block, ...step);
          } else {
            append(block, step);
          }
        }
        append(block, last);
        const kept = history.filter((step) => !Array.isArray(step)) as Row[];
        expect(await readBack(block.take())).toEqual([...kept, last].map(expected));
      }),
      { numRuns: 40 },
    );
  });

  it('keeps its dictionary right beyond 256 and 65,536 distinct strings', async () => {
    for (const distinct of [255, 256, 257, 65_535, 65_537]) {
      const block = new NativeBlock({ low: new LowCardinalityColumn() });
      for (let i = 0; i < distinct; i++) {
        block.columns.low.appendText(`value-${i}`);
        block.endRow();
      }
      const path = join(dir, 'low.native');
      writeFileSync(path, block.take());
      const result = await engine.queryAsync(
        `SELECT uniqExact(low), countIf(low = concat('value-', toString(rowNumberInAllBlocks()))) FROM file('${path}', 'Native')`,
        { format: 'TSV' },
      );
      expect(result.text()).toBe(`${distinct}\t${distinct}\n`);
    }
  });

  it('refuses to be written when a column was left out of a row', () => {
    const block = new NativeBlock({ a: new StringColumn(), b: new StringColumn() });
    block.columns.a.appendText('x');
    block.endRow();
    expect(() => block.take()).toThrow('column b holds 0 values for 1 rows');
  });
});
