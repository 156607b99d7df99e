/**
 * The checkpoint of the seen-span filter: the indexes of segments that are written, kept in done/ until their keys
 * are older than what the filter may hold. Small ones are merged, so that a quiet year is not a million files.
 */
import { join } from 'node:path';
import { isUnreadable } from '../disk-error.ts';
import type { IndexRecord } from './index-file.ts';
import {
  decodeHeader,
  decodeRecords,
  encodeHeader,
  encodeRecord,
  KEY_BYTES,
  MIXED_DAY,
} from './index-file.ts';
import type { SeenSpans } from './seen-spans.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { freePath, INDEX_FILE, ROWS_FILE } from './segment-files.ts';
import { type DamagedPart, setAsideDamaged } from './set-aside.ts';

/** Merge when done/ holds more folders than this. */
const FOLDERS_MAX = 128;
/** Folders whose index is larger are left as they are: merging them again would only copy. */
const MERGED_BYTES_MAX = 8 * 1024 * 1024;

/** Header and one record without keys: what a merged index, or one of a single flush, holds beside its keys. */
const OVERHEAD_BYTES = 96;
const TENANTS_MAX = 0xffff;

interface KeyFolder {
  directory: string;
  bytes: number;
  /** When its newest key was accepted, in microseconds since 1970: seals follow each other within a millisecond. */
  newestUs: number;
}

/** A merged folder is newer than its keys: their age is in its name. */
const MERGED_NAME = /^merged-(\d+)/;

/** Puts the keys of these records into the filter, oldest first. */
export function rememberKeys(seen: SeenSpans, records: readonly IndexRecord[]): void {
  for (const { tenants, keys } of records) {
    const numbers = tenants.map((tenant) => seen.tenantNumber(tenant));
    for (let at = 0; at < keys.length; at += KEY_BYTES) {
      const tenant = numbers[keys.readUInt16LE(at)];
      if (tenant !== undefined) {
        seen.check(tenant, keys, at);
      }
    }
  }
}

/** Folders with an index, oldest keys first. */
async function listFolders(files: SegmentFiles, parent: string): Promise<KeyFolder[]> {
  const folders: KeyFolder[] = [];
  for (const name of await files.list(parent)) {
    const directory = join(parent, name);
    const found = await statIndex(files, directory);
    if (typeof found === 'object') {
      const newestUs = Number(MERGED_NAME.exec(name)?.[1] ?? Math.round(found.modifiedMs * 1000));
      folders.push({ directory, bytes: found.bytes, newestUs });
    }
  }
  return folders.sort((a, b) => a.newestUs - b.newestUs);
}

type IndexStat = { bytes: number; modifiedMs: number } | undefined | 'unreadable';

async function statIndex(files: SegmentFiles, directory: string): Promise<IndexStat> {
  try {
    return await files.stat(join(directory, INDEX_FILE));
  } catch (error) {
    if (isUnreadable(error)) {
      return 'unreadable';
    }
    throw error;
  }
}

/** The records of an index that hold, and why it is not whole; undefined when it is. */
async function readKeys(
  files: SegmentFiles,
  directory: string,
): Promise<{ records: IndexRecord[]; fault: string | undefined }> {
  let bytes: Buffer;
  try {
    bytes = await files.read(join(directory, INDEX_FILE));
  } catch (error) {
    if (!isUnreadable(error)) {
      throw error;
    }
    const message = error instanceof Error ? error.message : String(error);
    return { records: [], fault: `its index cannot be read: ${message}` };
  }
  const { records, behindDamage, validBytes } = decodeRecords(bytes);
  const isWhole =
    decodeHeader(bytes) !== undefined && records.length > 0 && validBytes === bytes.length;
  return {
    records: [...records, ...behindDamage],
    fault: isWhole ? undefined : 'its index does not hold: keys of spans were lost',
  };
}

/** Removes the folders of done/ whose keys are older than what the filter can hold; returns the others. */
async function removeOld(
  files: SegmentFiles,
  folders: readonly KeyFolder[],
  capacity: number,
): Promise<KeyFolder[]> {
  const kept: KeyFolder[] = [];
  let keys = 0;
  for (const folder of folders.toReversed()) {
    if (keys >= capacity) {
      await files.remove(folder.directory);
    } else {
      keys += Math.max(1, Math.floor((folder.bytes - OVERHEAD_BYTES) / KEY_BYTES));
      kept.unshift(folder);
    }
  }
  return kept;
}

/**
 * Fills the filter at start from done/, and from poison/: what was set aside was acknowledged too, and may yet
 * be written. Indexes older than what the filter can hold are removed from done/. Returns what does not hold; its keys
 * that do are known all the same, and kept.
 */
export async function loadCheckpoint(
  files: SegmentFiles,
  paths: JournalPaths,
  seen: SeenSpans,
): Promise<DamagedPart[]> {
  const damaged = await clearDone(files, paths);
  const written = await removeOld(files, await listFolders(files, paths.done), seen.capacity);
  for (const { directory } of written) {
    // A crash after the move to done/ leaves the rows behind.
    await files.remove(join(directory, ROWS_FILE));
  }
  const folders = [...written, ...(await listFolders(files, paths.poison))];
  for (const folder of folders.sort((a, b) => a.newestUs - b.newestUs)) {
    const { records, fault } = await readKeys(files, folder.directory);
    rememberKeys(seen, records);
    if (fault !== undefined && written.includes(folder)) {
      damaged.push(await rescueKeys(files, paths, { folder, records, fault }));
    } else if (fault !== undefined) {
      damaged.push({ directory: folder.directory, reason: fault });
    }
  }
  return damaged;
}

/** Takes out of done/ what holds no keys: merges that a crash cut off, and what is damaged beyond reading. */
async function clearDone(files: SegmentFiles, paths: JournalPaths): Promise<DamagedPart[]> {
  const damaged: DamagedPart[] = [];
  for (const name of await files.list(paths.done)) {
    const path = join(paths.done, name);
    const found = await statIndex(files, path);
    if (found === undefined && MERGED_NAME.test(name)) {
      // Its sources are still there.
      await files.remove(path);
    } else if (typeof found !== 'object') {
      const reason = 'it has no index: the keys of its spans were lost';
      damaged.push(await setAsideDamaged(files, paths, { path, reason }));
    }
  }
  return damaged;
}

/** The keys that hold go into a folder of their own, before the damaged one is moved out of the way. */
async function rescueKeys(
  files: SegmentFiles,
  paths: JournalPaths,
  part: { folder: KeyFolder; records: readonly IndexRecord[]; fault: string },
): Promise<DamagedPart> {
  const { folder, records, fault: reason } = part;
  if (records.length > 0) {
    const target = await freePath(files, join(paths.done, `merged-${folder.newestUs}`));
    await writeMerged(files, target, records);
  }
  return setAsideDamaged(files, paths, { path: folder.directory, reason });
}

/**
 * Merges small indexes, oldest first, into one, and removes those beyond the filter's capacity.
 * A crash between writing the merged one and removing its sources only makes keys be read twice.
 */
export async function compactCheckpoint(
  files: SegmentFiles,
  done: string,
  capacity: number,
): Promise<void> {
  const all = await listFolders(files, done);
  if (all.length <= FOLDERS_MAX) {
    return;
  }
  const small: KeyFolder[] = [];
  let bytes = 0;
  for (const folder of await removeOld(files, all, capacity)) {
    if (folder.bytes >= MERGED_BYTES_MAX / 2) {
      continue;
    }
    if (bytes + folder.bytes > MERGED_BYTES_MAX) {
      break;
    }
    small.push(folder);
    bytes += folder.bytes;
  }
  const newest = small.at(-1);
  if (newest !== undefined && small.length > 1) {
    const target = await freePath(files, join(done, `merged-${newest.newestUs}`));
    await mergeInto(files, target, small);
  }
}

async function mergeInto(
  files: SegmentFiles,
  target: string,
  folders: readonly KeyFolder[],
): Promise<void> {
  const records: IndexRecord[] = [];
  const merged: KeyFolder[] = [];
  for (const folder of folders) {
    const found = await readKeys(files, folder.directory);
    // One that does not hold is left to the next start, which tells of it.
    if (found.fault === undefined) {
      records.push(...found.records);
      merged.push(folder);
    }
  }
  await writeMerged(files, target, records);
  for (const { directory } of merged) {
    await files.remove(directory);
  }
}

async function writeMerged(
  files: SegmentFiles,
  target: string,
  records: readonly IndexRecord[],
): Promise<void> {
  const header = encodeHeader({ day: MIXED_DAY, segmentId: '0'.repeat(32) });
  const bytes = Buffer.concat([header, ...joinKeys(records).map(encodeRecord)]);
  // Under another name until it is whole; only `index` counts.
  await files.makeDirectory(target);
  await files.write(join(target, `${INDEX_FILE}.tmp`), bytes);
  await files.rename(join(target, `${INDEX_FILE}.tmp`), join(target, INDEX_FILE));
  await files.syncDirectory(target);
  await files.syncDirectory(join(target, '..'));
}

/** The keys of many records in as few as their tenants allow: a record of one key is mostly overhead. */
function joinKeys(records: readonly IndexRecord[]): IndexRecord[] {
  const joined: IndexRecord[] = [];
  let positions = new Map<string, number>();
  let keys: Buffer[] = [];
  const close = () => {
    if (keys.length > 0) {
      joined.push({ ...NO_ROWS, tenants: [...positions.keys()], keys: Buffer.concat(keys) });
    }
    positions = new Map();
    keys = [];
  };
  for (const record of records) {
    if (positions.size + record.tenants.length > TENANTS_MAX) {
      close();
    }
    const own = Buffer.from(record.keys);
    for (let at = 0; at < own.length; at += KEY_BYTES) {
      const tenant = record.tenants[own.readUInt16LE(at)]!;
      const position = positions.get(tenant) ?? positions.size;
      positions.set(tenant, position);
      own.writeUInt16LE(position, at);
    }
    keys.push(own);
  }
  close();
  return joined;
}

const NO_ROWS = {
  day: 0,
  offset: 0,
  spanBytes: 0,
  entryBytes: 0,
  spanRows: 0,
  entryRows: 0,
  dataCrc: 0,
};
