/**
 * Splits a mixed segment by day, so that each part is of one UTC day and becomes one part in each table.
 * Can be repeated after a crash at any step (FORMAT.md): the rename to `.ready` is the moment it counts.
 */
import { join } from 'node:path';
import type { IndexRecord } from './index-file.ts';
import { encodeHeader, encodeRecord } from './index-file.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { INDEX_FILE, ROWS_FILE } from './segment-files.ts';

/** Days of a mixed segment, each with its records, in the order of the days. */
function recordsByDay(records: readonly IndexRecord[]): [number, IndexRecord[]][] {
  const byDay = new Map<number, IndexRecord[]>();
  for (const record of records) {
    const list = byDay.get(record.day);
    if (list === undefined) {
      byDay.set(record.day, [record]);
    } else {
      list.push(record);
    }
  }
  return [...byDay].sort(([a], [b]) => a - b);
}

/**
 * Writes the day folders of an open mixed segment and makes them count. Folder names are days since 1970.
 * The open segment's folder is gone afterwards; `moveReadySplits` moves the parts on.
 */
export async function splitSegment(
  files: SegmentFiles,
  paths: JournalPaths,
  segment: { id: string; directory: string; records: readonly IndexRecord[] },
): Promise<void> {
  const temporary = join(paths.split, `${segment.id}.tmp`);
  await files.remove(temporary);
  for (const [day, records] of recordsByDay(segment.records)) {
    await writeDay(files, { temporary, segment, day, records });
  }
  await files.syncDirectory(temporary);
  await files.rename(temporary, join(paths.split, `${segment.id}.ready`));
  await files.syncDirectory(paths.split);
  await files.remove(segment.directory);
}

async function writeDay(
  files: SegmentFiles,
  part: {
    temporary: string;
    segment: { id: string; directory: string };
    day: number;
    records: readonly IndexRecord[];
  },
): Promise<void> {
  const source = join(part.segment.directory, ROWS_FILE);
  const data: Buffer[] = [];
  const index: Buffer[] = [encodeHeader({ day: part.day, segmentId: part.segment.id })];
  let offset = 0;
  for (const record of part.records) {
    const length = record.spanBytes + record.entryBytes;
    data.push(await files.readRange(source, record.offset, length));
    index.push(encodeRecord({ ...record, offset }));
    offset += length;
  }
  const directory = join(part.temporary, String(part.day));
  await files.makeDirectory(directory);
  await files.write(join(directory, ROWS_FILE), Buffer.concat(data));
  await files.write(join(directory, INDEX_FILE), Buffer.concat(index));
  await files.syncDirectory(directory);
}

/**
 * Moves the day folders of a finished split to sealed/, in the order of their days. `nameFor` gives each its
 * sealed name; `onMoved` is told each new path once the name is synced.
 */
export async function moveReadySplit(
  files: SegmentFiles,
  paths: JournalPaths,
  options: {
    segmentId: string;
    nameFor: (day: number) => string;
    onMoved: (directory: string) => Promise<void>;
  },
): Promise<void> {
  const ready = join(paths.split, `${options.segmentId}.ready`);
  await files.remove(join(paths.open, options.segmentId));
  const days = (await files.list(ready)).map(Number).sort((a, b) => a - b);
  for (const day of days) {
    const target = join(paths.sealed, options.nameFor(day));
    await files.rename(join(ready, String(day)), target);
    await files.syncDirectory(ready);
    await files.syncDirectory(paths.sealed);
    await options.onMoved(target);
  }
  await files.remove(ready);
}
