import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyFiles } from './copy-files.ts';

test('after the first failure nothing is copied any more', async () => {
  const root = await mkdtemp(join(tmpdir(), 'aicost-copy-'));
  const from = join(root, 'one');
  await writeFile(from, 'x');
  const files = Array.from({ length: 200 }, (_, n) => ({
    from: n === 0 ? join(root, 'missing') : from,
    path: `file-${n}`,
  }));
  const target = join(root, 'to');
  await expect(copyFiles(target, files, () => undefined)).rejects.toMatchObject({ code: 'ENOENT' });
  const left = await readdir(target);
  expect(left.length).toBeLessThan(100);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await readdir(target)).toEqual(left);
  await rm(root, { recursive: true });
});
