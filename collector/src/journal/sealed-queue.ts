/**
 * Sealed segments that wait for the writer, oldest first, and where they go afterwards.
 * Invariant: a segment leaves only by `release` (every table has it) or `setAside` (refused for good).
 */
import { basename, join } from 'node:path';
import { ABOUT_FILE, encodeAbout, type SegmentAbout } from './about-file.ts';
import { recoverSealed } from './recover-sealed.ts';
import { ReenteredBatches } from './reentered-batches.ts';
import type { SealedSegment } from './sealed-segment.ts';
import { compactCheckpoint } from './seen-checkpoint.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { freePath, ROWS_FILE } from './segment-files.ts';
import { countSetAside, type DamagedPart, REASON_FILE, type SetAsideCounts } from './set-aside.ts';

const COMPACT_EVERY = 64;

/** Why a segment was refused, for people; and which tables hold it all the same: null where that cannot be told. */
export interface SetAsideReason {
  readonly reason: string;
  readonly writer_id: string;
  readonly batch_seq: number;
  readonly held_by: readonly string[] | null;
}

export class SealedQueue {
  private readonly files: SegmentFiles;
  private readonly paths: JournalPaths;
  private readonly seenCapacity: number;
  private readonly onCompactFailed: (error: unknown) => void;
  private readonly onDamaged: (damage: DamagedPart) => void;
  private waiting: SealedSegment[] = [];
  private readers: (() => void)[] = [];
  private releases = 0;
  private isClosed = false;
  /** What was put back from poison/ and left by `release`, until settle has looked at it. */
  readonly reentered: ReenteredBatches;
  /** Bytes of rows in the segments that wait. */
  bytes = 0;
  /** Segments that were set aside, at this start or before. */
  setAsideCounts: SetAsideCounts = { poison: 0, damaged: 0 };

  constructor(options: {
    files: SegmentFiles;
    paths: JournalPaths;
    seenCapacity: number;
    onCompactFailed: (error: unknown) => void;
    onDamaged: (damage: DamagedPart) => void;
  }) {
    this.files = options.files;
    this.paths = options.paths;
    this.seenCapacity = options.seenCapacity;
    this.onCompactFailed = options.onCompactFailed;
    this.onDamaged = options.onDamaged;
    this.reentered = new ReenteredBatches(options.files, options.paths);
  }

  get count(): number {
    return this.waiting.length;
  }

  /** When the oldest row that waits came in, in milliseconds since 1970; undefined when none waits. */
  get oldestMs(): number | undefined {
    // Not Math.min of a list: after a day without ClickHouse it is longer than a call may have arguments.
    let oldest: number | undefined;
    for (const { openedAtMs } of this.waiting) {
      oldest = oldest === undefined || openedAtMs < oldest ? openedAtMs : oldest;
    }
    return oldest;
  }

  /** Under which ids what waits is stored: what an earlier process left has others than this one. */
  get writerIds(): string[] {
    return [...new Set(this.waiting.map(({ writerId }) => writerId))];
  }

  add(segment: SealedSegment): void {
    this.waiting.push(segment);
    this.bytes += segment.dataBytes;
    this.wakeReaders();
  }

  /** The oldest segment, once there is one; undefined when the queue was closed. It stays in the queue. */
  async next(): Promise<SealedSegment | undefined> {
    while (this.waiting.length === 0 && !this.isClosed) {
      await new Promise<void>((resolve) => this.readers.push(resolve));
    }
    return this.isClosed ? undefined : this.waiting[0];
  }

  /**
   * Holds a segment that waited against its CRCs again: what was written once may have been damaged since, and must not
   * be stored. Returns what there is of it now; undefined when nothing is, and it is out of the queue.
   */
  async check(segment: SealedSegment): Promise<SealedSegment | undefined> {
    const name = basename(segment.directory);
    const { waiting, damaged } = await recoverSealed(this.files, this.paths, name);
    if (damaged === undefined) {
      return segment;
    }
    this.onDamaged(damaged);
    await this.recount();
    const { isRecovered, sealedAtMs, openedAtMs } = segment;
    const left =
      waiting === undefined
        ? undefined
        : { ...waiting.segment, isRecovered, sealedAtMs, openedAtMs };
    const at = this.waiting.indexOf(segment);
    this.drop(segment);
    if (left !== undefined) {
      this.waiting.splice(Math.max(0, at), 0, left);
      this.bytes += left.dataBytes;
    }
    return left;
  }

  /** No reader gets another segment. What waits stays on disk for the next start. */
  close(): void {
    this.isClosed = true;
    this.wakeReaders();
  }

  /**
   * ClickHouse has it in every table: the rows go, the keys stay as the filter's checkpoint. Rejects when the disk
   * fails; call again, each step can be repeated.
   */
  async release(segment: SealedSegment): Promise<void> {
    await this.reentered.note(segment);
    const target = join(this.paths.done, basename(segment.directory));
    if ((await this.files.stat(segment.directory)) !== undefined) {
      // One from a restored backup may lie there; a folder can only be renamed to a free name.
      await this.files.remove(target);
      await this.files.rename(segment.directory, target);
    }
    // The new name first: rows that are gone under the old one would look like damage at the next start.
    await this.files.syncDirectory(this.paths.done);
    await this.files.syncDirectory(this.paths.sealed);
    await this.files.remove(join(target, ROWS_FILE));
    this.drop(segment);
    this.releases++;
    if (this.releases % COMPACT_EVERY === 0) {
      await this.compact();
    }
  }

  /**
   * Keeps a refused segment apart, with the reason, and with what decides where it goes when it re-enters. Returns
   * where it is now. Can be called again like `release`.
   */
  async setAside(segment: SealedSegment, reason: SetAsideReason): Promise<string> {
    const { directory, about } = segment;
    const target = await freePath(this.files, join(this.paths.poison, basename(directory)));
    const text = JSON.stringify(reason, undefined, 2);
    await this.files.write(join(directory, REASON_FILE), Buffer.from(`${text}\n`));
    const held: SegmentAbout = {
      ...about,
      was: about.was ?? basename(directory),
      heldBy: mergeHeld(about.heldBy, reason.held_by),
    };
    await this.files.write(join(directory, ABOUT_FILE), encodeAbout(held));
    await this.files.syncDirectory(directory);
    await this.files.rename(directory, target);
    this.drop(segment);
    await this.files.syncDirectory(this.paths.poison);
    await this.files.syncDirectory(this.paths.sealed);
    await this.recount();
    return target;
  }

  /** At start: what was set aside before, and what of it was put back. */
  async load(): Promise<void> {
    await this.recount();
    await this.reentered.load();
  }

  /** Counts anew what was set aside. */
  async recount(): Promise<void> {
    this.setAsideCounts = await countSetAside(this.files, this.paths);
  }

  /** What fails here costs only room on the disk: the segment is released all the same. */
  private async compact(): Promise<void> {
    try {
      await compactCheckpoint(this.files, this.paths.done, this.seenCapacity);
    } catch (error) {
      this.onCompactFailed(error);
    }
  }

  private drop(segment: SealedSegment): void {
    const at = this.waiting.indexOf(segment);
    if (at !== -1) {
      this.waiting.splice(at, 1);
      this.bytes -= segment.dataBytes;
    }
  }

  private wakeReaders(): void {
    const { readers } = this;
    this.readers = [];
    for (const wake of readers) {
      wake();
    }
  }
}

function mergeHeld(
  before: readonly string[] | null,
  now: readonly string[] | null,
): string[] | null {
  return before === null || now === null ? null : [...new Set([...before, ...now])];
}
