/**
 * Sealed segments at start, and again before one that waited long is written: each flush is held against its CRC. Of a
 * segment that the disk damaged the flushes that hold are kept under its identity, and the whole is set aside.
 */
import { basename, join } from 'node:path';
import { isUnreadable } from '../disk-error.ts';
import { ABOUT_FILE, encodeAbout, readAbout, type SegmentAbout } from './about-file.ts';
import type { IndexRecord } from './index-file.ts';
import { decodeHeader, decodeRecords, MIXED_DAY } from './index-file.ts';
import { holds, openRows } from './read-rows.ts';
import {
  dayText,
  parseSealedName,
  readSealedSegment,
  type SealedSegment,
} from './sealed-segment.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { INDEX_FILE, ROWS_FILE } from './segment-files.ts';
import { type DamagedPart, setAsideDamaged } from './set-aside.ts';
import { writePart } from './split-segment.ts';

/** A segment that waits for the writer, with the records of its index. */
export interface WaitingSegment {
  segment: SealedSegment;
  records: readonly IndexRecord[];
}

/** What waits of a folder now, and what was set aside of it. */
interface Recovered {
  waiting: WaitingSegment | undefined;
  damaged: DamagedPart | undefined;
}

interface Inspection {
  /** Why it may not be written as it is; undefined when all of it holds. */
  fault: string | undefined;
  /** Flushes that hold. */
  records: IndexRecord[];
  about: SegmentAbout | undefined;
}

const NOTHING = { records: [], about: undefined };
const SALVAGED = '.salvaged';

/** What is there of a sealed folder, and what had to be set aside of it. */
export async function recoverSealed(
  files: SegmentFiles,
  paths: JournalPaths,
  name: string,
): Promise<Recovered> {
  const directory = join(paths.sealed, name);
  const { fault, records, about } = await inspect(files, directory, name);
  if (fault === undefined) {
    return { waiting: await describe(files, directory), damaged: undefined };
  }
  if (records.length === 0 || about === undefined) {
    const part = { path: directory, reason: `${fault}; nothing of it could be kept` };
    return { waiting: undefined, damaged: await setAsideDamaged(files, paths, part) };
  }
  const reason = `${fault}; ${records.length} flushes hold and are kept`;
  await writeSalvage(files, paths, { name, records, about });
  const damaged = await setAsideDamaged(files, paths, { path: directory, reason });
  await moveSalvage(files, paths, name);
  return { waiting: await describe(files, directory), damaged };
}

/**
 * The same of a segment that waits, in the process that knows it: an earlier try may have failed between two steps, and
 * what it set aside was not told.
 */
export async function recoverWaiting(
  files: SegmentFiles,
  paths: JournalPaths,
  { directory, dataBytes, about }: SealedSegment,
): Promise<Recovered> {
  const name = basename(directory);
  const salvage = `${name}${SALVAGED}`;
  if ((await files.stat(join(paths.split, salvage))) !== undefined) {
    const damaged = await finishSalvage(files, paths, salvage);
    const waiting = await describe(files, directory);
    return { waiting, damaged: damaged ?? (await movedBefore(files, paths, name)) };
  }
  if ((await files.stat(directory)) === undefined) {
    return { waiting: undefined, damaged: await movedBefore(files, paths, name) };
  }
  const found = await recoverSealed(files, paths, name);
  const now = found.waiting?.segment ?? { dataBytes, about };
  const isSame = now.dataBytes === dataBytes && now.about.isSalvaged === about.isSalvaged;
  return found.damaged !== undefined || isSame
    ? found
    : { ...found, damaged: await movedBefore(files, paths, name) };
}

/** The part that an earlier try moved to damaged/, if nobody took it away. */
async function movedBefore(
  files: SegmentFiles,
  paths: JournalPaths,
  name: string,
): Promise<DamagedPart> {
  await files.syncDirectory(paths.damaged);
  await files.syncDirectory(paths.sealed);
  const parts = (await files.list(paths.damaged)).filter(
    (part) => part === name || part.startsWith(`${name}.`),
  );
  return parts.length === 0
    ? { directory: join(paths.sealed, name), reason: 'it is gone' }
    : { directory: join(paths.damaged, parts.at(-1)!), reason: 'some of its flushes do not hold' };
}

/** Whether the name in split/ is that of a salvage; then what a crash left of it is finished. */
export async function finishSalvage(
  files: SegmentFiles,
  paths: JournalPaths,
  name: string,
): Promise<DamagedPart | undefined> {
  const sealed = name.slice(0, -SALVAGED.length);
  const path = join(paths.sealed, sealed);
  const isThere = (await files.stat(path)) !== undefined;
  const reason = 'some of its flushes do not hold; those that do are kept';
  const damaged = isThere ? await setAsideDamaged(files, paths, { path, reason }) : undefined;
  await moveSalvage(files, paths, sealed);
  return damaged;
}

export function isSalvage(name: string): boolean {
  return name.endsWith(SALVAGED);
}

/** Written and synced under another name first: once it has this one, the damaged folder may go out of the way. */
async function writeSalvage(
  files: SegmentFiles,
  paths: JournalPaths,
  kept: { name: string; records: readonly IndexRecord[]; about: SegmentAbout },
): Promise<void> {
  const { name, records, about } = kept;
  const temporary = join(paths.split, `${name}.tmp`);
  const [first] = records;
  await files.remove(temporary);
  await writePart(files, {
    directory: temporary,
    read: openRows(files, join(paths.sealed, name)),
    header: { day: first!.day, segmentId: '0'.repeat(32) },
    records,
  });
  await files.write(join(temporary, ABOUT_FILE), encodeAbout({ ...about, isSalvaged: true }));
  await files.syncDirectory(temporary);
  await files.rename(temporary, join(paths.split, `${name}${SALVAGED}`));
  await files.syncDirectory(paths.split);
}

async function moveSalvage(files: SegmentFiles, paths: JournalPaths, name: string): Promise<void> {
  await files.rename(join(paths.split, `${name}${SALVAGED}`), join(paths.sealed, name));
  await files.syncDirectory(paths.sealed);
  await files.syncDirectory(paths.split);
}

async function describe(files: SegmentFiles, directory: string): Promise<WaitingSegment> {
  const index = await files.stat(join(directory, INDEX_FILE));
  return readSealedSegment(files, directory, index!.modifiedMs);
}

async function inspect(files: SegmentFiles, directory: string, name: string): Promise<Inspection> {
  const identity = parseSealedName(name);
  if (identity === undefined) {
    return { fault: 'its name is not <writer>.<seq>.<day>', ...NOTHING };
  }
  try {
    return await inspectParts(files, directory, identity.day);
  } catch (error) {
    if (isUnreadable(error)) {
      const message = error instanceof Error ? error.message : String(error);
      return { fault: `it cannot be read: ${message}`, ...NOTHING };
    }
    throw error;
  }
}

async function inspectParts(
  files: SegmentFiles,
  directory: string,
  day: string,
): Promise<Inspection> {
  const indexPath = join(directory, INDEX_FILE);
  const indexBytes = (await files.stat(indexPath))?.bytes;
  if (indexBytes === undefined) {
    return { fault: 'its index is gone', ...NOTHING };
  }
  const about = await readAbout(files, directory);
  const bytes = await files.read(indexPath);
  const header = decodeHeader(bytes);
  const index = decodeRecords(bytes);
  const isIndexWhole =
    header !== undefined && index.validBytes === bytes.length && index.records.length > 0;
  let fault = isIndexWhole ? undefined : 'its index does not hold';
  if (about === undefined) {
    fault = 'its about.json does not hold';
  } else if (header !== undefined && header.day !== MIXED_DAY && dayText(header.day) !== day) {
    return { fault: `its name says ${day}, its index ${dayText(header.day)}`, ...NOTHING };
  }
  const read = openRows(files, directory);
  const records: IndexRecord[] = [];
  let end = 0;
  for (const record of [...index.records, ...index.behindDamage]) {
    const isKept = record.offset >= end && (await holds(read, record));
    if (!isKept || record.offset !== end) {
      fault ??= `its rows at offset ${record.offset} do not have the CRC of the index`;
    }
    if (isKept && dayText(record.day) === day) {
      records.push(record);
      end = record.offset + record.spanBytes + record.entryBytes;
    } else {
      end = Math.max(end, isKept ? record.offset + record.spanBytes + record.entryBytes : end);
    }
  }
  const rowsBytes = (await files.stat(join(directory, ROWS_FILE)))?.bytes ?? 0;
  if (rowsBytes !== end) {
    fault ??= `its rows are ${rowsBytes} bytes, by its index ${end}`;
  }
  return { fault, records, about };
}
