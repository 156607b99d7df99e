/**
 * A sealed segment: a folder whose name is the identity of its batch, and the counts of what it holds.
 */
import { basename, join } from 'node:path';
import { readAbout, type SegmentAbout } from './about-file.ts';
import type { IndexRecord } from './index-file.ts';
import { decodeIndex, sumRecords } from './index-file.ts';
import type { SegmentFiles } from './segment-files.ts';
import { INDEX_FILE, ROWS_FILE } from './segment-files.ts';

export interface SealedSegment {
  directory: string;
  /** Absolute path of the Native blocks. */
  rowsPath: string;
  writerId: string;
  batchSeq: number;
  /** YYYY-MM-DD in UTC. */
  day: string;
  spanRows: number;
  entryRows: number;
  /** Whose rows they are; null: it does not tell of all, as a release before this one wrote it. */
  tenants: readonly string[] | null;
  dataBytes: number;
  /** Of them, the bytes of each flush, in their order. */
  flushBytes: readonly number[];
  /** When it was sealed; of one found at start, when its last row came: milliseconds since 1970. */
  sealedAtMs: number;
  /** When its oldest row came in, at the latest: milliseconds since 1970. */
  openedAtMs: number;
  /** Found at start: the process that sealed it may have sent it already. */
  isRecovered: boolean;
  /** What happened to it before, which decides what is inserted where. */
  about: SegmentAbout;
}

const NAME = /^([0-9a-f]+)\.(\d+)\.(\d{4}-\d{2}-\d{2})$/;
const MS_PER_DAY = 86_400_000;

/** Days since 1970-01-01 as YYYY-MM-DD. */
export function dayText(day: number): string {
  return new Date(day * MS_PER_DAY).toISOString().slice(0, 10);
}

export function sealedName(writerId: string, batchSeq: number, day: number): string {
  return sealedNameOf(writerId, batchSeq, dayText(day));
}

/** `day` as YYYY-MM-DD. */
export function sealedNameOf(writerId: string, batchSeq: number, day: string): string {
  return `${writerId}.${batchSeq}.${day}`;
}

/** The parts of a sealed folder's name; undefined when it is not one. */
export function parseSealedName(
  name: string,
): { writerId: string; batchSeq: number; day: string } | undefined {
  const match = NAME.exec(name);
  return match === null
    ? undefined
    : { writerId: match[1]!, batchSeq: Number(match[2]), day: match[3]! };
}

/** Describes a sealed folder by its name and its index. Throws when either is not readable. */
export async function readSealedSegment(
  files: SegmentFiles,
  directory: string,
  sealedAtMs: number,
): Promise<{ segment: SealedSegment; records: readonly IndexRecord[] }> {
  const identity = parseSealedName(basename(directory));
  const index = decodeIndex(await files.read(join(directory, INDEX_FILE)));
  const about = await readAbout(files, directory);
  if (identity === undefined || index === undefined || about === undefined) {
    throw new Error(`${directory} is not a sealed segment: its name or its index does not hold`);
  }
  const segment: SealedSegment = {
    directory,
    rowsPath: join(directory, ROWS_FILE),
    ...identity,
    ...sumRecords(index.records),
    tenants: tenantsOf(index.records),
    flushBytes: index.records.map(({ spanBytes, entryBytes }) => spanBytes + entryBytes),
    sealedAtMs,
    openedAtMs: sealedAtMs,
    isRecovered: true,
    about,
  };
  return { segment, records: index.records };
}

function tenantsOf(records: readonly IndexRecord[]): readonly string[] | null {
  if (records.some(({ tenants }) => tenants.length === 0)) return null;
  return [...new Set(records.flatMap(({ tenants }) => tenants))];
}

/** What is found came in before now, also when a clock was set back since it was sealed. */
export function sealedBy(nowMs: number, segment: SealedSegment): SealedSegment {
  const sealedAtMs = Math.min(segment.sealedAtMs, nowMs);
  return { ...segment, sealedAtMs, openedAtMs: sealedAtMs };
}
