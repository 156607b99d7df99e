import { expect, test } from 'vitest';
import { CALL_MS_MAX, withTimeout } from './call-options.ts';
import { REQUEST_MS_MAX } from './driver.ts';

test('no call may take longer than its connection is left open in silence', () => {
  expect(REQUEST_MS_MAX).toBeGreaterThan(CALL_MS_MAX);
  expect(withTimeout(CALL_MS_MAX, undefined).aborted).toBe(false);
  expect(() => withTimeout(CALL_MS_MAX + 1, undefined)).toThrow('timeoutMs is 86400001');
});
