import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerTable } from './answer-table.ts';
import { readScript, readTable, ScriptFault, tableLines, writeScript } from './script-text.ts';

const TEXT = `# What it is about.

now 2026-08-21T00:00:00Z

# Of one day.
ask /api/v1/costs/breakdown
    ?by=model
part | model
rows | a
`;

describe('the text of a script', () => {
  test('is blocks: a word, what follows it, and what stands below', () => {
    expect(readScript(TEXT)).toMatchObject([
      { line: 2, word: '', comments: ['# What it is about.'] },
      { line: 3, word: 'now', argument: ['2026-08-21T00:00:00Z'], body: [] },
      {
        line: 6,
        word: 'ask',
        comments: ['# Of one day.'],
        argument: ['/api/v1/costs/breakdown', '    ?by=model'],
        body: ['part | model', 'rows | a'],
      },
    ]);
  });

  test('is written as it was read', () => {
    expect(writeScript(readScript(TEXT))).toBe(TEXT);
  });

  test('any table is read as it was written', () => {
    const letters = fc.constantFrom(...'ab1 "{é');
    const cell = fc.string({ unit: letters, maxLength: 6 }).map((text) => text.trim());
    const tables = fc.integer({ min: 1, max: 4 }).chain((columns) =>
      fc.record({
        heading: fc.uniqueArray(
          fc.string({ unit: letters, maxLength: 4 }).map((text) => `c${text.trim()}`),
          {
            minLength: columns,
            maxLength: columns,
          },
        ),
        rows: fc.array(fc.array(cell, { minLength: columns, maxLength: columns })),
      }),
    );
    fc.assert(
      fc.property(tables, (table) => {
        expect(readTable(tableLines(table), 1)).toEqual(table);
      }),
    );
  });

  test.for([
    [[], 'line 5: a table stands here'],
    [['a | a'], 'line 5: each column has a name'],
    [['a | b', '1 | 2', '1'], 'line 7: the row has 1 cells'],
  ] as const)('%j is no table, and it says where', ([lines, message]) => {
    expect(() => readTable(lines, 5)).toThrow(message);
  });
});

describe('an answer as a table', () => {
  const ANSWER = {
    from: '2026',
    rows: [{ model: 'a', cost: { p50: '1' }, children: [{ model: 'b' }] }, { model: null }],
    totals: { calls: 2, models: ['a', 'b'] },
  };
  const shown = (...heading: string[]) => answerTable(ANSWER, heading, 1).rows;

  test('has a line for each object with one of the columns, wherever it stands', () => {
    expect(shown('part', 'model', 'calls', 'cost.p50')).toEqual([
      ['rows', 'a', '', '1'],
      ['rows.children', 'b', '', ''],
      ['rows', 'null', '', ''],
      ['totals', '', '2', ''],
    ]);
    expect(shown('answer totals', 'from', 'models')).toEqual([
      ['answer', '2026', ''],
      ['totals', '', '["a","b"]'],
    ]);
  });

  test('shows what could be taken for something else in quotes', () => {
    const texts = ['', 'null', 'a|b', ' a', '"', 'a\nb', '[]', 'a b'];
    const { rows } = answerTable({ rows: texts.map((text) => ({ text })) }, ['rows', 'text'], 1);
    expect(rows.map(([, cell]) => cell)).toEqual([
      '""',
      '"null"',
      String.raw`"a\u007cb"`,
      '" a"',
      '"\\""',
      '"a\\nb"',
      '"[]"',
      'a b',
    ]);
  });

  test('without such a column is a fault, but where a list is empty', () => {
    expect(() => shown('rows', 'modle')).toThrow(ScriptFault);
    expect(answerTable({ rows: [] }, ['rows', 'model'], 1).rows).toEqual([]);
  });
});
