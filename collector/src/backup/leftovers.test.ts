import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { frozenPath, newBackupId, removeLeftovers, stagingName } from './leftovers.ts';

test('what a killed backup left goes, and what only begins like it stays', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'aicost-leftovers-'));
  const id = newBackupId();
  const shadow = join(dataDir, 'engine/data/shadow');
  const kept = ['backup-2026-11-30', 'backup-', `backup-${id}-mine`, 'backup-0123456789ABCDEF'];
  for (const name of [...kept, stagingName(id)])
    await mkdir(join(dataDir, name, 'journal'), { recursive: true });
  await mkdir(join(dataDir, 'engine/data', frozenPath(id)), { recursive: true });
  await mkdir(join(shadow, 'aicost_backup_mine'));
  await removeLeftovers(dataDir);
  expect(await readdir(dataDir)).toEqual([...kept, 'engine'].sort());
  expect(await readdir(shadow)).toEqual(['aicost_backup_mine']);
  await rm(dataDir, { recursive: true });
});
