/**
 * A segment that still takes rows: of one day, or of stragglers of many days (mixed).
 * Invariant: on disk there is what was flushed and synced, or nothing of a flush that failed.
 */
import { isNoRoom } from '../disk-error.ts';
import { allDone } from './all-done.ts';
import type { FreeBlocks } from './free-blocks.ts';
import { encodeHeader, encodeRecord, MIXED_DAY } from './index-file.ts';
import type { AcceptedKeys, SegmentBlocks, StagedRows } from './pending-rows.ts';
import { PendingRows } from './pending-rows.ts';
import type { AppendFile } from './segment-files.ts';
import type { SegmentPlace } from './segment-places.ts';

/** What one flush of one segment writes. */
export interface StagedFlush {
  accepted: readonly AcceptedKeys[];
  bytes: number;
  /** Its rows cannot be encoded: it fails before the disk is touched. */
  isUnencodable: boolean;
  /** Appends and syncs. Rejects when either fails; then `revert` must follow. */
  write(): Promise<void>;
  /** Puts both files back to where they were, for good. Rejects when the disk does not let us; can be called again. */
  revert(): Promise<void>;
  /** Says that it is over, either way: the segment may be sealed again. */
  done(): void;
}

/** Measured: adding up the columns of one day costs about as much as two rows. */
const MEASURE_EVERY_ROWS = 64;

export class OpenSegment<Blocks extends SegmentBlocks> {
  readonly day: number;
  readonly openedAtMs: number;
  /** Bytes of rows.native that are on disk. */
  dataBytes = 0;
  /** Rows on disk. */
  flushedRows = 0;
  /** Rows and bytes of the flush under way: no longer pending, not yet on disk, and they count against the caps. */
  private stagedRows = 0;
  private stagedBytes = 0;
  private indexBytes = 0;
  private untilMeasured = 0;
  private isLarge = false;
  private readonly takePlace: () => Promise<SegmentPlace>;
  private readonly freeBlocks: FreeBlocks<Blocks>;
  private readonly pendingByDay = new Map<number, PendingRows<Blocks>>();
  /**
   * The rows that were handed out last: the others are counted once. What grows there all the same (the entry of a span
   * goes where its row is) is counted when it is flushed; until then the segment may look smaller than it is.
   */
  private current: PendingRows<Blocks> | undefined;
  private restRows = 0;
  private restRowsAtMost = 0;
  private isFlushing = false;
  /**
   * A sync failed: the page that old and new rows share may be lost on the disk, though it still is in memory. What was
   * acknowledged is written anew when the segment is sealed.
   */
  isSuspect = false;
  /** From the first flush on. */
  place: SegmentPlace | undefined;
  private isClosed = false;

  constructor(options: {
    day: number;
    nowMs: number;
    takePlace: () => Promise<SegmentPlace>;
    freeBlocks: FreeBlocks<Blocks>;
  }) {
    this.day = options.day;
    this.openedAtMs = options.nowMs;
    this.takePlace = options.takePlace;
    this.freeBlocks = options.freeBlocks;
  }

  get isMixed(): boolean {
    return this.day === MIXED_DAY;
  }

  /** Rows on disk, rows being written and rows that wait. */
  get rows(): number {
    return this.flushedRows + this.stagedRows + this.restRows + (this.current?.rows ?? 0);
  }

  /** As `rows`, with the charges that waiting spans may still bring. */
  get rowsAtMost(): number {
    const waiting = this.restRowsAtMost + (this.current?.rowsAtMost ?? 0);
    return this.flushedRows + this.stagedRows + waiting;
  }

  get byteLength(): number {
    let bytes = this.dataBytes;
    for (const pending of this.pendingByDay.values()) {
      bytes += pending.byteLength;
    }
    return bytes;
  }

  get hasPending(): boolean {
    return this.restRows > 0 || (this.current !== undefined && this.current.rows > 0);
  }

  /** Nothing waits and nothing is being written: it may be sealed if it takes no more rows. */
  get isSettled(): boolean {
    return !this.hasPending && !this.isFlushing;
  }

  /**
   * Whether the segment holds as many bytes as it may. Adding up every column for every row would cost more than
   * the row, so the sum is made anew every few rows.
   */
  isOverBytes(bytesMax: number): boolean {
    this.untilMeasured--;
    if (this.untilMeasured <= 0) {
      this.untilMeasured = MEASURE_EVERY_ROWS * Math.max(1, this.pendingByDay.size / 8);
      this.isLarge = this.byteLength >= bytesMax;
    }
    return this.isLarge;
  }

  /** Days that have builders. */
  get dayCount(): number {
    return this.pendingByDay.size;
  }

  hasDay(day: number): boolean {
    return this.pendingByDay.has(day);
  }

  /** Where rows of this day go until the next call. */
  rowsFor(day: number): PendingRows<Blocks> {
    if (this.current?.day === day) {
      return this.current;
    }
    let pending = this.pendingByDay.get(day);
    if (pending === undefined) {
      pending = new PendingRows(day, this.freeBlocks.take());
      this.pendingByDay.set(day, pending);
    }
    const { current } = this;
    this.restRows += (current?.rows ?? 0) - pending.rows;
    this.restRowsAtMost += (current?.rowsAtMost ?? 0) - pending.rowsAtMost;
    this.current = pending;
    return pending;
  }

  /** Takes the waiting rows out as bytes; undefined when none wait. Synchronous: rows may follow at once. */
  stage(): StagedFlush | undefined {
    if (!this.hasPending) {
      return undefined;
    }
    const staged: StagedRows[] = [];
    for (const pending of this.pendingByDay.values()) {
      const rows = pending.stage();
      if (rows !== undefined) {
        staged.push(rows);
        this.stagedRows += rows.record.spanRows + rows.record.entryRows;
        this.stagedBytes += rows.record.spanBytes + rows.record.entryBytes;
      }
    }
    if (this.isMixed) {
      // Days of stragglers rarely come back: their builders are not kept.
      this.pendingByDay.clear();
    }
    this.current = undefined;
    this.restRows = 0;
    this.restRowsAtMost = 0;
    this.isFlushing = true;
    return {
      accepted: staged.map((rows) => rows.accepted),
      bytes: this.stagedBytes,
      isUnencodable: staged.some(({ fault }) => fault !== undefined),
      write: () => this.write(staged),
      revert: () => this.revert(),
      done: () => {
        this.isFlushing = false;
      },
    };
  }

  /** All its rows are flushed, and none will follow. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const { blocks } of this.pendingByDay.values()) this.freeBlocks.giveBack(blocks);
    this.pendingByDay.clear();
    await this.place?.rowsFile.close();
    await this.place?.indexFile.close();
  }

  private async write(staged: readonly StagedRows[]): Promise<void> {
    const broken = staged.find(({ fault }) => fault !== undefined);
    if (broken !== undefined) {
      throw broken.fault;
    }
    this.place ??= await this.takePlace();
    const { id, rowsFile, indexFile } = this.place;
    const data: Buffer[] = [];
    const index: Buffer[] = [];
    if (this.indexBytes === 0) {
      index.push(encodeHeader({ day: this.day, segmentId: id }));
    }
    let offset = this.dataBytes;
    let rows = 0;
    for (const { record, spanBlock, entryBlock } of staged) {
      data.push(spanBlock, entryBlock);
      index.push(encodeRecord({ ...record, offset }));
      offset += record.spanBytes + record.entryBytes;
      rows += record.spanRows + record.entryRows;
    }
    // One after the other, and the syncs together: a file system that keeps a journal can make one entry of both.
    await allDone([rowsFile.append(data), indexFile.append(index)]);
    await allDone([this.sync(rowsFile), this.sync(indexFile)]);
    this.dataBytes = offset;
    this.indexBytes += index.reduce((sum, { length }) => sum + length, 0);
    this.flushedRows += rows;
    this.forgetStaged();
  }

  private async revert(): Promise<void> {
    this.forgetStaged();
    if (this.place === undefined) return;
    const { rowsFile, indexFile } = this.place;
    await rowsFile.truncate(this.dataBytes);
    await indexFile.truncate(this.indexBytes);
    // The cut must last: after a power loss the tail would be billed beside its resend.
    await rowsFile.sync();
    await indexFile.sync();
  }

  private async sync(file: AppendFile): Promise<void> {
    try {
      await file.sync();
    } catch (error) {
      this.isSuspect ||= !isNoRoom(error);
      throw error;
    }
  }

  private forgetStaged(): void {
    this.stagedRows = 0;
    this.stagedBytes = 0;
  }
}
