/**
 * What the journal does at start, before anyone is answered: finish splits, cut torn tails, seal what was
 * open, and list what waits. Only bytes that were never acknowledged are lost (FORMAT.md).
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { IndexRecord } from './index-file.ts';
import { decodeHeader, decodeIndex, decodeRecords, HEADER_BYTES, MIXED_DAY } from './index-file.ts';
import type { SealedSegment } from './sealed-segment.ts';
import { parseSealedName, readSealedSegment, sealedName } from './sealed-segment.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { freePath, INDEX_FILE, ROWS_FILE } from './segment-files.ts';
import { moveReadySplit, splitSegment } from './split-segment.ts';

/** What recovery found and did, for the log. */
export interface Recovery {
  /** In the order in which they must be written: by writer, then by seq. */
  sealed: { segment: SealedSegment; records: readonly IndexRecord[] }[];
  /** Bytes cut from the ends of open segments: written, but never acknowledged. */
  tornBytes: number;
  /** Folders that do not hold, set aside with the reason. */
  damaged: { directory: string; reason: string }[];
}

export async function recoverJournal(files: SegmentFiles, paths: JournalPaths): Promise<Recovery> {
  for (const directory of Object.values(paths) as string[]) {
    await files.makeDirectory(directory);
  }
  const root = join(paths.open, '..');
  await files.syncDirectory(root);
  await files.syncDirectory(join(root, '..'));
  await finishSplits(files, paths);
  const recovery: Recovery = { sealed: [], tornBytes: 0, damaged: [] };
  for (const id of await files.list(paths.open)) {
    await recoverOpen(files, paths, { id, recovery });
  }
  await listSealed(files, paths, recovery);
  return recovery;
}

async function finishSplits(files: SegmentFiles, paths: JournalPaths): Promise<void> {
  for (const name of await files.list(paths.split)) {
    if (name.endsWith('.ready')) {
      await moveSplitOf(files, paths, name.slice(0, -'.ready'.length));
    } else {
      await files.remove(join(paths.split, name));
    }
  }
}

/** Days ascend, so that the seqs of one writer do: the watermark of a rollup is the highest seq it holds. */
async function moveSplitOf(files: SegmentFiles, paths: JournalPaths, id: string): Promise<void> {
  const nameFor = (day: number) => sealedName(id, day + 1, day);
  await moveReadySplit(files, paths, { segmentId: id, nameFor, onMoved: () => undefined });
}

async function recoverOpen(
  files: SegmentFiles,
  paths: JournalPaths,
  { id, recovery }: { id: string; recovery: Recovery },
): Promise<void> {
  const directory = join(paths.open, id);
  const found = await readOpen(files, directory);
  if (found === 'damaged') {
    await setAside(files, paths, {
      directory,
      name: id,
      reason: 'the header of its index does not hold',
      recovery,
    });
    return;
  }
  if (found.behindDamage.length > 0) {
    await salvage(files, paths, { id, directory, found, recovery });
    return;
  }
  if (found.records.length === 0) {
    await files.remove(directory);
    return;
  }
  recovery.tornBytes += await cutTail(files, directory, found);
  if (found.day === MIXED_DAY) {
    await splitSegment(files, paths, { id, directory, records: found.records });
    await moveSplitOf(files, paths, id);
    return;
  }
  await files.rename(directory, join(paths.sealed, sealedName(id, 1, found.day)));
  await files.syncDirectory(paths.open);
  await files.syncDirectory(paths.sealed);
}

/**
 * Flushes that hold lie behind one that does not: no torn tail, but a damaged disk. What holds is kept as if the
 * segment were a mixed one, and the whole is set aside for whoever can mend the rest.
 */
async function salvage(
  files: SegmentFiles,
  paths: JournalPaths,
  part: { id: string; directory: string; found: OpenContents; recovery: Recovery },
): Promise<void> {
  const { id, directory, found, recovery } = part;
  const records = [...found.records, ...found.behindDamage];
  await splitSegment(files, paths, { id, directory, records });
  const reason = `${records.length} flushes hold and are kept; at least one before the last of them does not`;
  await setAside(files, paths, { directory, name: id, reason, recovery });
  await moveSplitOf(files, paths, id);
}

interface OpenContents {
  day: number;
  /** What holds from the start on. */
  records: IndexRecord[];
  /** Where the last of `records` ends. */
  dataBytes: number;
  /** What holds behind something that does not. */
  behindDamage: IndexRecord[];
}

/** Reads an open segment as far as it holds. A folder without a first record was never acknowledged. */
async function readOpen(files: SegmentFiles, directory: string): Promise<OpenContents | 'damaged'> {
  const indexPath = join(directory, INDEX_FILE);
  const rowsPath = join(directory, ROWS_FILE);
  const rowsBytes = (await files.stat(rowsPath))?.bytes ?? 0;
  const indexBytes = (await files.stat(indexPath))?.bytes ?? 0;
  const contents: OpenContents = { day: 0, records: [], dataBytes: 0, behindDamage: [] };
  // A header that is only cut off belongs to a first flush that never finished.
  if (rowsBytes === 0 || indexBytes < HEADER_BYTES) {
    return contents;
  }
  const bytes = await files.read(indexPath);
  const header = decodeHeader(bytes);
  const { records, behindDamage } = decodeRecords(bytes);
  contents.day = header?.day ?? MIXED_DAY;
  let end = 0;
  let isWhole = header !== undefined;
  for (const record of [...records, ...behindDamage]) {
    const isKept = record.offset >= end && (await holds(files, rowsPath, record));
    isWhole &&= isKept && record.offset === end;
    if (isKept) {
      end = record.offset + record.spanBytes + record.entryBytes;
      (isWhole ? contents.records : contents.behindDamage).push(record);
      contents.dataBytes = isWhole ? end : contents.dataBytes;
    }
  }
  return header === undefined && contents.behindDamage.length === 0 ? 'damaged' : contents;
}

async function holds(files: SegmentFiles, rowsPath: string, record: IndexRecord): Promise<boolean> {
  const length = record.spanBytes + record.entryBytes;
  const data = await files.readRange(rowsPath, record.offset, length);
  return data.length === length && crc32(data) === record.dataCrc;
}

/** Cuts both files behind the last record that holds; returns how many bytes of rows that was. */
async function cutTail(
  files: SegmentFiles,
  directory: string,
  contents: OpenContents,
): Promise<number> {
  const rowsPath = join(directory, ROWS_FILE);
  const indexPath = join(directory, INDEX_FILE);
  const before = (await files.stat(rowsPath))?.bytes ?? 0;
  const raw = await files.read(indexPath);
  const indexEnd = endOfRecords(raw, contents.records.length);
  for (const [path, length] of [
    [rowsPath, contents.dataBytes],
    [indexPath, indexEnd],
  ] as const) {
    const file = await files.openAppend(path, length);
    await file.truncate(length);
    await file.close();
  }
  return before - contents.dataBytes;
}

/** Where the n-th record of an index ends. */
function endOfRecords(bytes: Buffer, count: number): number {
  let at = HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    at += 8 + bytes.readUInt32LE(at);
  }
  return at;
}

async function listSealed(
  files: SegmentFiles,
  paths: JournalPaths,
  recovery: Recovery,
): Promise<void> {
  for (const name of await files.list(paths.sealed)) {
    const directory = join(paths.sealed, name);
    const reason = await damageOf(files, directory, name);
    if (reason !== undefined) {
      await setAside(files, paths, { directory, name, reason, recovery });
      continue;
    }
    const index = await files.stat(join(directory, INDEX_FILE));
    recovery.sealed.push(await readSealedSegment(files, directory, index!.modifiedMs));
  }
  recovery.sealed.sort(
    ({ segment: a }, { segment: b }) =>
      a.writerId.localeCompare(b.writerId) || a.batchSeq - b.batchSeq,
  );
}

/** Why a sealed segment may not be written; undefined when all its CRCs hold. */
async function damageOf(
  files: SegmentFiles,
  directory: string,
  name: string,
): Promise<string | undefined> {
  const indexPath = join(directory, INDEX_FILE);
  const rowsPath = join(directory, ROWS_FILE);
  if (parseSealedName(name) === undefined) {
    return 'its name is not <writer>.<seq>.<day>';
  }
  const indexStat = await files.stat(indexPath);
  const index = indexStat === undefined ? undefined : decodeIndex(await files.read(indexPath));
  if (index === undefined || index.validBytes !== indexStat?.bytes) {
    return 'its index does not hold';
  }
  let offset = 0;
  for (const record of index.records) {
    if (record.offset !== offset || !(await holds(files, rowsPath, record))) {
      return `its rows at offset ${record.offset} do not have the CRC of the index`;
    }
    offset += record.spanBytes + record.entryBytes;
  }
  return undefined;
}

async function setAside(
  files: SegmentFiles,
  paths: JournalPaths,
  part: { directory: string; name: string; reason: string; recovery: Recovery },
): Promise<void> {
  await files.write(
    join(part.directory, 'reason.json'),
    Buffer.from(JSON.stringify({ reason: part.reason })),
  );
  const target = await freePath(files, join(paths.damaged, part.name));
  await files.rename(part.directory, target);
  await files.syncDirectory(paths.damaged);
  await files.syncDirectory(join(part.directory, '..'));
  part.recovery.damaged.push({ directory: target, reason: part.reason });
}
