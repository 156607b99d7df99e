/** What a backup needs for a while in the data directory, and what one that was killed left of it. */
import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../disk-error.ts';

/** Where the embedded engine's files are within a data directory, and within a backup. */
export const ENGINE_PATH = 'engine/data';
/** Links of the journal. */
const STAGING_BEGIN = 'backup-';
/** Letters, digits and underscores: the engine writes other characters of a name otherwise in its path. */
const FROZEN_BEGIN = 'aicost_backup_';
const ID_BYTES = 8;
/** As newBackupId makes it: somebody may keep a `backup-of-monday` beside. */
const ID = /^[0-9a-f]{16}$/;

/** For names. */
export const newBackupId = (): string => randomBytes(ID_BYTES).toString('hex');
export const stagingName = (id: string): string => `${STAGING_BEGIN}${id}`;
export const frozenName = (id: string): string => `${FROZEN_BEGIN}${id}`;
/** Where the engine puts what it froze, within its own directory. */
export const frozenPath = (id: string): string => join('shadow', frozenName(id));

/** Links keep bytes on the disk that journal and engine have let go of. */
export async function removeLeftovers(dataDir: string): Promise<void> {
  await removeBegin(dataDir, STAGING_BEGIN);
  await removeBegin(join(dataDir, ENGINE_PATH, 'shadow'), FROZEN_BEGIN);
}

async function removeBegin(directory: string, begin: string): Promise<void> {
  for (const name of await namesIn(directory)) {
    const isOurs = name.startsWith(begin) && ID.test(name.slice(begin.length));
    if (isOurs) await rm(join(directory, name), { recursive: true, force: true });
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
