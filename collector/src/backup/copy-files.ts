/** Copies many files with their digests, a few at a time, and tells how far it is. */
import { join } from 'node:path';
import type { ManifestFile } from './manifest.ts';
import { copySynced, makeDirectoriesFor, syncDirectory } from './synced-files.ts';

/** A file to copy: where it is, and its path below the target. */
export interface FileToCopy {
  readonly from: string;
  readonly path: string;
}

/** How far a copy is. */
export interface CopyProgress {
  readonly files: number;
  readonly bytes: number;
}

/** A sync waits for the disk, not for a CPU. */
const AT_ONCE = 8;
const TELL_EVERY_FILES = 500;
const TELL_EVERY_BYTES = 256_000_000;

/** Resolves with what was copied, in the order of the paths, once all of it is on the disk. */
export async function copyFiles(
  target: string,
  files: readonly FileToCopy[],
  onProgress: (progress: CopyProgress) => void,
): Promise<ManifestFile[]> {
  const directories = await makeDirectoriesFor(
    target,
    files.map(({ path }) => path),
  );
  const copied: ManifestFile[] = [];
  const left = files.values();
  let bytes = 0;
  let told = { files: 0, bytes: 0 };
  let isFailed = false;
  const copy = async ({ from, path }: FileToCopy) => {
    try {
      return { path, ...(await copySynced(from, join(target, path))) };
    } catch (error) {
      isFailed = true;
      throw error;
    }
  };
  const work = async () => {
    for (const one of left) {
      if (isFailed) return;
      const file = await copy(one);
      copied.push(file);
      bytes += file.bytes;
      const now = { files: copied.length, bytes };
      if (now.files - told.files < TELL_EVERY_FILES && bytes - told.bytes < TELL_EVERY_BYTES)
        continue;
      told = now;
      onProgress(now);
    }
  };
  // Nothing is copied any more once this rejects: whoever called may take away what was.
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  const failure = ended.find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
  for (const directory of directories) await syncDirectory(directory);
  return copied.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
