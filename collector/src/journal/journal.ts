/**
 * The journal: rows are durable here before their sender is answered, and stay until ClickHouse has them.
 * Group commit: one flush serves every request that waits. There is no other way to write money.
 * Read FORMAT.md first.
 */
import { flushSegments } from './flush-segments.ts';
import { MIXED_DAY } from './index-file.ts';
import { OpenSegment } from './open-segment.ts';
import type { PendingRows, SegmentBlocks } from './pending-rows.ts';
import { recoverJournal } from './recover.ts';
import { SegmentSealer } from './seal-segments.ts';
import { SealedQueue } from './sealed-queue.ts';
import type { SealedSegment } from './sealed-segment.ts';
import { loadCheckpoint, rememberKeys } from './seen-checkpoint.ts';
import type { SeenSpans } from './seen-spans.ts';
import type { JournalPaths, SegmentFiles } from './segment-files.ts';
import { journalPaths } from './segment-files.ts';

/** Bounds of the journal; the engine's squash limits must lie above rows and bytes of a segment. */
export interface JournalLimits {
  /** Rows of both kinds in one segment. */
  segmentRowsMax: number;
  /** Bytes of rows.native in one segment, give or take the rows of one request. */
  segmentBytesMax: number;
  /** Days that have a segment of their own at a time; rows of further days share a mixed one. */
  openDaysMax: number;
  /** A segment is sealed this long after its first row. */
  sealAfterMs: number;
  /** Bytes on disk beyond which nothing more is taken. */
  journalBytesMax: number;
}

export interface JournalOptions<Blocks extends SegmentBlocks> {
  directory: string;
  files: SegmentFiles;
  limits: JournalLimits;
  seen: SeenSpans;
  createBlocks: () => Blocks;
  nowMs: () => number;
  /** 32 random hexadecimal digits. */
  randomId: () => string;
  onEvent: (event: JournalEvent) => void;
}

/** What happens in the journal, for the log and the metrics. */
export type JournalEvent =
  | { kind: 'recovered'; segments: number; tornBytes: number }
  | { kind: 'damaged'; directory: string; reason: string }
  | { kind: 'flushed'; rows: number; durationMs: number }
  | { kind: 'flush_failed'; error: unknown; isTakenBack: boolean }
  | { kind: 'sealed'; segment: SealedSegment }
  | { kind: 'seal_failed'; error: unknown };

/** Nothing was kept for sure: the sender should resend. */
export class JournalUnavailable extends Error {
  override readonly name = 'JournalUnavailable';
}

const TICK_MS = 100;
const SEAL_RETRY_MS = 1000;

export class Journal<Blocks extends SegmentBlocks> {
  /** Sealed segments, for the writer. */
  readonly queue: SealedQueue;
  /** Random for each start: no two processes, nor two copies of a data directory, share a batch. */
  readonly writerId: string;
  private readonly options: JournalOptions<Blocks>;
  private readonly paths: JournalPaths;
  private readonly sealer: SegmentSealer<Blocks>;
  private readonly openByDay = new Map<number, OpenSegment<Blocks>>();
  private closing: OpenSegment<Blocks>[] = [];
  private waiters: PromiseWithResolvers<void>[] = [];
  /** The flush under way; resolves with its error, if it fails. */
  private inFlight: Promise<unknown> = Promise.resolve();
  private running: Promise<void> | undefined;
  private isStopped = false;
  private brokenBy: unknown;
  private sealRetryAtMs = 0;
  private readonly timer: NodeJS.Timeout;

  private constructor(options: JournalOptions<Blocks>) {
    const { files, nowMs, seen } = options;
    this.options = options;
    this.paths = journalPaths(options.directory);
    this.writerId = options.randomId().slice(0, 16);
    this.queue = new SealedQueue(files, this.paths, seen.capacity);
    this.sealer = new SegmentSealer<Blocks>({
      files,
      paths: this.paths,
      queue: this.queue,
      writerId: this.writerId,
      nowMs,
    });
    this.timer = setInterval(() => void this.run(), TICK_MS);
    this.timer.unref();
  }

  /** Recovers what an earlier process left, then takes rows. Rejects when the directory cannot be used. */
  static async open<Blocks extends SegmentBlocks>(
    options: JournalOptions<Blocks>,
  ): Promise<Journal<Blocks>> {
    const journal = new Journal(options);
    const { files, seen, nowMs, onEvent } = options;
    const recovery = await recoverJournal(files, journal.paths, nowMs());
    await loadCheckpoint(files, journal.paths.done, seen);
    for (const { segment, records } of recovery.sealed) {
      rememberKeys(seen, records);
      journal.queue.add(segment);
    }
    for (const damage of recovery.damaged) {
      onEvent({ kind: 'damaged', ...damage });
    }
    const { sealed, tornBytes } = recovery;
    onEvent({ kind: 'recovered', segments: sealed.length, tornBytes });
    return journal;
  }

  /** Bytes that wait on disk for ClickHouse. */
  get bytes(): number {
    return this.segments().reduce((sum, segment) => sum + segment.dataBytes, this.queue.bytes);
  }

  /** Segments that are not sealed yet. */
  get openCount(): number {
    return this.openByDay.size + this.closing.length;
  }

  /** When the oldest row that waits came in, in milliseconds since 1970; undefined when none waits. */
  get oldestMs(): number | undefined {
    const opened = this.segments()
      .filter((segment) => segment.rows > 0)
      .map((segment) => segment.openedAtMs);
    const all = [...opened, ...(this.queue.oldestMs === undefined ? [] : [this.queue.oldestMs])];
    return all.length === 0 ? undefined : Math.min(...all);
  }

  /** Why nothing can be taken now; undefined when rows are welcome. */
  refusal(): string | undefined {
    if (this.isStopped) {
      return 'the collector is shutting down';
    }
    if (this.brokenBy !== undefined) {
      return 'the journal could not take back a failed write; restart the collector once the disk is well';
    }
    if (this.bytes > this.options.limits.journalBytesMax) {
      return 'the journal is full (--journal-bytes-max): ClickHouse does not take rows fast enough';
    }
    return undefined;
  }

  /** Where the rows of this UTC day go (days since 1970-01-01). Ask for each span: segments fill up. */
  rowsFor(day: number): PendingRows<Blocks> {
    const key = this.openByDay.has(day) || this.hasFreeDay() ? day : MIXED_DAY;
    let segment = this.openByDay.get(key);
    if (segment !== undefined && this.isFull(segment)) {
      this.retire(segment);
      segment = undefined;
    }
    if (segment === undefined) {
      const { randomId, nowMs, files, createBlocks } = this.options;
      segment = new OpenSegment<Blocks>({
        id: randomId(),
        day: key,
        parent: this.paths.open,
        nowMs: nowMs(),
        files,
        createBlocks,
      });
      this.openByDay.set(key, segment);
    }
    return segment.rowsFor(day);
  }

  /**
   * Resolves once every row appended so far is durable. Rejects with JournalUnavailable when a flush failed:
   * then what the caller appended may be resent.
   */
  async commit(): Promise<void> {
    if (this.brokenBy !== undefined) {
      throw new JournalUnavailable('the journal is out of order');
    }
    if (!this.hasPending()) {
      const error = await this.inFlight;
      if (error !== undefined) {
        throw unavailable(error);
      }
      return;
    }
    const waiter = Promise.withResolvers<void>();
    this.waiters.push(waiter);
    void this.run();
    await waiter.promise;
  }

  /** Flushes and seals everything and takes nothing more. Then `queue` holds all that is left to write. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    this.isStopped = true;
    await this.running;
    await this.run();
  }

  private segments(): OpenSegment<Blocks>[] {
    return [...this.openByDay.values(), ...this.closing];
  }

  private hasPending(): boolean {
    return this.segments().some((segment) => segment.hasPending);
  }

  private hasFreeDay(): boolean {
    const days = this.openByDay.size - (this.openByDay.has(MIXED_DAY) ? 1 : 0);
    return days < this.options.limits.openDaysMax;
  }

  private isFull(segment: OpenSegment<Blocks>): boolean {
    const { segmentRowsMax, segmentBytesMax } = this.options.limits;
    // A span brings at most one entry with it: two rows must still fit.
    return segment.rows + 2 > segmentRowsMax || segment.isOverBytes(segmentBytesMax);
  }

  /** Takes a segment out of reach of new rows; it is sealed once it is flushed. */
  private retire(segment: OpenSegment<Blocks>): void {
    if (this.openByDay.get(segment.day) === segment) {
      this.openByDay.delete(segment.day);
      this.closing.push(segment);
    }
  }

  /** Flushes until nothing waits, then seals what is due. One run at a time. */
  private run(): Promise<void> {
    this.running ??= this.runOnce().finally(() => {
      this.running = undefined;
      if (this.hasPending() && this.brokenBy === undefined) {
        void this.run();
      }
    });
    return this.running;
  }

  private async runOnce(): Promise<void> {
    while (this.hasPending() && this.brokenBy === undefined) {
      this.inFlight = this.flush();
      await this.inFlight;
    }
    await this.sealDue();
  }

  private async flush(): Promise<unknown> {
    const { waiters } = this;
    this.waiters = [];
    const startedAtMs = this.options.nowMs();
    const outcome = await flushSegments(this.segments(), this.options.seen);
    const { error, brokenBy, rows } = outcome;
    if (error === undefined) {
      const durationMs = this.options.nowMs() - startedAtMs;
      this.options.onEvent({ kind: 'flushed', rows, durationMs });
    } else {
      this.brokenBy ??= brokenBy;
      // A page that failed to sync is not tried again: such a segment is sealed with what it has.
      for (const segment of outcome.failed) {
        this.retire(segment);
      }
      const isTakenBack = brokenBy === undefined;
      this.options.onEvent({ kind: 'flush_failed', error, isTakenBack });
    }
    for (const waiter of waiters) {
      if (error === undefined) {
        waiter.resolve();
      } else {
        waiter.reject(unavailable(error));
      }
    }
    return error;
  }

  private async sealDue(): Promise<void> {
    const nowMs = this.options.nowMs();
    for (const segment of [...this.openByDay.values()]) {
      if (this.isStopped || nowMs - segment.openedAtMs >= this.options.limits.sealAfterMs) {
        this.retire(segment);
      }
    }
    // A broken journal must not give unacknowledged bytes an identity: the next start sorts them out.
    const isAllowed = this.brokenBy === undefined && nowMs >= this.sealRetryAtMs;
    while (isAllowed && this.closing.length > 0 && !this.closing[0]!.hasPending) {
      try {
        const sealed = await this.sealer.seal(this.closing[0]!);
        this.closing.shift();
        for (const segment of sealed) {
          this.options.onEvent({ kind: 'sealed', segment });
        }
      } catch (error) {
        this.sealRetryAtMs = nowMs + SEAL_RETRY_MS;
        this.options.onEvent({ kind: 'seal_failed', error });
        return;
      }
    }
  }
}

function unavailable(error: unknown): JournalUnavailable {
  const message = error instanceof Error ? error.message : String(error);
  return new JournalUnavailable(`the journal could not be written: ${message}`);
}
