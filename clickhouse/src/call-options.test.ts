import { expect, test } from 'vitest';
import { CALL_MS_MAX, withTimeout } from './call-options.ts';

test('no call is given more time than its connection is left open in silence', () => {
  expect(withTimeout(CALL_MS_MAX, undefined).aborted).toBe(false);
  expect(() => withTimeout(CALL_MS_MAX + 1, undefined)).toThrow('timeoutMs is 86400001');
});
