import { expect, test } from 'vitest';
import { describeDiskError } from './disk-error.ts';

const failed = (code: string, syscall: string) =>
  Object.assign(new Error(`${code}: it failed`), { code, syscall });
const named = { directory: '/backups/monday', option: '--to' };

test.for(['EACCES', 'ENOENT', 'ENAMETOOLONG', 'EINVAL'])(
  '%s tells the path, and the option that named it',
  (code) => {
    expect(describeDiskError(failed(code, 'mkdir'), named)).toMatch(
      new RegExp(`^/backups/monday: ${code}: it failed\\. .*--to\\.$`),
    );
  },
);

test('a program that is missing is no error of a disk', () => {
  expect(describeDiskError(failed('ENOENT', 'spawn sh'), named)).toBeUndefined();
});
