/**
 * The last flush of an open segment whose record is whole and whose rows do not hold. Whether it was acknowledged
 * nobody can tell: a loss of power may leave it so before, and a disk damage it later. Its bytes are kept apart before
 * they are cut off.
 */
import { join } from 'node:path';
import { isUnreadable } from '../disk-error.ts';
import { encodeHeader, encodeRecord, type IndexRecord, sumRecords } from './index-file.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { INDEX_FILE, ROWS_FILE } from './segment-files.ts';
import { type DamagedPart, REASON_FILE } from './set-aside.ts';

const REASON =
  'the rows of its last flush do not hold: cut off before it was acknowledged, as by a loss of power, or damaged since';

interface Tail {
  /** Of the segment. */
  readonly id: string;
  readonly day: number;
  /** Where the flushes that hold end in its rows. */
  readonly dataBytes: number;
  /** Of the flush; of a mixed segment one for each day. */
  readonly lost: readonly IndexRecord[];
}

/** Copies it to damaged/, laid out as a segment. Can be repeated after a crash at any step. */
export async function keepTail(
  files: SegmentFiles,
  paths: JournalPaths,
  tail: Tail,
): Promise<DamagedPart> {
  const target = join(paths.damaged, `${tail.id}.tail`);
  // A start that ended before the cut has kept it.
  if ((await files.stat(target)) === undefined) {
    const temporary = join(paths.split, `${tail.id}.tail.tmp`);
    await files.remove(temporary);
    await files.makeDirectory(temporary);
    await files.write(join(temporary, ROWS_FILE), await readRows(files, paths, tail));
    await files.write(join(temporary, INDEX_FILE), indexOf(tail));
    const reason = Buffer.from(`${JSON.stringify({ reason: REASON })}\n`);
    await files.write(join(temporary, REASON_FILE), reason);
    await files.syncDirectory(temporary);
    await files.rename(temporary, target);
    await files.syncDirectory(paths.damaged);
  }
  return { directory: target, reason: REASON };
}

function indexOf({ id, day, dataBytes, lost }: Tail): Buffer {
  // A record that came twice tells of rows before them.
  const offsetOf = ({ offset }: IndexRecord) => Math.max(0, offset - dataBytes);
  const records = lost.map((one) => encodeRecord({ ...one, offset: offsetOf(one) }));
  return Buffer.concat([encodeHeader({ day, segmentId: id }), ...records]);
}

/** What the disk gives of its rows. */
async function readRows(
  files: SegmentFiles,
  paths: JournalPaths,
  { id, dataBytes, lost }: Tail,
): Promise<Buffer> {
  try {
    const path = join(paths.open, id, ROWS_FILE);
    return await files.readRange(path, dataBytes, sumRecords(lost).dataBytes);
  } catch (error) {
    if (isUnreadable(error)) return Buffer.alloc(0);
    throw error;
  }
}
