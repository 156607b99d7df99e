/** How large files are together; one that went meanwhile counts nothing. */
import { stat } from 'node:fs/promises';
import { codeOf } from '../disk-error.ts';

export async function totalBytes(paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) bytes += await bytesOf(path);
  return bytes;
}

async function bytesOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 0;
    throw error;
  }
}
