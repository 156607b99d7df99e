import { expect, test } from 'vitest';
import { isNativeHandshake } from './native-handshake.ts';

const QUESTION = 'SELECT displayName(), version(), revision(), timezone()';

test.for([
  ['the question in the revision of clickhouse-go', QUESTION, 54_460, 'Native', true],
  ['the question without a revision: chdb answers it', QUESTION, 0, 'Native', false],
  ['the question in another format', QUESTION, 54_460, 'TabSeparated', false],
  ['a question that holds it', `${QUESTION} FROM t`, 54_460, 'Native', false],
  ['another question', 'SELECT version()', 54_460, 'Native', false],
] as const)('%s', ([, sql, revision, format, expected]) => {
  expect(isNativeHandshake(sql, revision, format)).toBe(expected);
});
