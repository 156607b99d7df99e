/**
 * A segment that still takes rows: of one day, or of stragglers of many days (mixed).
 * Invariant: on disk there is what was flushed and synced, or nothing of a flush that failed.
 */
import { join } from 'node:path';
import { isNoRoom } from '../disk-error.ts';
import { encodeHeader, encodeRecord, MIXED_DAY } from './index-file.ts';
import type { AcceptedKeys, SegmentBlocks, StagedRows } from './pending-rows.ts';
import { PendingRows } from './pending-rows.ts';
import type { AppendFile, SegmentFiles } from './segment-files.ts';
import { INDEX_FILE, ROWS_FILE } from './segment-files.ts';

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
  readonly id: string;
  readonly day: number;
  readonly directory: string;
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
  private readonly files: SegmentFiles;
  private readonly createBlocks: () => Blocks;
  private readonly pendingByDay = new Map<number, PendingRows<Blocks>>();
  /**
   * The rows that were handed out last: the others are counted once. What grows there all the same (the entry of a span
   * goes where its row is) is counted when it is flushed; until then the segment may look smaller than it is.
   */
  private current: PendingRows<Blocks> | undefined;
  private restRows = 0;
  private isFlushing = false;
  /**
   * A sync failed: the page that old and new rows share may be lost on the disk, though it still is in memory. What was
   * acknowledged is written anew when the segment is sealed.
   */
  isSuspect = false;
  private areNamesSynced = false;
  private rowsFile: AppendFile | undefined;
  private indexFile: AppendFile | undefined;

  constructor(options: {
    id: string;
    day: number;
    parent: string;
    nowMs: number;
    files: SegmentFiles;
    createBlocks: () => Blocks;
  }) {
    this.id = options.id;
    this.day = options.day;
    this.directory = join(options.parent, options.id);
    this.openedAtMs = options.nowMs;
    this.files = options.files;
    this.createBlocks = options.createBlocks;
  }

  get isMixed(): boolean {
    return this.day === MIXED_DAY;
  }

  /** Rows on disk, rows being written and rows that wait. */
  get rows(): number {
    return this.flushedRows + this.stagedRows + this.restRows + (this.current?.rows ?? 0);
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
      pending = new PendingRows(day, this.createBlocks());
      this.pendingByDay.set(day, pending);
    }
    const { current } = this;
    this.restRows += (current?.rows ?? 0) - pending.rows;
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

  async close(): Promise<void> {
    const { rowsFile, indexFile } = this;
    this.rowsFile = undefined;
    this.indexFile = undefined;
    await rowsFile?.close();
    await indexFile?.close();
  }

  private async write(staged: readonly StagedRows[]): Promise<void> {
    const broken = staged.find(({ fault }) => fault !== undefined);
    if (broken !== undefined) {
      throw broken.fault;
    }
    const data: Buffer[] = [];
    const index: Buffer[] = [];
    if (this.indexBytes === 0) {
      index.push(encodeHeader({ day: this.day, segmentId: this.id }));
    }
    let offset = this.dataBytes;
    let rows = 0;
    for (const { record, spanBlock, entryBlock } of staged) {
      data.push(spanBlock, entryBlock);
      index.push(encodeRecord({ ...record, offset }));
      offset += record.spanBytes + record.entryBytes;
      rows += record.spanRows + record.entryRows;
    }
    await this.openFiles();
    // All have ended, either way, before anything is taken back: a late write would land behind the cut.
    const written = await Promise.allSettled([
      this.appendAndSync(this.rowsFile!, data),
      this.appendAndSync(this.indexFile!, index),
      this.syncNames(),
    ]);
    for (const outcome of written) {
      if (outcome.status === 'rejected') {
        throw outcome.reason;
      }
    }
    this.dataBytes = offset;
    this.indexBytes += index.reduce((sum, { length }) => sum + length, 0);
    this.flushedRows += rows;
    this.forgetStaged();
  }

  private async revert(): Promise<void> {
    this.forgetStaged();
    await this.rowsFile?.truncate(this.dataBytes);
    await this.indexFile?.truncate(this.indexBytes);
    // The cut must last: after a power loss the tail would be billed beside its resend.
    await this.rowsFile?.sync();
    await this.indexFile?.sync();
  }

  private async appendAndSync(file: AppendFile, pieces: readonly Buffer[]): Promise<void> {
    await file.append(pieces);
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

  private async openFiles(): Promise<void> {
    if (this.rowsFile === undefined) {
      await this.files.makeDirectory(this.directory);
      this.rowsFile = await this.files.openAppend(join(this.directory, ROWS_FILE), 0);
    }
    this.indexFile ??= await this.files.openAppend(join(this.directory, INDEX_FILE), 0);
  }

  /** Beside what the files hold, not before it: whoever waits waits for one turn of the disk. */
  private async syncNames(): Promise<void> {
    if (this.areNamesSynced) return;
    const { files, directory } = this;
    await Promise.all([files.syncDirectory(directory), files.syncDirectory(join(directory, '..'))]);
    this.areNamesSynced = true;
  }
}
