/** Files of rows, read in whatever pieces they come. */
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EqualRows } from './equal-rows.ts';
import type { FileRecord } from './file-record.ts';
import { formatOf } from './file-record.ts';
import { readCsv } from './read-csv.ts';
import { readNdjson } from './read-ndjson.ts';
import { rowBatches } from './row-batches.ts';
import { sourceNamed } from './sources.ts';
import { utf8Text } from './utf8-text.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const csv = (text: string, size = 1_000): Promise<FileRecord[]> =>
  all(readCsv(inPieces(text, size)));
const ndjson = (text: string, size = 1_000): Promise<FileRecord[]> =>
  all(readNdjson(inPieces(text, size)));

test('any table comes back as it was written, in pieces of any size', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é', '😀') });
  const rows = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 });
  const lineEnd = fc.constantFrom('\n', '\r\n');
  await fc.assert(
    fc.asyncProperty(rows, lineEnd, fc.integer({ min: 1, max: 9 }), async (table, end, size) => {
      const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
      const text = [['a', 'b'], ...table].map((cells) => cells.map(quoted).join(',')).join(end);
      const read = await csv(text, size);
      expect(read.map((one) => 'columns' in one && one.columns)).toEqual(
        table.map(([a, b]) => ({ a, b })),
      );
    }),
  );
});

test('a row is known by the line it begins on', async () => {
  expect(await csv('\uFEFFa,b\n"x\ny",1\n\nz,2\n')).toEqual([
    { line: 2, columns: { a: 'x\ny', b: '1' } },
    { line: 5, columns: { a: 'z', b: '2' } },
  ]);
});

test('a row with too few cells is told, and the next one is read', async () => {
  expect(await csv('a,b\n1\n2,3\n')).toEqual([
    {
      line: 2,
      fault: { column: 'the row', value: '1 cells', expected: '2, as the first line' },
    },
    { line: 3, columns: { a: '2', b: '3' } },
  ]);
});

test.each([
  ['a,b\n1,2\n"3,4\n5,6\n', 'line 3 begins a row that does not end'],
  ['a,b,a\n1,2,3\n', 'the first line names the column "a" twice'],
  ['a,b\r1,2\r3,4\r', 'the first line holds a carriage return'],
  [`a\n${','.repeat(8_000_001)}`, 'line 2 begins a row that does not end'],
])('a file that cannot be told apart ends the reading: %#', async (text, message) => {
  await expect(csv(text)).rejects.toThrow(message);
});

test('numbers of JSON lines stay the digits they are written with', async () => {
  expect(
    await ndjson('{"cost":0.1000000000000000055,"n":12345678901234567890}\n\n{"a":[1]}', 3),
  ).toEqual([
    { line: 1, columns: { cost: '0.1000000000000000055', n: '12345678901234567890' } },
    { line: 3, columns: { a: ['1'] } },
  ]);
});

test.each(['[1]', '"x"', '{', 'a,b'])(
  'the line %j is told, and the next one is read',
  async (line) => {
    expect(await ndjson(`${line}\n{"a":1}\n`)).toEqual([
      { line: 1, fault: { column: 'the row', value: line, expected: 'a JSON object a line' } },
      { line: 2, columns: { a: '1' } },
    ]);
  },
);

test('equal rows are counted, whatever their number', () => {
  const equal = new EqualRows();
  const seen = new Map<string, number>();
  for (let at = 0; at < 30_000; at++) {
    const row = `row ${at % 20_000}`;
    expect(equal.next(row)).toBe(seen.get(row) ?? 0);
    seen.set(row, (seen.get(row) ?? 0) + 1);
  }
});

test('rows go in batches; those without an id are numbered, and prompts stay where they are', async () => {
  const line = (id: string) =>
    JSON.stringify({ request_id: id, startTime: 'x', messages: 'secret' });
  const text = [line(''), line(''), line('r1'), line('r1'), '[]'].join('\n');
  const batches = await all(
    rowBatches(sourceNamed('litellm')!, readNdjson(inPieces(text, 7)), {
      rowsMax: 2,
      charsMax: 1_000_000,
    }),
  );
  expect(
    batches.flatMap(({ rows }) => rows.map(({ line: at, nth, columns }) => [at, nth, columns])),
  ).toEqual([
    [1, 0, { request_id: '', startTime: 'x' }],
    [2, 1, { request_id: '', startTime: 'x' }],
    [3, 0, { request_id: 'r1', startTime: 'x' }],
    [4, 0, { request_id: 'r1', startTime: 'x' }],
  ]);
  expect(batches.map(({ rows, faults }) => [rows.length, faults.length])).toEqual([
    [2, 0],
    [2, 0],
    [0, 1],
  ]);
});

test.each([1, 2, 5])(
  'text comes whole out of pieces of %i bytes, without its mark',
  async (size) => {
    const bytes = Buffer.from('\uFEFFuser\nMüller 😀\n');
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
    expect((await all(utf8Text(Readable.from(pieces)))).join('')).toBe('user\nMüller 😀\n');
  },
);

test.each([
  ['Latin-1', Buffer.from('user\nMüller\nMöller\n', 'latin1')],
  ['UTF-16', Buffer.from('\uFEFFuser\n', 'utf16le')],
  ['cut off', Buffer.from('Mü').subarray(0, 2)],
])('%s is no UTF-8, and no name is misread', async (_, bytes) => {
  await expect(all(utf8Text(Readable.from([bytes])))).rejects.toThrow('expected UTF-8');
});

test('the ending of a name tells the format', () => {
  expect(['a.csv', 'a.NDJSON', 'b.x.jsonl', 'a.json', 'a'].map(formatOf)).toEqual([
    ...['csv', 'ndjson', 'ndjson'],
    ...[undefined, undefined],
  ]);
});
