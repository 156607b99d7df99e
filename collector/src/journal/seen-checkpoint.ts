/**
 * The checkpoint of the seen-span filter: the indexes of segments that are written, kept in done/ until their keys
 * are older than what the filter may hold. Small ones are merged, so that a quiet year is not a million files.
 */
import { join } from 'node:path';
import type { IndexRecord } from './index-file.ts';
import { decodeIndex, encodeHeader, HEADER_BYTES, KEY_BYTES, MIXED_DAY } from './index-file.ts';
import type { SeenSpans } from './seen-spans.ts';
import type { SegmentFiles } from './segment-files.ts';
import { INDEX_FILE } from './segment-files.ts';

/** Merge when done/ holds more folders than this. */
const FOLDERS_MAX = 128;
/** Folders whose index is larger are left as they are: merging them again would only copy. */
const MERGED_BYTES_MAX = 8 * 1024 * 1024;

interface DoneFolder {
  directory: string;
  bytes: number;
  modifiedMs: number;
}

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

async function listDone(files: SegmentFiles, done: string): Promise<DoneFolder[]> {
  const folders: DoneFolder[] = [];
  for (const name of await files.list(done)) {
    const directory = join(done, name);
    const found = await files.stat(join(directory, INDEX_FILE));
    if (found === undefined) {
      await files.remove(directory);
    } else {
      folders.push({ directory, ...found });
    }
  }
  return folders.sort((a, b) => a.modifiedMs - b.modifiedMs);
}

/** Fills the filter from done/ at start. Indexes older than what it can hold are removed. */
export async function loadCheckpoint(
  files: SegmentFiles,
  done: string,
  seen: SeenSpans,
): Promise<void> {
  const folders = await listDone(files, done);
  const wanted: DoneFolder[] = [];
  let keys = 0;
  for (const folder of folders.toReversed()) {
    if (keys > seen.capacity) {
      await files.remove(folder.directory);
      continue;
    }
    keys += Math.floor(folder.bytes / KEY_BYTES);
    wanted.unshift(folder);
  }
  for (const { directory } of wanted) {
    const index = decodeIndex(await files.read(join(directory, INDEX_FILE)));
    rememberKeys(seen, index?.records ?? []);
  }
}

/**
 * Merges small indexes, oldest first, into one, and removes those beyond the filter's capacity.
 * A crash between writing the merged one and removing its sources only makes keys be read twice.
 */
export async function compactCheckpoint(
  files: SegmentFiles,
  done: string,
  { capacity, name }: { capacity: number; name: string },
): Promise<void> {
  const folders = await listDone(files, done);
  if (folders.length <= FOLDERS_MAX) {
    return;
  }
  let keys = 0;
  for (const folder of folders.toReversed()) {
    if (keys > capacity) {
      await files.remove(folder.directory);
    }
    keys += Math.floor(folder.bytes / KEY_BYTES);
  }
  const small: DoneFolder[] = [];
  let bytes = 0;
  for (const folder of folders) {
    if (folder.bytes < MERGED_BYTES_MAX / 2 && bytes + folder.bytes <= MERGED_BYTES_MAX) {
      small.push(folder);
      bytes += folder.bytes;
    }
  }
  if (small.length > 1) {
    await mergeInto(files, join(done, name), small);
  }
}

async function mergeInto(
  files: SegmentFiles,
  target: string,
  folders: readonly DoneFolder[],
): Promise<void> {
  const parts: Buffer[] = [encodeHeader({ day: MIXED_DAY, segmentId: '0'.repeat(32) })];
  for (const { directory } of folders) {
    const bytes = await files.read(join(directory, INDEX_FILE));
    const index = decodeIndex(bytes);
    if (index !== undefined) {
      parts.push(bytes.subarray(HEADER_BYTES, index.validBytes));
    }
  }
  await files.makeDirectory(target);
  await files.write(join(target, INDEX_FILE), Buffer.concat(parts));
  await files.syncDirectory(target);
  for (const { directory } of folders) {
    await files.remove(directory);
  }
}
