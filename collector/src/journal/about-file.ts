/**
 * `about.json` of a segment: what its index cannot know. Written only for segments that something happened to.
 * Invariant: it decides what is inserted where, so it has a CRC; one that does not hold is never guessed at.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { SegmentFiles } from './segment-files.ts';

export const ABOUT_FILE = 'about.json';

const aboutSchema = z.strictObject({
  /** Tables that hold its rows already, under an identity that it had before; null: that cannot be told. */
  heldBy: z.array(z.string()).nullable(),
  /** The folder name it had when it was first set aside; null when it never was. */
  was: z.string().nullable(),
  /** How often it re-entered. */
  attempt: z.int().nonnegative(),
  /** Some of its flushes are lost: a table that holds more rows than are left got the whole. */
  isSalvaged: z.boolean(),
});

export type SegmentAbout = z.infer<typeof aboutSchema>;

/** Of a segment that nothing happened to. */
const PLAIN: SegmentAbout = { heldBy: [], was: null, attempt: 0, isSalvaged: false };

export function encodeAbout(about: SegmentAbout): Buffer {
  const text = JSON.stringify(about);
  return Buffer.from(`${JSON.stringify({ crc: crc32(text), about: text })}\n`);
}

/** In place of the one that is there, as a whole: half of one would make a segment that holds look damaged. */
export async function writeAbout(
  files: SegmentFiles,
  directory: string,
  about: SegmentAbout,
): Promise<void> {
  const path = join(directory, ABOUT_FILE);
  await files.write(`${path}.new`, encodeAbout(about));
  await files.rename(`${path}.new`, path);
  await files.syncDirectory(directory);
}

/** PLAIN where there is none; undefined where there is one that does not hold. */
export async function readAbout(
  files: SegmentFiles,
  directory: string,
): Promise<SegmentAbout | undefined> {
  const path = join(directory, ABOUT_FILE);
  return (await files.stat(path)) === undefined ? PLAIN : decodeAbout(await files.read(path));
}

function decodeAbout(bytes: Buffer): SegmentAbout | undefined {
  try {
    const outer = z.strictObject({ crc: z.int(), about: z.string() });
    const { crc, about } = outer.parse(JSON.parse(bytes.toString('utf8')));
    return crc32(about) === crc ? aboutSchema.parse(JSON.parse(about)) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) {
      return undefined;
    }
    throw error;
  }
}
