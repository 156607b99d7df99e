/**
 * A disk that failed a write: nothing more is taken until it works again, and the journal finds that out by itself.
 * Invariant: rows are taken again only when every flush that failed is cut off for good (a tail that came back after a
 * power loss would be billed beside its resend), and as much could be written as the flush that failed had.
 */
import { join } from 'node:path';
import { revertFlush } from './flush-segments.ts';
import type { StagedFlush } from './open-segment.ts';
import type { SeenSpans } from './seen-spans.ts';
import type { SegmentFiles } from './segment-files.ts';

const TRY_EVERY_MS = 1_000;
const PROBE_BYTES_MIN = 64 * 1024;
const PROBE_BYTES_MAX = 64 * 1024 * 1024;
const PROBE_FILE = 'probe';
/** The embedded engine mostly shares the disk: without room it cannot take what waits, which would stay for ever. */
const RESERVE_BYTES_MAX = 256 * 1024 * 1024;
/** Of a small disk. */
const RESERVE_SHARE = 0.05;

export class DiskTrouble {
  private readonly files: SegmentFiles;
  private readonly directory: string;
  private readonly probePath: string;
  private readonly seen: SeenSpans;
  private readonly nowMs: () => number;
  private error: unknown;
  private stuck: StagedFlush[] = [];
  private probeBytes = 0;
  private triedAtMs = Number.NEGATIVE_INFINITY;
  private trying: Promise<boolean> | undefined;
  private lookedAtMs = Number.NEGATIVE_INFINITY;
  /** What is free, where that is too little. */
  private shortBytes: number | undefined;

  constructor(options: {
    files: SegmentFiles;
    directory: string;
    seen: SeenSpans;
    nowMs: () => number;
  }) {
    this.files = options.files;
    this.directory = options.directory;
    this.probePath = join(options.directory, PROBE_FILE);
    this.seen = options.seen;
    this.nowMs = options.nowMs;
  }

  /** Bytes that were never acknowledged lie in a segment: nothing may be flushed or sealed. */
  get isStuck(): boolean {
    return this.stuck.length > 0;
  }

  /** Why nothing can be taken now; undefined while all is well. */
  get refusal(): string | undefined {
    if (this.error === undefined) {
      return this.shortBytes === undefined
        ? undefined
        : `only ${this.shortBytes} bytes are free on the disk of the journal, which ClickHouse may need to take what waits: make room`;
    }
    const message = this.error instanceof Error ? this.error.message : String(this.error);
    return `the disk of the journal takes nothing (${message}); it is tried again every second`;
  }

  /** A flush failed; `stuck` could not be taken back. */
  add(trouble: { error: unknown; stuck: readonly StagedFlush[]; bytes: number }): void {
    this.error = trouble.error;
    this.stuck.push(...trouble.stuck);
    this.probeBytes = Math.max(this.probeBytes, trouble.bytes);
  }

  /** Tries the disk, unless it did so a moment ago. Resolves with true when it is well again. */
  tryAgain(): Promise<boolean> {
    this.lookForRoom();
    const isDue = this.nowMs() - this.triedAtMs >= TRY_EVERY_MS;
    if (this.error === undefined || (this.trying === undefined && !isDue)) {
      return Promise.resolve(false);
    }
    this.trying ??= this.tryNow().finally(() => {
      this.trying = undefined;
    });
    return this.trying;
  }

  private lookForRoom(): void {
    const { files, directory } = this;
    if (files.space === undefined || this.nowMs() - this.lookedAtMs < TRY_EVERY_MS) {
      return;
    }
    this.lookedAtMs = this.nowMs();
    const note = ({ freeBytes, totalBytes }: { freeBytes: number; totalBytes: number }) => {
      const reserve = Math.min(RESERVE_BYTES_MAX, totalBytes * RESERVE_SHARE);
      this.shortBytes = freeBytes < reserve ? freeBytes : undefined;
    };
    // A disk that does not tell is found out by the next write.
    files.space(directory).then(note, () => undefined);
  }

  /** At the end of the journal: takes back what can be. */
  async takeBack(): Promise<void> {
    await this.trying;
    await this.revertStuck();
  }

  private async tryNow(): Promise<boolean> {
    this.triedAtMs = this.nowMs();
    if (!(await this.revertStuck())) {
      return false;
    }
    try {
      const bytes = Math.min(PROBE_BYTES_MAX, Math.max(PROBE_BYTES_MIN, this.probeBytes));
      await this.files.write(this.probePath, Buffer.alloc(bytes));
    } catch (error) {
      this.error = error;
      await this.removeProbe();
      return false;
    }
    await this.removeProbe();
    this.error = undefined;
    this.probeBytes = 0;
    return true;
  }

  private async removeProbe(): Promise<void> {
    // One that stays is in nobody's way: the next one is written over it.
    await this.files.remove(this.probePath).catch(() => undefined);
  }

  private async revertStuck(): Promise<boolean> {
    for (let [first] = this.stuck; first !== undefined; [first] = this.stuck) {
      try {
        await revertFlush(first, this.seen);
      } catch (error) {
        this.error = error;
        return false;
      }
      this.stuck.shift();
    }
    return true;
  }
}
