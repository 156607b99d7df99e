import { expect, it } from 'vitest';
import { WatchMark } from './watch-mark.ts';

it('is seen by every copy of one package, on the object itself, until it is taken off', () => {
  const mark = new WatchMark('@ai-cost-profiler/one');
  const copy = new WatchMark('@ai-cost-profiler/one');
  const target = mark.put({ own: 1 });
  expect(copy.isOn(target)).toBe(true);
  expect(new WatchMark('@ai-cost-profiler/other').isOn(target)).toBe(false);
  expect(copy.isOn(Object.create(target))).toBe(false);
  expect(Object.keys(target)).toEqual(['own']);
  copy.remove(target);
  expect(mark.isOn(target)).toBe(false);
});
