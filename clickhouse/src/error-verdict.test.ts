/** The table of ClickHouse's errors: complete where it must be, and without contradictions. */
import { expect, test } from 'vitest';
import { ERROR_GROUPS, errorGroupOf } from './error-verdict.ts';

test('a code has one verdict', () => {
  const codes = ERROR_GROUPS.flatMap(({ codes: group }) => Object.keys(group));
  expect(codes.toSorted()).toEqual([...new Set(codes)].toSorted());
});

test.for([
  ['a timeout', [159, 160, 209], 'retry'],
  ['too many queries at once', [202, 439, 745], 'retry'],
  ['memory', [173, 241], 'retry'],
  ['too many parts', [252], 'retry'],
  ['the network', [198, 210, 279], 'retry'],
  ['a read-only replica, Keeper', [225, 242, 285, 286, 319, 999], 'retry'],
  ['an insert that still runs', [216, 236, 394], 'retry'],
  ['a full or broken disk', [75, 76, 243, 425], 'operator'],
  ['rights and passwords', [164, 192, 193, 497, 516], 'operator'],
  ['tables that are not there', [16, 47, 60, 81], 'operator'],
  ['bytes that are no rows', [33, 117, 128, 131], 'poison'],
  ['values that do not fit', [6, 53, 69, 321, 407, 691], 'poison'],
] as const)('%s: %s is %s', ([, codes, verdict]) => {
  expect(codes.map((code) => errorGroupOf(code)?.verdict)).toEqual(codes.map(() => verdict));
});

test('what nobody foresaw has no verdict', () => {
  expect(errorGroupOf(49)).toBeUndefined();
  expect(errorGroupOf(1002)).toBeUndefined();
});
