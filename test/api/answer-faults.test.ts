import { expect, test } from 'vitest';
import { answerFaults } from './answer-faults.ts';

const ROW = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } as const;
const LIST = { type: 'object', properties: { rows: { type: 'array', items: ROW } } } as const;
const responses = {
  200: {
    description: '',
    content: {
      'application/json': { schema: LIST },
      'application/x-ndjson': { schema: ROW },
    },
  },
};

test.for([
  ['application/json; charset=utf-8', '{"rows":[{"n":1}]}', []],
  ['application/json', '{"rows":[{"n":1,"m":2}]}', ['op 200: rows.0: Unrecognized key: "m"']],
  ['application/json', '{"rows":[{}]}', ['op 200: rows.0.n: ']],
  ['application/x-ndjson', '{"n":1}\n{"n":"1"}\n', ['op 200: n: ']],
  ['text/csv', 'n\n1\n', []],
] as const)('of %s, %s', ([type, text, expected]) => {
  const faults = answerFaults({ id: 'op', responses }, { status: 200, type, text });
  expect(faults).toEqual(expected.map((start) => expect.stringContaining(start) as string));
});

test('a status without a schema is one', () => {
  const answered = { status: 202, type: 'application/json', text: '{}' };
  expect(answerFaults({ id: 'op', responses }, answered)).toEqual([
    'op 202: there is no schema of application/json',
  ]);
});
