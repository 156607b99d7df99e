/**
 * Open segments at start: the torn tail is cut, what holds is sealed under the segment's own id. Only bytes that were
 * never acknowledged are lost, unless the disk damaged some: then all that holds is kept, and the rest is set aside. So
 * is a last flush of which nobody can tell.
 */
import { join } from 'node:path';
import { isUnreadable } from '../disk-error.ts';
import type { IndexRecord } from './index-file.ts';
import { decodeHeader, decodeRecords, HEADER_BYTES, MIXED_DAY } from './index-file.ts';
import { keepTail } from './keep-tail.ts';
import { holds, openRows } from './read-rows.ts';
import { sealedName } from './sealed-segment.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { INDEX_FILE, ROWS_FILE } from './segment-files.ts';
import { type DamagedPart, setAsideDamaged } from './set-aside.ts';
import { moveReadySplit, splitSegment } from './split-segment.ts';

/** What became of one open segment. */
interface RecoveredOpen {
  tornBytes: number;
  damaged: DamagedPart | undefined;
}

export async function recoverOpen(
  files: SegmentFiles,
  paths: JournalPaths,
  id: string,
): Promise<RecoveredOpen> {
  const directory = join(paths.open, id);
  const setAside = async (reason: string) => ({
    tornBytes: 0,
    damaged: await setAsideDamaged(files, paths, { path: directory, reason }),
  });
  const found = await readOpen(files, directory);
  if (typeof found === 'string') {
    return setAside(found);
  }
  const { records, behindDamage } = found;
  if (behindDamage.length > 0 || found.isDamaged) {
    const kept = [...records, ...behindDamage];
    const reason = `${kept.length} flushes hold and are kept; at least one before the last of them does not`;
    if (kept.length === 0) {
      return setAside('none of its flushes holds, and more than the last was acknowledged');
    }
    // What holds is kept as if the segment were a mixed one; the whole is for whoever can mend the rest.
    await splitSegment(files, paths, { id, directory, records: kept });
    const damage = await setAside(reason);
    await moveSplitOf(files, paths, id);
    return damage;
  }
  const damaged =
    found.lost.length > 0 ? await keepTail(files, paths, { id, ...found }) : undefined;
  if (records.length === 0) {
    await files.remove(directory);
    return { tornBytes: found.tornBytes, damaged };
  }
  await cutTail(files, directory, found);
  if (found.day === MIXED_DAY) {
    await splitSegment(files, paths, { id, directory, records });
    await moveSplitOf(files, paths, id);
  } else {
    await files.rename(directory, join(paths.sealed, sealedName(id, 1, found.day)));
    await files.syncDirectory(paths.open);
    await files.syncDirectory(paths.sealed);
  }
  return { tornBytes: found.tornBytes, damaged };
}

/** Days ascend, so that the seqs of one writer do: the watermark of a rollup is the highest seq it holds. */
export async function moveSplitOf(
  files: SegmentFiles,
  paths: JournalPaths,
  id: string,
): Promise<void> {
  const nameFor = (day: number) => sealedName(id, day + 1, day);
  await moveReadySplit(files, paths, { segmentId: id, nameFor, onMoved: () => undefined });
}

interface OpenContents {
  day: number;
  /** What holds from the start on. */
  records: IndexRecord[];
  /** Where the last of `records` ends, in the rows and in the index. */
  dataBytes: number;
  indexBytes: number;
  /** Bytes of both files behind them. */
  tornBytes: number;
  /** Records that hold, of rows behind `dataBytes` that do not. */
  lost: IndexRecord[];
  /** One of the flushes that do not hold was acknowledged: the next one had begun. */
  isDamaged: boolean;
  /** What holds behind something that does not. */
  behindDamage: IndexRecord[];
}

/** Reads an open segment as far as it holds; a text says why it must be set aside. */
async function readOpen(files: SegmentFiles, directory: string): Promise<OpenContents | string> {
  try {
    return await readContents(files, directory);
  } catch (error) {
    if (isUnreadable(error)) {
      return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
    throw error;
  }
}

/** A folder without a first record was never acknowledged. */
async function readContents(
  files: SegmentFiles,
  directory: string,
): Promise<OpenContents | string> {
  const indexPath = join(directory, INDEX_FILE);
  const rowsBytes = (await files.stat(join(directory, ROWS_FILE)))?.bytes ?? 0;
  const indexBytes = (await files.stat(indexPath))?.bytes ?? 0;
  const nothing = { day: 0, dataBytes: 0, indexBytes: 0, lost: [], isDamaged: false };
  // A header that is only cut off belongs to a first flush that never finished.
  if (indexBytes < HEADER_BYTES) {
    return { ...nothing, tornBytes: rowsBytes + indexBytes, records: [], behindDamage: [] };
  }
  const bytes = await files.read(indexPath);
  const header = decodeHeader(bytes);
  const { records, behindDamage } = decodeRecords(bytes);
  const contents: OpenContents = { ...nothing, tornBytes: 0, records: [], behindDamage: [] };
  contents.day = header?.day ?? MIXED_DAY;
  const read = openRows(files, directory);
  let end = 0;
  let isWhole = header !== undefined;
  for (const record of [...records, ...behindDamage]) {
    const isKept = record.offset >= end && (await holds(read, record));
    isWhole &&= isKept && record.offset === end;
    if (isKept) {
      end = record.offset + record.spanBytes + record.entryBytes;
      (isWhole ? contents.records : contents.behindDamage).push(record);
      contents.dataBytes = isWhole ? end : contents.dataBytes;
    }
  }
  contents.indexBytes = endOfRecords(bytes, contents.records.length);
  contents.tornBytes = rowsBytes - contents.dataBytes + bytes.length - contents.indexBytes;
  // Each flush of a day is one record, and begins when the one before is durable; a mixed one has several.
  contents.lost = records.slice(contents.records.length);
  contents.isDamaged = contents.day !== MIXED_DAY && contents.lost.length > 1;
  return header === undefined && contents.behindDamage.length === 0
    ? 'the header of its index does not hold'
    : contents;
}

/** Cuts both files behind the last record that holds. */
async function cutTail(
  files: SegmentFiles,
  directory: string,
  { dataBytes, indexBytes }: OpenContents,
): Promise<void> {
  for (const [name, length] of [
    [ROWS_FILE, dataBytes],
    [INDEX_FILE, indexBytes],
  ] as const) {
    const file = await files.openAppend(join(directory, name), length);
    await file.truncate(length);
    // A tail that came back after a power loss would be taken for rows of a sealed segment.
    await file.sync();
    await file.close();
  }
}

/** Where the n-th record of an index ends. */
function endOfRecords(bytes: Buffer, count: number): number {
  let at = HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    at += 8 + bytes.readUInt32LE(at);
  }
  return at;
}
