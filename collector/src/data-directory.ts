/** The data directory. Invariant: its own name is on the disk before anything in it is acknowledged. */
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes the directory at an absolute path, and those above it that are missing, for good. */
export async function makeDataDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) {
    return;
  }
  // After a power loss a directory is there when the one above it was synced: the journal syncs only from here on.
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    const above = await open(dirname(made), 'r');
    try {
      await above.sync();
    } finally {
      await above.close();
    }
  }
}
