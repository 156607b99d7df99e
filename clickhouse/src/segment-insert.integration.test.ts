/**
 * What exactly-once rests on: one segment gives exactly one part in every target, and blocks of
 * one file may have different columns.
 */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestEngine, storeAddress, type TestEngine } from './engine/test-engine.ts';
import { createStore, type Store } from './store.ts';

let engine: TestEngine;
let embedded: Store;
let server: Store;

beforeAll(async () => {
  engine = await startTestEngine();
  const address = storeAddress(engine.address);
  embedded = createStore({ kind: 'embedded', database: 'segments', ...address });
  // The same engine as a server: rows come by input() from the request's body.
  server = createStore({ kind: 'server', database: 'segments', ...address });
  await embedded.createDatabase();
  for (const sql of TABLES) {
    await embedded.command(sql);
  }
});
afterAll(async () => {
  await embedded.close();
  await server.close();
  await engine.remove();
});

const TABLES = [
  `CREATE TABLE landing (kind String, id UInt64, at DateTime64(9, 'UTC'), text String,
     model LowCardinality(String), amount Nullable(Decimal(38, 18))) ENGINE = Null`,
  `CREATE TABLE spans (id UInt64, at DateTime64(9, 'UTC'), text String)
     ENGINE = MergeTree PARTITION BY toDate(at) ORDER BY id`,
  `CREATE TABLE ledger (id UInt64, at DateTime64(9, 'UTC'), model LowCardinality(String),
     amount Nullable(Decimal(38, 18))) ENGINE = MergeTree PARTITION BY toDate(at) ORDER BY id`,
  `CREATE TABLE hourly (hour DateTime('UTC'), model LowCardinality(String),
     calls SimpleAggregateFunction(sum, UInt64)) ENGINE = AggregatingMergeTree
     PARTITION BY toDate(hour) ORDER BY (hour, model)`,
  `CREATE MATERIALIZED VIEW to_spans TO spans AS
     SELECT id, at, text FROM landing WHERE kind = 'span'`,
  `CREATE MATERIALIZED VIEW to_ledger TO ledger AS
     SELECT id, at, model, amount FROM landing WHERE kind = 'entry'`,
  `CREATE MATERIALIZED VIEW to_hourly TO hourly AS
     SELECT toStartOfHour(at) AS hour, model, count() AS calls FROM landing
     WHERE kind = 'entry' GROUP BY hour, model`,
];
const STRUCTURE =
  "kind String, id UInt64, at DateTime64(9, 'UTC'), text String, model String, amount Nullable(Decimal(38, 18))";
const DAY_NS = 1_787_184_000n * 1_000_000_000n;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  while (left > 127) {
    bytes.push((left & 127) | 128);
    left = Math.floor(left / 128);
  }
  return Buffer.from([...bytes, left]);
}

function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(bytes.length), bytes]);
}

function strings(rows: number, of: (row: number) => string | Buffer): Buffer {
  return Buffer.concat(Array.from({ length: rows }, (_, row) => text(of(row))));
}

function integers(rows: number, of: (row: number) => bigint): Buffer {
  const bytes = Buffer.alloc(rows * 8);
  for (let row = 0; row < rows; row += 1) {
    bytes.writeBigUInt64LE(of(row), row * 8);
  }
  return bytes;
}

function block(rows: number, columns: readonly [name: string, type: string, data: Buffer][]) {
  return Buffer.concat([
    varint(columns.length),
    varint(rows),
    ...columns.flatMap(([name, type, data]) => [text(name), text(type), data]),
  ]);
}

/** Spans have no model and no amount; their text holds the bytes that chdb's own inserts cut at. */
function spanBlock(firstId: number, rows: number): Buffer {
  return block(rows, [
    ['kind', 'String', strings(rows, () => 'span')],
    ['id', 'UInt64', integers(rows, (row) => BigInt(firstId + row))],
    ['at', "DateTime64(9, 'UTC')", integers(rows, (row) => DAY_NS + BigInt(row) * 800_000_000n)],
    ['text', 'String', strings(rows, (row) => Buffer.from([10, 10, 0, 0xff, row & 127, 10, 10]))],
  ]);
}

/** Entries have no text; their columns come in another order. */
function entryBlock(firstId: number, rows: number): Buffer {
  const amounts = Buffer.alloc(rows * 17);
  for (let row = 0; row < rows; row += 1) {
    amounts.writeBigUInt64LE(BigInt(row + 1), rows + row * 16);
  }
  return block(rows, [
    ['model', 'String', strings(rows, (row) => `model-${row % 7}`)],
    ['amount', 'Nullable(Decimal(38, 18))', amounts],
    ['kind', 'String', strings(rows, () => 'entry')],
    ['at', "DateTime64(9, 'UTC')", integers(rows, (row) => DAY_NS + BigInt(row) * 800_000_000n)],
    ['id', 'UInt64', integers(rows, (row) => BigInt(firstId + row))],
  ]);
}

async function writeSegment(name: string, blocks: readonly Buffer[]): Promise<string> {
  const path = `${engine.dataDir}/${name}.native`;
  await writeFile(path, Buffer.concat(blocks));
  return path;
}

/** Inserted parts in each target; a merge of several counts as several. */
async function newParts(store: Store): Promise<Record<string, string>> {
  const rows = await store.query<{ table: string; parts: string }>(
    `SELECT table, toString(sum(max_block_number - min_block_number + 1)) AS parts
     FROM system.parts WHERE database = 'segments' AND active GROUP BY table`,
  );
  return Object.fromEntries(rows.map(({ table, parts }) => [table, parts]));
}

test.for([
  ['by path on the embedded engine', 'embedded'],
  ['by input() from the body of the request', 'server'],
] as const)(
  'a segment of 100,000 rows in 40 blocks of two shapes makes one part in each target %s',
  async ([, kind]) => {
    const store = kind === 'embedded' ? embedded : server;
    for (const table of ['spans', 'ledger', 'hourly']) {
      await store.command(`TRUNCATE TABLE ${table}`);
    }
    const blocks = Array.from({ length: 20 }, (_, index) => [
      spanBlock(index * 2_500, 2_500),
      entryBlock(index * 2_500, 2_500),
    ]).flat();
    const path = await writeSegment(kind, blocks);
    await store.insertNativeFile(path, {
      into: 'landing',
      select: 'SELECT * FROM {source}',
      structure: STRUCTURE,
      queryId: `segment-${kind}`,
    });
    expect(await newParts(store)).toEqual({ spans: '1', ledger: '1', hourly: '1' });
    const sums = await store.query(
      `SELECT (SELECT count() FROM spans) AS spans,
       (SELECT uniqExact(id) FROM spans) AS ids,
       (SELECT countIf(length(text) = 7 AND startsWith(text, unhex('0A0A00FF'))) FROM spans) AS texts,
       (SELECT count() FROM ledger) AS entries, (SELECT toString(sum(amount)) FROM ledger) AS amount,
       (SELECT sum(calls) FROM hourly) AS calls`,
    );
    expect(sums).toEqual([
      {
        spans: '50000',
        ids: '50000',
        texts: '50000',
        entries: '50000',
        amount: '0.000000000062525',
        calls: '50000',
      },
    ]);
  },
);

test.for([
  ['embedded', 'embedded'],
  ['server', 'server'],
] as const)('a column that a block lacks reads as its default (%s)', async ([, kind]) => {
  const store = kind === 'embedded' ? embedded : server;
  await store.command(`CREATE OR REPLACE TABLE seen_${kind} AS landing ENGINE = Memory`);
  const path = await writeSegment(`shapes-${kind}`, [spanBlock(1, 1), entryBlock(2, 1)]);
  await store.insertNativeFile(path, {
    into: `seen_${kind}`,
    select: 'SELECT * FROM {source}',
    structure: STRUCTURE,
    queryId: `shapes-${kind}`,
  });
  expect(
    await store.query(
      `SELECT kind, id, model, amount, hex(text) AS text FROM seen_${kind} ORDER BY id`,
    ),
  ).toEqual([
    { kind: 'span', id: '1', model: '', amount: null, text: '0A0A00FF000A0A' },
    { kind: 'entry', id: '2', model: 'model-0', amount: '0.000000000000000001', text: '' },
  ]);
});

test('a file that is cut off in the middle of a block inserts nothing into any target', async () => {
  await embedded.command('TRUNCATE TABLE spans');
  await embedded.command('TRUNCATE TABLE ledger');
  const whole = Buffer.concat([spanBlock(1, 10), entryBlock(1, 10)]);
  const path = await writeSegment('cut', [whole.subarray(0, whole.length - 3)]);
  const insert = embedded.insertNativeFile(path, {
    into: 'landing',
    select: 'SELECT * FROM {source}',
    structure: STRUCTURE,
    queryId: 'cut',
  });
  await expect(insert).rejects.toMatchObject({ name: 'StoreError', answered: true });
  expect(await newParts(embedded)).not.toHaveProperty('spans');
  expect(await newParts(embedded)).not.toHaveProperty('ledger');
});

test('an error in one view is an error of the insert', async () => {
  await embedded.command(
    `CREATE MATERIALIZED VIEW broken TO ledger AS
     SELECT throwIf(id = 7) + id AS id, at, model, amount FROM landing WHERE kind = 'span'`,
  );
  const path = await writeSegment('broken', [spanBlock(7, 1)]);
  const insert = embedded.insertNativeFile(path, {
    into: 'landing',
    select: 'SELECT * FROM {source}',
    structure: STRUCTURE,
    queryId: 'broken',
  });
  await expect(insert).rejects.toMatchObject({ answered: true, retryable: false });
  await embedded.command('DROP VIEW broken');
});
