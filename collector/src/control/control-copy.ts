// The copy of the control rows in the data directory: enough to start and authenticate while ClickHouse is away.
// Invariant: the file is always whole. It is written beside itself, synced, renamed, and the directory synced.
import { constants } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { ConfigError } from '../config-error.ts';
import { type ControlRow, controlRowSchema, toJsonRow } from './control-store.ts';

const FORMAT = 1;
/** `crc`: CRC-32 of the rows as they are written; a flipped bit may leave good JSON and another tenant. */
const copySchema = z.strictObject({
  format: z.literal(FORMAT),
  crc: z.int().optional(),
  rows: z.array(z.unknown()),
});

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
 * @throws ConfigError naming the file when it holds something else
 */
export async function readControlCopy(path: string): Promise<readonly ControlRow[]> {
  const text = await readIfThere(path);
  if (text === undefined) return [];
  try {
    const { crc, rows } = copySchema.parse(JSON.parse(text));
    if (crc !== undefined && crc !== crc32(JSON.stringify(rows))) {
      throw new Error('its rows do not have its CRC');
    }
    return z.array(controlRowSchema).parse(rows);
  } catch (cause) {
    const about = `${path} is damaged, or is no copy of the control state of format ${FORMAT}.`;
    throw new ConfigError(`${about} ${COPY_ADVICE}`, { cause });
  }
}

/** An empty one would let a first start make new keys and secrets beside those in ClickHouse. */
const COPY_ADVICE =
  'While ClickHouse answers, move it away: it is made again from there. Keys made while ClickHouse was away are only in it.';

export async function writeControlCopy(path: string, rows: Iterable<ControlRow>): Promise<void> {
  const json = [...rows].map(toJsonRow);
  const copy = { format: FORMAT, crc: crc32(JSON.stringify(json)), rows: json };
  await writeDurably(path, `${JSON.stringify(copy)}\n`);
}
