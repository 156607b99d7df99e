/**
 * A segment that still takes rows: of one day, or of stragglers of many days (mixed).
 * Invariant: on disk there is what was flushed and synced, or nothing of a flush that failed.
 */
import { join } from 'node:path';
import { encodeHeader, encodeRecord, MIXED_DAY } from './index-file.ts';
import type { AcceptedKeys, SegmentBlocks, StagedRows } from './pending-rows.ts';
import { PendingRows } from './pending-rows.ts';
import type { AppendFile, SegmentFiles } from './segment-files.ts';
import { INDEX_FILE, ROWS_FILE } from './segment-files.ts';

/** What one flush of one segment writes. */
export interface StagedFlush {
  accepted: readonly AcceptedKeys[];
  /** Appends and syncs. Rejects when either fails; then `revert` must follow. */
  write(): Promise<void>;
  /** Puts both files back to where they were. Rejects when the disk does not let us. */
  revert(): Promise<void>;
}

const MEASURE_EVERY_ROWS = 32;

export class OpenSegment<Blocks extends SegmentBlocks> {
  readonly id: string;
  readonly day: number;
  readonly directory: string;
  readonly openedAtMs: number;
  /** Bytes of rows.native that are on disk. */
  dataBytes = 0;
  /** Rows on disk. */
  flushedRows = 0;
  private indexBytes = 0;
  private untilMeasured = 0;
  private isLarge = false;
  private readonly files: SegmentFiles;
  private readonly createBlocks: () => Blocks;
  private readonly pendingByDay = new Map<number, PendingRows<Blocks>>();
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

  /** Rows on disk and rows that wait. */
  get rows(): number {
    let rows = this.flushedRows;
    for (const pending of this.pendingByDay.values()) {
      rows += pending.rows;
    }
    return rows;
  }

  get byteLength(): number {
    let bytes = this.dataBytes;
    for (const pending of this.pendingByDay.values()) {
      bytes += pending.byteLength;
    }
    return bytes;
  }

  /**
   * Whether the segment holds as many bytes as it may. Adding up every column for every row would cost more than
   * the row, so the sum is made anew every few rows.
   */
  isOverBytes(bytesMax: number): boolean {
    this.untilMeasured--;
    if (this.untilMeasured <= 0) {
      this.untilMeasured = MEASURE_EVERY_ROWS;
      this.isLarge = this.byteLength >= bytesMax;
    }
    return this.isLarge;
  }

  get hasPending(): boolean {
    for (const pending of this.pendingByDay.values()) {
      if (pending.rows > 0) {
        return true;
      }
    }
    return false;
  }

  /** Where rows of this day go until the next flush. */
  rowsFor(day: number): PendingRows<Blocks> {
    let pending = this.pendingByDay.get(day);
    if (pending === undefined) {
      pending = new PendingRows(day, this.createBlocks());
      this.pendingByDay.set(day, pending);
    }
    return pending;
  }

  /** Takes the waiting rows out as bytes; undefined when none wait. Synchronous: rows may follow at once. */
  stage(): StagedFlush | undefined {
    const staged: StagedRows[] = [];
    for (const pending of this.pendingByDay.values()) {
      const rows = pending.stage();
      if (rows !== undefined) {
        staged.push(rows);
      }
    }
    if (staged.length === 0) {
      return undefined;
    }
    return {
      accepted: staged.map((rows) => rows.accepted),
      write: () => this.write(staged),
      revert: () => this.revert(),
    };
  }

  async close(): Promise<void> {
    await this.rowsFile?.close();
    await this.indexFile?.close();
    this.rowsFile = undefined;
    this.indexFile = undefined;
  }

  private async write(staged: readonly StagedRows[]): Promise<void> {
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
    const indexRecords = Buffer.concat(index);
    await Promise.all([
      appendAndSync(this.rowsFile!, Buffer.concat(data)),
      appendAndSync(this.indexFile!, indexRecords),
    ]);
    this.dataBytes = offset;
    this.indexBytes += indexRecords.length;
    this.flushedRows += rows;
  }

  private async revert(): Promise<void> {
    await this.rowsFile?.truncate(this.dataBytes);
    await this.indexFile?.truncate(this.indexBytes);
  }

  private async openFiles(): Promise<void> {
    if (this.rowsFile !== undefined && this.indexFile !== undefined) {
      return;
    }
    await this.files.makeDirectory(this.directory);
    this.rowsFile = await this.files.openAppend(join(this.directory, ROWS_FILE), 0);
    this.indexFile = await this.files.openAppend(join(this.directory, INDEX_FILE), 0);
    await this.files.syncDirectory(this.directory);
    await this.files.syncDirectory(join(this.directory, '..'));
  }
}

async function appendAndSync(file: AppendFile, bytes: Buffer): Promise<void> {
  await file.append(bytes);
  await file.sync();
}
