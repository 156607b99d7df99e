/**
 * Sealed segments that wait for the writer, oldest first, and where they go afterwards.
 * Invariant: a segment leaves only by `release` (every table has it) or `setAside` (refused for good).
 */
import { basename, join } from 'node:path';
import type { SealedSegment } from './sealed-segment.ts';
import { compactCheckpoint } from './seen-checkpoint.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { ROWS_FILE } from './segment-files.ts';

const COMPACT_EVERY = 64;

export class SealedQueue {
  private readonly files: SegmentFiles;
  private readonly paths: JournalPaths;
  private readonly seenCapacity: number;
  private waiting: SealedSegment[] = [];
  private readers: (() => void)[] = [];
  private releases = 0;
  private isClosed = false;
  /** Bytes of rows in the segments that wait. */
  bytes = 0;

  constructor(files: SegmentFiles, paths: JournalPaths, seenCapacity: number) {
    this.files = files;
    this.paths = paths;
    this.seenCapacity = seenCapacity;
  }

  get count(): number {
    return this.waiting.length;
  }

  get oldestMs(): number | undefined {
    return this.waiting[0]?.sealedAtMs;
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

  /** No reader gets another segment. What waits stays on disk for the next start. */
  close(): void {
    this.isClosed = true;
    this.wakeReaders();
  }

  /** ClickHouse has it in every table: the rows go, the keys stay as the filter's checkpoint. */
  async release(segment: SealedSegment): Promise<void> {
    const target = join(this.paths.done, basename(segment.directory));
    await this.files.rename(segment.directory, target);
    await this.files.remove(join(target, ROWS_FILE));
    this.drop(segment);
    this.releases++;
    if (this.releases % COMPACT_EVERY === 0) {
      await compactCheckpoint(this.files, this.paths.done, {
        capacity: this.seenCapacity,
        name: `merged-${basename(segment.directory)}`,
      });
    }
  }

  /** Keeps a refused segment apart, with the reason. Returns where it is now. */
  async setAside(segment: SealedSegment, reason: object): Promise<string> {
    const target = join(this.paths.poison, basename(segment.directory));
    await this.files.rename(segment.directory, target);
    await this.files.write(
      join(target, 'reason.json'),
      Buffer.from(JSON.stringify(reason, undefined, 2)),
    );
    this.drop(segment);
    return target;
  }

  private drop(segment: SealedSegment): void {
    this.waiting = this.waiting.filter((other) => other !== segment);
    this.bytes -= segment.dataBytes;
  }

  private wakeReaders(): void {
    const { readers } = this;
    this.readers = [];
    for (const wake of readers) {
      wake();
    }
  }
}
