/**
 * Seals segments that take no more rows: gives them their identity and hands them to the writer's queue.
 * Each step can be tried again after a failed disk; a segment is handed over once its new name is synced.
 */
import { join } from 'node:path';
import { allDone } from './all-done.ts';
import { decodeIndex, type IndexRecord, sumRecords } from './index-file.ts';
import type { OpenSegment } from './open-segment.ts';
import type { SegmentBlocks } from './pending-rows.ts';
import type { SealedQueue } from './sealed-queue.ts';
import type { SealedSegment } from './sealed-segment.ts';
import { readSealedSegment, sealedName } from './sealed-segment.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { INDEX_FILE } from './segment-files.ts';
import type { SegmentPlace } from './segment-places.ts';
import { moveReadySplit, readySplit, splitSegment } from './split-segment.ts';

export class SegmentSealer<Blocks extends SegmentBlocks> {
  private readonly files: SegmentFiles;
  private readonly paths: JournalPaths;
  private readonly queue: SealedQueue;
  private readonly writerId: string;
  private readonly nowMs: () => number;
  private batchSeq = 0;
  /** Day segments that have their new name already. */
  private readonly renamed = new WeakSet<OpenSegment<Blocks>>();
  /** New names that are not synced and handed over yet, oldest first: a disk may fail between any two steps. */
  private readonly unannounced: { directory: string; openedAtMs: number }[] = [];

  constructor(options: {
    files: SegmentFiles;
    paths: JournalPaths;
    queue: SealedQueue;
    writerId: string;
    nowMs: () => number;
  }) {
    this.files = options.files;
    this.paths = options.paths;
    this.queue = options.queue;
    this.writerId = options.writerId;
    this.nowMs = options.nowMs;
  }

  /** Seals one segment whose rows are all flushed. Rejects when the disk fails; call again later. */
  async seal(segment: OpenSegment<Blocks>): Promise<SealedSegment[]> {
    await segment.close();
    const { place } = segment;
    if (place === undefined) {
      return [];
    }
    if (segment.flushedRows === 0) {
      await this.files.remove(place.directory);
      return [];
    }
    const isRewritten = segment.isMixed || segment.isSuspect;
    await (isRewritten ? this.moveParts(segment, place) : this.moveDay(segment, place));
    return this.handOverAll();
  }

  private async moveDay(segment: OpenSegment<Blocks>, { directory }: SegmentPlace): Promise<void> {
    if (this.renamed.has(segment)) {
      return;
    }
    const target = join(this.paths.sealed, this.nextName(segment.day));
    await this.files.rename(directory, target);
    this.renamed.add(segment);
    this.unannounced.push({ directory: target, openedAtMs: segment.openedAtMs });
  }

  /** Writes the rows anew, day by day. */
  private async moveParts(
    segment: OpenSegment<Blocks>,
    { id, directory }: SegmentPlace,
  ): Promise<void> {
    const indexPath = join(directory, INDEX_FILE);
    // Without a `.ready` the split did not count yet, however far it came.
    if ((await this.files.stat(readySplit(this.paths, id))) === undefined) {
      if ((await this.files.stat(indexPath)) === undefined) {
        return;
      }
      const index = decodeIndex(await this.files.read(indexPath));
      if (index === undefined || rowsIn(index.records) !== segment.flushedRows) {
        throw new Error(`${indexPath} does not hold; the next start keeps what does`);
      }
      await splitSegment(this.files, this.paths, { id, directory, records: index.records });
    }
    await moveReadySplit(this.files, this.paths, {
      segmentId: id,
      nameFor: (day) => this.nextName(day),
      onMoved: (directory) => this.unannounced.push({ directory, openedAtMs: segment.openedAtMs }),
    });
  }

  private async handOverAll(): Promise<SealedSegment[]> {
    // Together, as a file system that keeps a journal can make one entry of both: a flush may wait behind it.
    await allDone([
      this.files.syncDirectory(this.paths.open),
      this.files.syncDirectory(this.paths.sealed),
    ]);
    const sealed: SealedSegment[] = [];
    for (let next = this.unannounced[0]; next !== undefined; next = this.unannounced[0]) {
      sealed.push(await this.handOver(next));
      this.unannounced.shift();
    }
    return sealed;
  }

  private nextName(day: number): string {
    this.batchSeq++;
    return sealedName(this.writerId, this.batchSeq, day);
  }

  private async handOver(moved: { directory: string; openedAtMs: number }): Promise<SealedSegment> {
    const { segment } = await readSealedSegment(this.files, moved.directory, this.nowMs());
    const sealed = { ...segment, openedAtMs: moved.openedAtMs, isRecovered: false };
    this.queue.add(sealed);
    return sealed;
  }
}

function rowsIn(records: readonly IndexRecord[]): number {
  const { spanRows, entryRows } = sumRecords(records);
  return spanRows + entryRows;
}
