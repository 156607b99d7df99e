import { expect, test } from 'vitest';
import { isVersionIn } from './emitter-version.ts';

test.for([
  ['0.27.0', { below: '0.27.1' }, true],
  ['0.27.1', { below: '0.27.1' }, false],
  ['0.27.1', { from: '0.27.1' }, true],
  ['0.9.0', { from: '0.27.1' }, false],
  ['0.100.0', { from: '0.27.1' }, true],
  ['v1.2', { from: '1.2.0', below: '1.3' }, true],
  ['1.2.3-beta.4', { from: '1.2.3' }, true],
  ['0.33.4', {}, true],
  ['', { below: '9' }, false],
  ['latest', { from: '0' }, false],
] as const)('the version "%s" in %o: %s', ([version, range, expected]) => {
  expect(isVersionIn(version, range)).toBe(expected);
});
