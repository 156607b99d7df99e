/**
 * The journal: rows are durable here before their sender is answered, and stay until ClickHouse has them.
 * Group commit: one flush serves every request that waits. There is no other way to write money.
 * Read FORMAT.md first.
 */
import { systemTimers } from '../timers.ts';
import { DiskTrouble } from './disk-trouble.ts';
import { flushSegments } from './flush-segments.ts';
import { FreeBlocks } from './free-blocks.ts';
import type { JournalOptions } from './journal-options.ts';
import { answer, JournalUnavailable, unavailable } from './journal-unavailable.ts';
import { OpenSegment } from './open-segment.ts';
import { OpenSegments } from './open-segments.ts';
import type { PendingRows, SegmentBlocks } from './pending-rows.ts';
import { listSetAside, reenter, type SetAsidePart } from './poison.ts';
import { recoverJournal } from './recover.ts';
import { SegmentSealer } from './seal-segments.ts';
import { SealTurn } from './seal-turn.ts';
import { SealedQueue } from './sealed-queue.ts';
import { sealedBy } from './sealed-segment.ts';
import { loadCheckpoint, rememberKeys } from './seen-checkpoint.ts';
import { type JournalPaths, journalPaths } from './segment-files.ts';
import { SegmentPlaces } from './segment-places.ts';

const TICK_MS = 100;
const SEAL_RETRY_MS = 1000;
/** A long request is flushed while the rest of it is read; one that is only somewhat longer than a turn, once. */
const PART_WAITS_MS = 10;
/** With this many segments waiting, sealing by age only makes more and smaller inserts: they fill up instead. */
const BACKLOG_SEGMENTS = 16;

export class Journal<Blocks extends SegmentBlocks> {
  /** Sealed segments, for the writer. */
  readonly queue: SealedQueue;
  /** Random for each start: no two processes, nor two copies of a data directory, share a batch. */
  readonly writerId: string;
  private readonly options: JournalOptions<Blocks>;
  private readonly paths: JournalPaths;
  private readonly sealer: SegmentSealer<Blocks>;
  private readonly places: SegmentPlaces;
  private readonly open: OpenSegments<Blocks>;
  /** Flushes that failed since the start: whoever appends over several turns may have missed the one of its rows. */
  failedFlushes = 0;
  private waiters: PromiseWithResolvers<void>[] = [];
  /** When the oldest request that waits for a flush began to, and that of the flush under way. */
  private waitingSinceMs: number | undefined;
  private flushingSinceMs: number | undefined;
  /** The flush under way; resolves with its error, if it fails. */
  private inFlight: Promise<unknown> = Promise.resolve();
  private flushing: Promise<void> | undefined;
  readonly sealing = new SealTurn();
  private isStopped = false;
  private readonly trouble: DiskTrouble;
  private sealRetryAtMs = 0;
  private stopTicks: () => void = () => undefined;

  private constructor(options: JournalOptions<Blocks>) {
    const { files, nowMs, seen, randomId, createBlocks, onEvent } = options;
    this.options = options;
    this.paths = journalPaths(options.directory);
    this.writerId = randomId().slice(0, 16);
    this.queue = new SealedQueue({
      files,
      paths: this.paths,
      seenCapacity: seen.capacity,
      onCompactFailed: (error) => onEvent({ kind: 'compact_failed', error }),
      onDamaged: (damage) => onEvent({ kind: 'damaged', ...damage }),
    });
    const { paths, queue, writerId } = this;
    this.trouble = new DiskTrouble({ files, directory: options.directory, seen, nowMs });
    this.sealer = new SegmentSealer<Blocks>({ files, paths, queue, writerId, nowMs });
    this.places = new SegmentPlaces({ files, openPath: paths.open, randomId });
    const more = { takePlace: () => this.places.take(), freeBlocks: new FreeBlocks(createBlocks) };
    this.open = new OpenSegments<Blocks>(options.limits, (day) => {
      return new OpenSegment<Blocks>({ day, nowMs: nowMs(), ...more });
    });
  }

  /** Recovers what an earlier process left, then takes rows. Rejects when the directory cannot be used. */
  static async open<Blocks extends SegmentBlocks>(
    options: JournalOptions<Blocks>,
  ): Promise<Journal<Blocks>> {
    const journal = new Journal(options);
    const { files, seen, onEvent } = options;
    const recovery = await recoverJournal(files, journal.paths);
    recovery.damaged.push(...(await loadCheckpoint(files, journal.paths, seen)));
    // Beyond its capacity the filter forgets what came first, and ids say nothing about age.
    const byAge = recovery.sealed.toSorted((a, b) => a.segment.sealedAtMs - b.segment.sealedAtMs);
    for (const { records } of byAge) rememberKeys(seen, records);
    for (const { segment } of recovery.sealed) {
      journal.queue.add(sealedBy(options.nowMs(), segment));
    }
    for (const damage of recovery.damaged) onEvent({ kind: 'damaged', ...damage });
    await journal.queue.load();
    onEvent({ kind: 'recovered', segments: recovery.sealed.length, tornBytes: recovery.tornBytes });
    const { timers = systemTimers } = options;
    journal.stopTicks = timers.every(TICK_MS, () => journal.tick());
    return journal;
  }

  /** Bytes that wait on disk for ClickHouse. */
  get bytes(): number {
    return this.open.all.reduce((sum, segment) => sum + segment.dataBytes, this.queue.bytes);
  }

  /** Segments that are not sealed yet. */
  get openCount(): number {
    return this.open.count;
  }

  /** When the oldest row that waits came in, in milliseconds since 1970; undefined when none waits. */
  get oldestMs(): number | undefined {
    const opened = this.open.all
      .filter((segment) => segment.rows > 0)
      .map((segment) => segment.openedAtMs);
    const all = [...opened, ...(this.queue.oldestMs === undefined ? [] : [this.queue.oldestMs])];
    return all.length === 0 ? undefined : Math.min(...all);
  }

  /** Since when the oldest request waits for its fdatasync, in milliseconds since 1970; undefined when none does. */
  get unsyncedSinceMs(): number | undefined {
    return this.flushingSinceMs ?? this.waitingSinceMs;
  }

  /** Whether as much waits on disk as may: more is welcome once ClickHouse has taken some. */
  get isFull(): boolean {
    return this.bytes > this.options.limits.journalBytesMax;
  }

  /** Why nothing can be taken now; undefined when rows are welcome. */
  refusal(): string | undefined {
    if (this.isStopped) {
      return 'the collector is shutting down';
    }
    if (this.trouble.refusal !== undefined) {
      return this.trouble.refusal;
    }
    if (this.isFull) {
      return 'the journal is full (--journal-bytes-max): ClickHouse does not take rows fast enough';
    }
    return undefined;
  }

  /**
   * Where the rows of this UTC day go (days since 1970-01-01). Ask for each span: segments fill up.
   * @throws JournalUnavailable when rows of too many days wait; those of other spans are taken all the same
   */
  rowsFor(day: number): PendingRows<Blocks> {
    return this.open.rowsFor(day);
  }

  /**
   * Resolves once every row appended so far is durable. Rejects with JournalUnavailable when a flush failed:
   * then what the caller appended may be resent. `part`: more of the same request follows at once, and what waits for a
   * flush may wait a moment longer, to share it.
   */
  async commit(extent: 'whole' | 'part' = 'whole'): Promise<void> {
    if (this.trouble.isStuck) {
      throw new JournalUnavailable(this.trouble.refusal ?? '');
    }
    // A span that was dropped as the resend of a row being flushed is kept only if that flush succeeds.
    const earlier = this.inFlight;
    if (this.open.hasPending) {
      const waiter = Promise.withResolvers<void>();
      this.waiters.push(waiter);
      const nowMs = this.options.nowMs();
      this.waitingSinceMs ??= nowMs;
      if (extent === 'whole' || nowMs - this.waitingSinceMs >= PART_WAITS_MS) void this.flush();
      await waiter.promise;
    }
    const error = await earlier;
    if (error !== undefined) throw unavailable(error);
  }

  /** Flushes and seals everything and takes nothing more. Then `queue` holds all that is left to write. */
  async close(): Promise<void> {
    this.stopTicks();
    this.isStopped = true;
    await this.flushing;
    await this.flush();
    await this.trouble.takeBack();
    await this.sealing.over;
    await this.seal();
    await this.places.close();
  }

  /** Parts that were set aside, for the operator. */
  listSetAside(): Promise<SetAsidePart[]> {
    return listSetAside(this.options.files, this.paths);
  }

  /** Puts a poison segment back into the queue, while nobody looks at the folders. @throws NotRetryable */
  retryPoison(name: string): Promise<void> {
    const { files, seen, nowMs } = this.options;
    return this.sealing.still(async () => {
      const { segment, records } = await reenter(files, this.paths, name);
      rememberKeys(seen, records);
      this.queue.add({ ...segment, sealedAtMs: nowMs(), openedAtMs: nowMs() });
      await this.queue.recount();
    });
  }

  private tick(): void {
    void this.flush();
    void this.seal();
    void this.trouble.tryAgain().then((isWell) => {
      if (!isWell) return;
      this.options.onEvent({ kind: 'well_again' });
      void this.flush();
    });
  }

  /** Flushes until nothing waits. One flush at a time. */
  private flush(): Promise<void> {
    this.flushing ??= this.flushAll().finally(() => {
      this.flushing = undefined;
      if (this.canFlush()) {
        void this.flush();
      }
    });
    return this.flushing;
  }

  private canFlush(): boolean {
    return !this.trouble.isStuck && this.open.hasPending;
  }

  private async flushAll(): Promise<void> {
    while (this.canFlush()) {
      this.inFlight = this.flushOnce();
      await this.inFlight;
      this.inFlight = Promise.resolve();
    }
  }

  private async flushOnce(): Promise<unknown> {
    const { waiters } = this;
    this.waiters = [];
    const { nowMs, seen, onEvent } = this.options;
    const startedAtMs = nowMs();
    this.flushingSinceMs = this.waitingSinceMs;
    this.waitingSinceMs = undefined;
    const outcome = await flushSegments(this.open.all, seen);
    this.flushingSinceMs = undefined;
    const { error, stuck, bytes } = outcome;
    if (error === undefined) {
      onEvent({ kind: 'flushed', rows: outcome.rows, durationMs: nowMs() - startedAtMs });
      answer(waiters, undefined);
      if (!this.isStopped) this.places.prepare();
      return undefined;
    }
    this.failedFlushes++;
    if (outcome.isDiskFault) {
      this.trouble.add({ error, stuck, bytes });
    }
    // A page that failed to sync is not tried again: such a segment is sealed with what it has.
    for (const segment of outcome.failed) {
      this.open.retire(segment);
    }
    onEvent({ kind: 'flush_failed', error, isTakenBack: stuck.length === 0 });
    answer(waiters, error);
    if (this.trouble.isStuck) {
      answer(this.waiters.splice(0), error);
    }
    return error;
  }

  /** Seals what is due, beside the flushes: a split of many days must not hold up an answer. */
  private seal(): Promise<void> {
    return this.sealing.run(() => this.sealDue());
  }

  private async sealDue(): Promise<void> {
    const nowMs = this.options.nowMs();
    if (this.isStopped) {
      this.open.retireOpened(Number.POSITIVE_INFINITY);
    } else if (nowMs < this.sealRetryAtMs) {
      return;
    } else if (this.queue.count < BACKLOG_SEGMENTS) {
      this.open.retireOpened(nowMs - this.options.limits.sealAfterMs);
    }
    // Bytes that were never acknowledged must not get an identity.
    while (!this.trouble.isStuck) {
      const segment = this.open.nextToSeal();
      if (segment === undefined) {
        return;
      }
      try {
        const sealed = await this.sealer.seal(segment);
        this.open.sealed(segment);
        for (const each of sealed) this.options.onEvent({ kind: 'sealed', segment: each });
      } catch (error) {
        this.sealRetryAtMs = nowMs + SEAL_RETRY_MS;
        this.open.postpone(segment);
        this.options.onEvent({ kind: 'seal_failed', error });
        return;
      }
    }
  }
}
