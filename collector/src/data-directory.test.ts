import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeDataDirectory } from './data-directory.ts';

test.for(['one', 'several/levels/down'])(
  'a data directory is made, %s, and again without harm',
  async (name) => {
    const root = await mkdtemp(join(tmpdir(), 'aicost-directory-'));
    onTestFinished(() => rm(root, { recursive: true }));
    const path = join(root, name);
    await makeDataDirectory(path);
    await makeDataDirectory(path);
    const { mode } = await stat(path);
    expect((mode & 0o777).toString(8)).toBe('700');
  },
);
