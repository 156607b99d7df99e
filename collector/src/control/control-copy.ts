// The copy of the control rows in the data directory: enough to start and authenticate while ClickHouse is away.
// Invariant: the file is always whole. It is written beside itself, synced, renamed, and the directory synced.
import { constants } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { type ControlRow, controlRowSchema, toJsonRow } from './control-store.ts';

const FORMAT = 1;
const copySchema = z.object({ format: z.literal(FORMAT), rows: z.array(controlRowSchema) });

export const controlCopyPath = (dataDir: string): string => join(dataDir, 'control.json');

/** Writes a file so that a crash leaves either the old or the new one. Mode 0600: hashes are nobody's business. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(dirname(path), constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Reads a file that may be missing: undefined then. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * The rows of the copy; none when there is no copy yet.
 * @throws Error naming the file when it holds something else
 */
export async function readControlCopy(path: string): Promise<readonly ControlRow[]> {
  const text = await readIfThere(path);
  if (text === undefined) return [];
  try {
    return copySchema.parse(JSON.parse(text)).rows;
  } catch (cause) {
    throw new Error(
      `${path} is not a copy of the control state of format ${FORMAT}. ` +
        'Move it away; it is made again from ClickHouse.',
      { cause },
    );
  }
}

export async function writeControlCopy(path: string, rows: Iterable<ControlRow>): Promise<void> {
  const copy = { format: FORMAT, rows: [...rows].map(toJsonRow) };
  await writeDurably(path, `${JSON.stringify(copy)}\n`);
}
