/**
 * A segment with few large blocks instead of one for each group commit, in a file of its own that the next one takes
 * the place of: what it saves the engine is told in clickhouse/src/native/merge-blocks.ts.
 * Invariant: the journal's own file is never touched, and it is what is inserted wherever the other cannot be made.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { BlockMerger } from '@ai-cost-profiler/clickhouse/native/merge-blocks.ts';

/** Some megabytes: what is read, and what is written, stays in the processor's caches for a while. */
const ROWS_MIN = 8_192;
/** Below it there are few blocks, and reading them costs less than another file. */
const BYTES_MIN = 128 * 1024;
/** The event loop has its turn after this much work: requests wait behind it. */
const TURN_MS = 4;
const PRIVATE = 0o600;

export class LargeBlocks {
  private readonly path: string;
  private readonly merger = new BlockMerger(ROWS_MIN);
  private readonly onFault: (error: unknown) => void;
  private read = Buffer.alloc(0);

  /** `path`: the file that is written, over and over. `onFault` is told why one could not be made. */
  constructor(path: string, onFault: (error: unknown) => void) {
    this.path = path;
    this.onFault = onFault;
  }

  /** The file to insert instead of this one: of the same rows, in fewer blocks. Good until the next call. */
  async of(rowsPath: string): Promise<string> {
    try {
      const bytes = await this.readAll(rowsPath);
      if (bytes.length < BYTES_MIN) return rowsPath;
      const file = await open(this.path, 'w', PRIVATE);
      try {
        await this.writeMerged(bytes, file);
      } finally {
        await file.close();
      }
      return this.path;
    } catch (error) {
      this.onFault(error);
      return rowsPath;
    }
  }

  private async writeMerged(bytes: Buffer, file: FileHandle): Promise<void> {
    let turnStartedMs = performance.now();
    for (const block of this.merger.merge(bytes)) {
      if (block !== undefined) await file.writeFile(block);
      else if (performance.now() - turnStartedMs < TURN_MS) continue;
      else await nextTurn();
      turnStartedMs = performance.now();
    }
  }

  /** Into the same memory each time. */
  private async readAll(path: string): Promise<Buffer> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > this.read.length) this.read = Buffer.allocUnsafe(size);
      const bytes = this.read.subarray(0, size);
      for (let at = 0; at < size; ) {
        const { bytesRead } = await file.read(bytes, at, size - at, at);
        if (bytesRead === 0) throw new RangeError(`${path} ends at byte ${at} of ${size}`);
        at += bytesRead;
      }
      return bytes;
    } finally {
      await file.close();
    }
  }
}
