import { expect, test } from 'vitest';
import { splitStatements } from './migrate.ts';

test.for([
  ['nothing', ' -- only a comment;\n', []],
  ['statements without their comments around them', '-- one;\nA 1;\n\nB 2\n;\n', ['A 1', 'B 2']],
  ['a last statement without a semicolon', 'A;\nB', ['A', 'B']],
  [
    'no semicolon inside strings, names and comments',
    "A 'x;y' `a;b` /* ; */ 1;B",
    ["A 'x;y' `a;b` /* ; */ 1", 'B'],
  ],
] as const)('a file gives %s', ([, sql, statements]) => {
  expect(splitStatements(sql)).toEqual(statements);
});
