/**
 * A segment with few large blocks instead of one for each group commit, in a file of its own that lies there until the
 * segment is inserted: what it saves the engine is told in clickhouse/src/native/merge-blocks.ts.
 * Invariant: the journal's own file is never touched, and it is what is inserted wherever the other cannot be made.
 */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { BlockMerger } from '@ai-cost-profiler/clickhouse/native/merge-blocks.ts';

/** Some megabytes: what is read, and what is written, stays in the processor's caches for a while. */
const ROWS_MIN = 8_192;
/** Below it there are few blocks, and reading them costs less than another file. */
const BYTES_MIN = 128 * 1024;
/** Read at a time, give or take a flush: a segment may be 64 MB, and memory that is taken once is kept for the next. */
const WINDOW_BYTES = 1024 * 1024;
/** The event loop has its turn after this much work: requests wait behind it. */
const TURN_MS = 4;
const PRIVATE = 0o600;

/** What is read of a sealed segment. */
export interface SmallBlocks {
  readonly rowsPath: string;
  /** Bytes of each flush, in their order: whole blocks. */
  readonly flushBytes: readonly number[];
}

export class LargeBlocks {
  private readonly path: string;
  private readonly merger = new BlockMerger(ROWS_MIN);
  private readonly onFault: (error: unknown) => void;
  private window = Buffer.alloc(0);
  private turnStartedMs = 0;

  /** `path`: the file that is written, over and over. `onFault` is told why one could not be made. */
  constructor(path: string, onFault: (error: unknown) => void) {
    this.path = path;
    this.onFault = onFault;
  }

  /** The file to insert instead of the segment's own: of the same rows, in fewer blocks. Good until the next call. */
  async of({ rowsPath, flushBytes }: SmallBlocks): Promise<string> {
    if (sumOf(flushBytes) < BYTES_MIN) return rowsPath;
    try {
      const from = await open(rowsPath, 'r');
      try {
        const to = await open(this.path, 'w', PRIVATE);
        try {
          await this.merge(from, flushBytes, to);
        } finally {
          await to.close();
        }
      } finally {
        await from.close();
      }
      return this.path;
    } catch (error) {
      this.onFault(error);
      return rowsPath;
    }
  }

  /** Removes the file: its rows are where they belong, and what is deleted there must not outlive it here. */
  async forget(): Promise<void> {
    await rm(this.path, { force: true }).catch(this.onFault);
  }

  private async merge(
    from: FileHandle,
    flushBytes: readonly number[],
    to: FileHandle,
  ): Promise<void> {
    this.merger.begin();
    this.turnStartedMs = performance.now();
    let at = 0;
    for (const size of windowSizes(flushBytes)) {
      await this.write(this.merger.take(await this.read(from, at, size)), to);
      at += size;
    }
    const { size } = await from.stat();
    if (size !== at) throw new RangeError(`${size} bytes of rows, of which the index tells ${at}`);
    await this.write(this.merger.finish(), to);
  }

  private async write(pieces: Iterable<Buffer | undefined>, to: FileHandle): Promise<void> {
    for (const piece of pieces) {
      if (piece !== undefined) await to.writeFile(piece);
      else if (performance.now() - this.turnStartedMs < TURN_MS) continue;
      else await nextTurn();
      this.turnStartedMs = performance.now();
    }
  }

  /** Into the same memory each time. */
  private async read(file: FileHandle, from: number, size: number): Promise<Buffer> {
    if (size > this.window.length) this.window = Buffer.allocUnsafe(size);
    const bytes = this.window.subarray(0, size);
    for (let at = 0; at < size; ) {
      const { bytesRead } = await file.read(bytes, at, size - at, from + at);
      if (bytesRead === 0) throw new RangeError(`rows end at byte ${from + at} of ${from + size}`);
      at += bytesRead;
    }
    return bytes;
  }
}

/** Neighbouring flushes together, as many as fit into a window; one that is larger alone. */
function* windowSizes(flushBytes: readonly number[]): Generator<number> {
  let size = 0;
  for (const bytes of flushBytes) {
    if (size > 0 && size + bytes > WINDOW_BYTES) {
      yield size;
      size = 0;
    }
    size += bytes;
  }
  if (size > 0) yield size;
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
