import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quoteName, quoteString } from '../sql-text.ts';
import { readStatement } from './statement.ts';

test.for([
  ['SELECT 1', 'read'],
  ['  -- why\n/* insert */ select 1', 'read'],
  ['(SELECT 1) UNION ALL SELECT 2', 'read'],
  ['WITH x AS (SELECT 1) SELECT * FROM x', 'read'],
  ['FROM t SELECT a', 'read'],
  ['show tables', 'read'],
  ['EXPLAIN SELECT 1', 'read'],
  ['INSERT INTO t VALUES (1)', 'insert'],
  ['insert into t select 1', 'insert'],
  ['CREATE TABLE t (a UInt8) ENGINE = Null', 'change'],
  ['OPTIMIZE TABLE t FINAL', 'change'],
  ['SYSTEM FLUSH LOGS', 'change'],
  ['KILL QUERY WHERE 1', 'control'],
  ['SET max_threads = 1', 'control'],
] as const)('%s is of kind %s', ([sql, kind]) => {
  expect(readStatement(sql).kind).toBe(kind);
});

test.for([
  ['SELECT 1', null, 'SELECT 1'],
  ['SELECT 1 FORMAT JSON', 'JSON', 'SELECT 1 '],
  ['SELECT 1 ;  -- done', null, 'SELECT 1'],
  ['SELECT 1 format JSONEachRow SETTINGS max_threads = 1;', 'JSONEachRow', 'SELECT 1 '],
  ["SELECT 'x FORMAT CSV'", null, "SELECT 'x FORMAT CSV'"],
  ['SELECT 1 -- FORMAT CSV', null, 'SELECT 1'],
  ['SELECT 1 AS format', null, 'SELECT 1 AS format'],
  ['SELECT format FROM settings', null, 'SELECT format FROM settings'],
  ['SELECT * FROM (SELECT 1 FORMAT x)', null, 'SELECT * FROM (SELECT 1 FORMAT x)'],
  ['SELECT $$ ; FORMAT x $$', null, 'SELECT $$ ; FORMAT x $$'],
  ['SELECT `a;b` FORMAT TSV', 'TSV', 'SELECT `a;b` '],
] as const)('%s: format %s, output clause after "%s"', ([sql, format, before]) => {
  const statement = readStatement(sql);
  expect([statement.format, sql.slice(0, statement.outputAt)]).toEqual([format, before]);
});

test.for([
  ['INSERT INTO t FORMAT TSV\n1\n', 'TSV', 'INSERT INTO t ', 'INSERT INTO t ', '1\n'],
  ['INSERT INTO t FORMAT TSV\n\n1', 'TSV', 'INSERT INTO t ', 'INSERT INTO t ', '\n1'],
  ['INSERT INTO t FORMAT Native \r\n\n', 'Native', 'INSERT INTO t ', 'INSERT INTO t ', '\n'],
  [
    'INSERT INTO t (format, values) VALUES (1)',
    'Values',
    'INSERT INTO t (format, values) ',
    'INSERT INTO t (format, values) ',
    '(1)',
  ],
  ['INSERT INTO format FORMAT CSV 1', 'CSV', 'INSERT INTO format ', 'INSERT INTO format ', '1'],
  [
    'INSERT INTO TABLE `db`.t SETTINGS a = 1 FORMAT CSV\n1',
    'CSV',
    'INSERT INTO TABLE `db`.t ',
    'INSERT INTO TABLE `db`.t SETTINGS a = 1 ',
    '1',
  ],
  [
    "INSERT INTO FUNCTION file('x', 'CSV') VALUES (1)",
    'Values',
    "INSERT INTO FUNCTION file('x', 'CSV') ",
    "INSERT INTO FUNCTION file('x', 'CSV') ",
    '(1)',
  ],
] as const)('%j takes data in %s', ([sql, format, infile, text, data]) => {
  const { insert } = readStatement(sql);
  expect(insert).toMatchObject({ takesData: true, format, input: null });
  expect([sql.slice(0, insert?.infileAt), sql.slice(0, insert?.textEnd)]).toEqual([infile, text]);
  expect(sql.slice(insert?.dataAt)).toBe(data);
});

test('input() in the SELECT of an INSERT is found with its structure', () => {
  const sql =
    "INSERT INTO t SELECT a + 1 FROM input('a UInt8, b String') WHERE a FORMAT Native\nxyz";
  const { insert } = readStatement(sql);
  expect(sql.slice(insert?.input?.start, insert?.input?.end)).toBe("input('a UInt8, b String')");
  expect(insert?.input?.structure).toBe("'a UInt8, b String'");
  expect([insert?.format, sql.slice(insert?.dataAt)]).toEqual(['Native', 'xyz']);
});

test('an INSERT from a SELECT takes no data, whatever its columns are called', () => {
  const { insert } = readStatement('INSERT INTO t SELECT values, input FROM s;');
  expect(insert).toMatchObject({ takesData: false, input: null });
});

test.for([
  ['', 62],
  [' ; ', 62],
  ['SELECT 1; SELECT 2', 62],
  ['INSERT INTO t SELECT 1; SELECT 2', 62],
  ["SELECT 1 INTO OUTFILE 'x'", 358],
] as const)('%j is refused with code %d', ([sql, code]) => {
  expect(() => readStatement(sql)).toThrow(expect.objectContaining({ code }));
});

test('no text inside quotes or comments changes what a statement is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ minLength: 1 }), (text, name) => {
      const comment = text.replaceAll('*/', '');
      const sql = `SELECT ${quoteString(text)} /*${comment}*/ AS ${quoteName(name)} FORMAT CSV`;
      const statement = readStatement(sql);
      expect(statement).toMatchObject({ kind: 'read', format: 'CSV' });
      expect(sql.slice(statement.outputAt)).toBe('FORMAT CSV');
    }),
  );
});

test('the bytes after the head of an INSERT are never read', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const head = 'INSERT INTO t (ä) FORMAT Native\n';
      const whole = Buffer.concat([Buffer.from(head), bytes]);
      const { insert } = readStatement(whole.toString('latin1'));
      expect(whole.subarray(insert?.dataAt).equals(bytes)).toBe(true);
    }),
  );
});
