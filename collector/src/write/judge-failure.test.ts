/** What an attempt was rejected with, and what the writer makes of it. */
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';
import { HoldingConflict } from './holdings.ts';
import { judgeFailure } from './judge-failure.ts';

function answered(code: number, message = `code ${code}`): StoreError {
  return new StoreError(message, { code, retryable: false, answered: true });
}

const noAnswer = new StoreError('reset', { code: null, retryable: true, answered: false });

test.for([
  ['no answer', noAnswer, 'no_answer', null],
  ['too many parts', answered(252), 'retry', 252],
  ['a missing table', answered(60), 'operator', 60],
  ['bytes that are no rows', answered(117), 'poison', 117],
  ['a code of no list', answered(49), 'unknown', 49],
  [
    'an insert that began too late',
    answered(395, 'aicost: this insert began after its time'),
    'retry',
    395,
  ],
  ['somebody else’s throwIf', answered(395), 'unknown', 395],
  ['rows that nobody of us wrote', new HoldingConflict('3 of 4'), 'poison', null],
  ['a disk of our own', new Error('EIO'), 'operator', null],
] as const)('%s', ([, error, verdict, code]) => {
  expect(judgeFailure(error)).toMatchObject({ verdict, code, message: error.message });
});

test('tries wait twice as long each time, 30 s at most, and half of it is random', () => {
  expect([0, 1, 2, 7, 8, 100].map((attempt) => backoffMs(attempt, 0, 'retry'))).toEqual([
    100, 200, 400, 12_800, 15_000, 15_000,
  ]);
  expect([0, 1, 2, 7, 8, 100].map((attempt) => backoffMs(attempt, 1, 'retry'))).toEqual([
    200, 400, 800, 25_600, 30_000, 30_000,
  ]);
});

test('where nobody answers, somebody is asked for at least every 5 s', () => {
  expect([4, 5, 100].map((attempt) => backoffMs(attempt, 1, 'no_answer'))).toEqual([
    3_200, 5_000, 5_000,
  ]);
});
