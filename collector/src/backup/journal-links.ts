/**
 * The journal at one moment, beside it on the same disk. Whoever calls sees to it that nothing is sealed and nothing
 * written meanwhile, so that no segment is missed between two folders, or found in both under two identities.
 */
import { constants } from 'node:fs';
import { copyFile, link, mkdir, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../disk-error.ts';
import { listFilesBelow } from './list-files.ts';
import { DIRECTORY_MODE } from './synced-files.ts';

/** Folders whose rows and indexes never change. poison/ first: what is put back from there is found in sealed/ then. */
const FIXED = ['poison', 'damaged', 'split', 'sealed', 'done', 'reentered'] as const;
/** What a folder of open/ holds, in the order in which it is read: what an index tells of is in the rows then. */
const GROWING = ['index', 'rows.native'] as const;

/** `from` is the journal's directory; `to` must lie on the same disk and is made. */
export async function linkJournal(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: DIRECTORY_MODE });
  const open = await listFilesBelow(join(from, 'open'));
  for (const name of GROWING) {
    for (const path of open.filter((one) => one.endsWith(`/${name}`))) {
      // Rows are appended while they are read: their end is cut off at the next start, as a torn tail is.
      await put(copy, join(from, 'open', path), join(to, 'open', path));
    }
  }
  for (const folder of FIXED) {
    for (const path of await listFilesBelow(join(from, folder))) {
      // What tells where a segment is held is written anew in its place, and must stay as it is now.
      const place = isFixed(path) ? linkOrCopy : copy;
      await put(place, join(from, folder, path), join(to, folder, path));
    }
  }
}

const isFixed = (path: string): boolean => GROWING.some((name) => path.endsWith(`/${name}`));

type Place = (from: string, to: string) => Promise<void>;

const copy: Place = async (from, to) => {
  await copyFile(from, to, constants.COPYFILE_EXCL);
  const { atimeMs, mtimeMs } = await stat(from);
  await utimes(to, atimeMs / 1_000, mtimeMs / 1_000);
};

/** Some file systems have no hard links. */
const linkOrCopy: Place = async (from, to) => {
  try {
    await link(from, to);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EMLINK', 'ENOSYS'].includes(codeOf(error) ?? '')) throw error;
    await copy(from, to);
  }
};

async function put(place: Place, from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: DIRECTORY_MODE });
  try {
    await place(from, to);
  } catch (error) {
    // A folder made in advance was taken back, or a part of poison/ was put back into the queue.
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
