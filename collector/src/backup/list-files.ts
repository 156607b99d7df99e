/**
 * Every file below a directory, as paths from there. A directory that is absent, or goes while its neighbours are
 * listed, holds none; the others are listed all the same.
 */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../disk-error.ts';

export async function listFilesBelow(root: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await entriesOf(root)) {
    if (entry.isFile()) files.push(entry.name);
    if (!entry.isDirectory()) continue;
    const below = await listFilesBelow(join(root, entry.name));
    for (const path of below) files.push(join(entry.name, path));
  }
  return files.sort();
}

async function entriesOf(directory: string): Promise<Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
