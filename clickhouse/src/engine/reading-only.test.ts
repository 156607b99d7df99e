import { expect, test } from 'vitest';
import { refuseToWriteOutside } from './reading-only.ts';

test.for([
  "INSERT INTO FUNCTION file('/tmp/x', 'CSV', 'a UInt8') SELECT 1",
  "INSERT INTO TABLE FUNCTION file('/tmp/x') SELECT 1",
  "insert /* into t */ into function url('http://elsewhere', CSV) SELECT 1",
  "CREATE TEMPORARY TABLE t (a UInt8) ENGINE = File(CSV, '/tmp/x')",
  "CREATE TEMPORARY TABLE t (a UInt8) ENGINE File(CSV, '/tmp/x')",
  "CREATE TEMPORARY TABLE t AS file('/tmp/x', 'CSV', 'a UInt8')",
] as const)('%s is refused', (sql) => {
  expect(() => refuseToWriteOutside(sql)).toThrow('Code: 164');
});

test.for([
  "SELECT * FROM file('/tmp/x')",
  'INSERT INTO kept VALUES (1)',
  'CREATE TEMPORARY TABLE t (a UInt8)',
  'CREATE TEMPORARY TABLE t (a UInt8) ENGINE = Memory',
  'CREATE TEMPORARY TABLE t AS SELECT 1 AS engine, file FROM x',
  'CREATE TEMPORARY TABLE t AS (SELECT count() FROM x)',
] as const)('%s is left to the engine', (sql) => {
  expect(() => refuseToWriteOutside(sql)).not.toThrow();
});
