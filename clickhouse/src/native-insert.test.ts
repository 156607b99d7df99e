import { expect, test } from 'vitest';
import { nativeInsertSql } from './native-insert.ts';

const INSERT = {
  into: 'landing',
  select: 'SELECT * FROM {source} WHERE a',
  structure: "a UInt8, t DateTime64(9, 'UTC')",
  queryId: 'x',
};

test('the embedded engine reads the file by its path, quotes and all', () => {
  expect(nativeInsertSql('embedded', "/data/o'neil", INSERT)).toEqual({
    sql: "INSERT INTO landing SELECT * FROM file('/data/o\\'neil', 'Native', 'a UInt8, t DateTime64(9, \\'UTC\\')') WHERE a",
    bodyIsData: false,
  });
});

test('a server takes the bytes from the body of the request', () => {
  expect(nativeInsertSql('server', '/data/x', INSERT)).toEqual({
    sql: "INSERT INTO landing SELECT * FROM input('a UInt8, t DateTime64(9, \\'UTC\\')') WHERE a FORMAT Native",
    bodyIsData: true,
  });
});

test.for([['SELECT 1'], ['SELECT * FROM {source}, {source}']])(
  '%s is refused: the source must occur once',
  ([select = '']) => {
    expect(() => nativeInsertSql('server', '/x', { ...INSERT, select })).toThrow(
      '{source} exactly once',
    );
  },
);
