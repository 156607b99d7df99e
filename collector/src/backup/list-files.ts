/** Every file below a directory, as paths from there; none where the directory is absent. */
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { codeOf } from '../disk-error.ts';

export async function listFilesBelow(root: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(relative(root, entry.parentPath), entry.name))
      .sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
