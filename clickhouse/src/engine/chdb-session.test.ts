import { expect, test } from 'vitest';
import { loadChdb } from './chdb-session.ts';

test('without a chdb build the error names the platform and the way out', () => {
  const missing = () => {
    throw new Error('no native binding');
  };
  expect(() => loadChdb(missing)).toThrow(
    new RegExp(`${process.platform}-${process.arch}.*--clickhouse-url`),
  );
});
