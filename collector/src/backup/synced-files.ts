/** Files and directories of a backup. Invariant: what is done is on the disk, and only its owner can read it. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Keys and what people wrote are in it. */
const FILE_MODE = 0o600;
export const DIRECTORY_MODE = 0o700;

export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function writeSynced(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', FILE_MODE);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Copies a file, with the time of its last change, to where none is. Resolves with the size and the SHA-256
 * (hexadecimal) of what was read.
 */
export async function copySynced(
  from: string,
  to: string,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const target = createWriteStream(to, { flags: 'wx', mode: FILE_MODE });
  await pipeline(createReadStream(from), count, target);
  await keepTime(from, to);
  return { bytes, sha256: hash.digest('hex') };
}

/** The journal knows by the times of its files which keys are the oldest. Syncs what was copied, too. */
async function keepTime(from: string, to: string): Promise<void> {
  const { atimeMs, mtimeMs } = await stat(from);
  const handle = await open(to, 'r+');
  try {
    await handle.utimes(atimeMs / 1_000, mtimeMs / 1_000);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the directories that hold these files below `root`, and returns them all, `root` too. */
export async function makeDirectoriesFor(
  root: string,
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  const made = new Set<string>([root]);
  for (const path of paths) {
    for (let at = dirname(path); at !== '.' && !made.has(join(root, at)); at = dirname(at)) {
      made.add(join(root, at));
    }
  }
  for (const directory of [...made].sort()) {
    await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
  }
  return made;
}
