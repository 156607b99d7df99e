/** How large files are together. */
import { stat } from 'node:fs/promises';

export async function totalBytes(paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) bytes += (await stat(path)).size;
  return bytes;
}
