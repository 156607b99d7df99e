import { expect, test } from 'vitest';
import { engineError, httpStatusOf, toEngineError } from './engine-error.ts';

test.for([
  [
    'a message of the engine',
    new Error('Code: 60. DB::Exception: No table. (UNKNOWN_TABLE)'),
    60,
    404,
  ],
  ['one of our own', engineError(202, 'Full.'), 202, 503],
  ['anything else', new TypeError('broken'), 1002, 500],
  ['no error at all', 'text', 1002, 500],
] as const)('%s gets a code and a status', ([, thrown, code, status]) => {
  const error = toEngineError(thrown);
  expect([error.code, httpStatusOf(error.code)]).toEqual([code, status]);
  expect(error.message).toMatch(new RegExp(`^Code: ${code}\\. DB::Exception: .* \\([A-Z_]+\\)$`));
});
