/**
 * The checkpoint of the seen-span filter: the indexes of segments that are written, kept in done/ until their keys
 * are older than what the filter may hold. Small ones are merged, so that a quiet year is not a million files.
 */
import { join } from 'node:path';
import type { IndexRecord } from './index-file.ts';
import { decodeIndex, encodeHeader, encodeRecord, KEY_BYTES, MIXED_DAY } from './index-file.ts';
import type { SeenSpans } from './seen-spans.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { freePath, INDEX_FILE, ROWS_FILE } from './segment-files.ts';

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
    const found = await files.stat(join(directory, INDEX_FILE));
    if (found !== undefined) {
      const newestUs = Number(MERGED_NAME.exec(name)?.[1] ?? Math.round(found.modifiedMs * 1000));
      folders.push({ directory, bytes: found.bytes, newestUs });
    }
  }
  return folders.sort((a, b) => a.newestUs - b.newestUs);
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
 * be written. Indexes older than what the filter can hold are removed from done/.
 */
export async function loadCheckpoint(
  files: SegmentFiles,
  paths: Pick<JournalPaths, 'done' | 'poison'>,
  seen: SeenSpans,
): Promise<void> {
  for (const name of await files.list(paths.done)) {
    // A merge that a crash cut off: its sources are still there.
    if ((await files.stat(join(paths.done, name, INDEX_FILE))) === undefined) {
      await files.remove(join(paths.done, name));
    }
  }
  const written = await removeOld(files, await listFolders(files, paths.done), seen.capacity);
  for (const { directory } of written) {
    // A crash after the move to done/ leaves the rows behind.
    await files.remove(join(directory, ROWS_FILE));
  }
  const folders = [...written, ...(await listFolders(files, paths.poison))];
  for (const { directory } of folders.sort((a, b) => a.newestUs - b.newestUs)) {
    const index = decodeIndex(await files.read(join(directory, INDEX_FILE)));
    rememberKeys(seen, index?.records ?? []);
    rememberKeys(seen, index?.behindDamage ?? []);
  }
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
  for (const { directory } of folders) {
    const index = decodeIndex(await files.read(join(directory, INDEX_FILE)));
    records.push(...(index?.records ?? []));
  }
  const header = encodeHeader({ day: MIXED_DAY, segmentId: '0'.repeat(32) });
  const bytes = Buffer.concat([header, ...joinKeys(records).map(encodeRecord)]);
  // Under another name until it is whole; only `index` counts.
  await files.makeDirectory(target);
  await files.write(join(target, `${INDEX_FILE}.tmp`), bytes);
  await files.rename(join(target, `${INDEX_FILE}.tmp`), join(target, INDEX_FILE));
  await files.syncDirectory(target);
  await files.syncDirectory(join(target, '..'));
  for (const { directory } of folders) {
    await files.remove(directory);
  }
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
