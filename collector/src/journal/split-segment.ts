/**
 * Splits a mixed segment by day, so that each part is of one UTC day and becomes one part in each table.
 * Can be repeated after a crash at any step (FORMAT.md): the rename to `.ready` is the moment it counts.
 */
import { join } from 'node:path';
import type { IndexHeader, IndexRecord } from './index-file.ts';
import { encodeHeader, encodeRecord } from './index-file.ts';
import { openRows, type ReadRows, readHeld } from './read-rows.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { INDEX_FILE, ROWS_FILE } from './segment-files.ts';

const DAY_NAME = /^-?\d+$/;

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

/** The folder of a finished split. */
export function readySplit(paths: JournalPaths, segmentId: string): string {
  return join(paths.split, `${segmentId}.ready`);
}

/**
 * Writes the day folders of an open segment and makes them count. Folder names are days since 1970.
 * `moveReadySplit` removes the open folder and moves the parts on.
 */
export async function splitSegment(
  files: SegmentFiles,
  paths: JournalPaths,
  segment: { id: string; directory: string; records: readonly IndexRecord[] },
): Promise<void> {
  const temporary = join(paths.split, `${segment.id}.tmp`);
  await files.remove(temporary);
  const read = openRows(files, segment.directory);
  for (const [day, records] of recordsByDay(segment.records)) {
    const directory = join(temporary, String(day));
    await writePart(files, { directory, read, header: { day, segmentId: segment.id }, records });
  }
  await files.syncDirectory(temporary);
  await files.rename(temporary, readySplit(paths, segment.id));
  await files.syncDirectory(paths.split);
}

/** Writes and syncs a folder with these flushes of another. Rejects when one of them does not hold. */
export async function writePart(
  files: SegmentFiles,
  part: {
    directory: string;
    read: ReadRows;
    header: IndexHeader;
    records: readonly IndexRecord[];
  },
): Promise<void> {
  const data: Buffer[] = [];
  const index: Buffer[] = [encodeHeader(part.header)];
  let offset = 0;
  for (const record of part.records) {
    data.push(await readHeld(part.read, record));
    index.push(encodeRecord({ ...record, offset }));
    offset += record.spanBytes + record.entryBytes;
  }
  await files.makeDirectory(part.directory);
  await files.write(join(part.directory, ROWS_FILE), Buffer.concat(data));
  await files.write(join(part.directory, INDEX_FILE), Buffer.concat(index));
  await files.syncDirectory(part.directory);
}

/**
 * Moves the day folders of a finished split to sealed/, in the order of their days. `nameFor` gives each its
 * sealed name; `onMoved` is told each new path as soon as the folder has it. The names are synced at the end.
 */
export async function moveReadySplit(
  files: SegmentFiles,
  paths: JournalPaths,
  options: {
    segmentId: string;
    nameFor: (day: number) => string;
    onMoved: (directory: string) => void;
  },
): Promise<void> {
  const ready = readySplit(paths, options.segmentId);
  // The whole must be gone for good before its parts go on: if it came back, its rows would be written twice.
  await files.remove(join(paths.open, options.segmentId));
  await files.syncDirectory(paths.open);
  const names = (await files.list(ready)).filter((name) => DAY_NAME.test(name));
  const days = names.map(Number).sort((a, b) => a - b);
  for (const day of days) {
    const target = join(paths.sealed, options.nameFor(day));
    await files.rename(join(ready, String(day)), target);
    options.onMoved(target);
  }
  await files.syncDirectory(paths.sealed);
  await files.remove(ready);
}
