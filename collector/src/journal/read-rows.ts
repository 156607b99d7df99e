/**
 * Reads the rows of a segment and holds them against the CRCs of its index. Invariant: what a disk cannot read does not
 * hold, and neither does what it reads with another CRC; a large flush never keeps the event loop busy as a whole.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { isUnreadable } from '../disk-error.ts';
import type { IndexRecord } from './index-file.ts';
import type { SegmentFiles } from './segment-files.ts';
import { ROWS_FILE } from './segment-files.ts';

/** About 2 ms of CRC. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/** Bytes of the rows from `offset`; fewer than `length` where they end. */
export type ReadRows = (offset: number, length: number) => Promise<Buffer>;

export function openRows(files: SegmentFiles, directory: string): ReadRows {
  const path = join(directory, ROWS_FILE);
  return (offset, length) => files.readRange(path, offset, length);
}

/** Whether the rows of a flush are what was written. Rejects when the disk as a whole cannot be used. */
export async function holds(read: ReadRows, record: IndexRecord): Promise<boolean> {
  try {
    return (await crcOf(read, record)) === record.dataCrc;
  } catch (error) {
    if (isUnreadable(error)) {
      return false;
    }
    throw error;
  }
}

/** The CRC of a flush's rows; undefined when they are cut off. */
async function crcOf(read: ReadRows, record: IndexRecord): Promise<number | undefined> {
  const end = record.offset + record.spanBytes + record.entryBytes;
  let crc = 0;
  for (let at = record.offset; at < end; at += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, end - at);
    const bytes = await read(at, length);
    if (bytes.length !== length) {
      return undefined;
    }
    crc = crc32(bytes, crc);
  }
  return crc;
}

/** The rows of a flush. Rejects when they do not hold: they must not go anywhere. */
export async function readHeld(read: ReadRows, record: IndexRecord): Promise<Buffer> {
  const length = record.spanBytes + record.entryBytes;
  const bytes = await read(record.offset, length);
  if (bytes.length !== length || crc32(bytes) !== record.dataCrc) {
    throw new Error(`rows at offset ${record.offset} do not have the CRC of the index`);
  }
  return bytes;
}
