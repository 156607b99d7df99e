/**
 * Seals segments that take no more rows: gives them their identity and hands them to the writer's queue.
 * Each step can be tried again after a failed disk; a segment is handed over once its new name is synced.
 */
import { join } from 'node:path';
import { decodeIndex } from './index-file.ts';
import type { OpenSegment } from './open-segment.ts';
import type { SegmentBlocks } from './pending-rows.ts';
import type { SealedQueue } from './sealed-queue.ts';
import type { SealedSegment } from './sealed-segment.ts';
import { readSealedSegment, sealedName } from './sealed-segment.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { INDEX_FILE } from './segment-files.ts';
import { moveReadySplit, splitSegment } from './split-segment.ts';

export class SegmentSealer<Blocks extends SegmentBlocks> {
  private readonly files: SegmentFiles;
  private readonly paths: JournalPaths;
  private readonly queue: SealedQueue;
  private readonly writerId: string;
  private readonly nowMs: () => number;
  private batchSeq = 0;
  /** Where a segment was renamed to, while the names are not synced yet. */
  private readonly renamed = new Map<OpenSegment<Blocks>, string>();

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
    if (segment.flushedRows === 0) {
      await this.files.remove(segment.directory);
      return [];
    }
    return segment.isMixed ? this.sealMixed(segment) : [await this.sealDay(segment)];
  }

  private async sealDay(segment: OpenSegment<Blocks>): Promise<SealedSegment> {
    let target = this.renamed.get(segment);
    if (target === undefined) {
      target = join(this.paths.sealed, this.nextName(segment.day));
      await this.files.rename(segment.directory, target);
      this.renamed.set(segment, target);
    }
    await this.files.syncDirectory(this.paths.open);
    await this.files.syncDirectory(this.paths.sealed);
    const sealed = await this.handOver(target);
    this.renamed.delete(segment);
    return sealed;
  }

  private async sealMixed(segment: OpenSegment<Blocks>): Promise<SealedSegment[]> {
    const indexPath = join(segment.directory, INDEX_FILE);
    if ((await this.files.stat(indexPath)) !== undefined) {
      const index = decodeIndex(await this.files.read(indexPath));
      if (index === undefined) {
        throw new Error(`${indexPath} does not hold`);
      }
      const { id, directory } = segment;
      await splitSegment(this.files, this.paths, { id, directory, records: index.records });
    }
    const sealed: SealedSegment[] = [];
    await moveReadySplit(this.files, this.paths, {
      segmentId: segment.id,
      nameFor: (day) => this.nextName(day),
      onMoved: async (target) => {
        sealed.push(await this.handOver(target));
      },
    });
    return sealed;
  }

  private nextName(day: number): string {
    this.batchSeq++;
    return sealedName(this.writerId, this.batchSeq, day);
  }

  private async handOver(directory: string): Promise<SealedSegment> {
    const { segment } = await readSealedSegment(this.files, directory, this.nowMs());
    const sealed = { ...segment, isRecovered: false };
    this.queue.add(sealed);
    return sealed;
  }
}
