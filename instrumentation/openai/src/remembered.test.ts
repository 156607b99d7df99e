import { expect, test } from 'vitest';
import { Remembered } from './remembered.ts';

test('an id is new once', () => {
  const seen = new Remembered(10);
  expect([seen.has('a'), seen.add('a'), seen.add('a'), seen.has('a')]).toEqual([
    false,
    true,
    false,
    true,
  ]);
});

test('the oldest ids are forgotten where there are too many', () => {
  const seen = new Remembered(2);
  for (const id of ['a', 'b', 'c']) seen.add(id);
  expect(['a', 'b', 'c'].map((id) => seen.has(id))).toEqual([false, true, true]);
});
