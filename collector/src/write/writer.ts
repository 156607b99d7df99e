/**
 * The writer: sealed segments into ClickHouse, one at a time and in order, exactly once. After a start, and after any
 * insert that did not answer success, it makes sure that the insert neither runs nor will begin, asks every target for
 * the batch, and repairs those that lack it. A segment leaves the journal only when every target has it.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import type { SealedQueue } from '../journal/sealed-queue.ts';
import type { SealedSegment } from '../journal/sealed-segment.ts';
import { systemTimers, type Timers } from '../timers.ts';
import { backoffMs } from './backoff.ts';
import { BeginFence, isTooLate } from './begin-fence.ts';
import { CloneGuard } from './clone-guard.ts';
import { fedBy, HoldingConflict, placeName, targetsLacking } from './holdings.ts';
import { type Failure, judgeFailure } from './judge-failure.ts';
import type { InsertPlace, Landing } from './landing.ts';
import type { LargeBlocks } from './large-blocks.ts';

/** What the writer does, for the log and the metrics. */
export type WriterEvent =
  | { kind: 'written'; segment: SealedSegment; durationMs: number; isRepaired: boolean }
  | {
      kind: 'failed';
      segment: SealedSegment;
      error: unknown;
      failure: Failure;
      retryInMs: number;
    }
  | { kind: 'repaired'; segment: SealedSegment; tables: readonly string[] }
  | { kind: 'set_aside'; segment: SealedSegment; directory: string; error: unknown };

export interface WriterOptions {
  store: Store;
  landing: Landing;
  queue: SealedQueue;
  nowMs: () => number;
  /** What it waits with between tries; the system's, if not given. */
  timers?: Timers;
  /** Notes that batches of this writer were found by another process; rejects with StoreError. For a server. */
  claimWriter?: (writerId: string) => Promise<void>;
  /** Makes the file to insert in place of a segment's own, of the same rows; its own, if not given. */
  blocks?: Pick<LargeBlocks, 'of' | 'forget'>;
  /** Between 0 and 1, for the jitter. */
  random: () => number;
  onEvent: (event: WriterEvent) => void;
}

/** One segment on its way, over all attempts. */
interface Attempts {
  /** An insert of it was sent, by us or by an earlier process, and how it ended is not known. */
  mayHaveRun: boolean;
  refusals: number;
  refusedWith: { error: unknown; failure: Failure } | undefined;
}

/** A segment that ClickHouse answers with an error it will not overcome is tried this often. */
const REFUSALS_MAX = 3;
/** A segment that waited so long on the disk, or failed so often, is held against its CRCs before it is sent. */
const CHECK_AFTER_MS = 60_000;
const CHECK_EVERY = 4;
const STILL_RUNNING_POLL_MS = 250;
/** An insert that goes on for so long after KILL is told of; it is waited for all the same. */
const STILL_RUNNING_POLLS_MAX = 120;

export class Writer {
  private readonly options: WriterOptions;
  private readonly fence: BeginFence | undefined;
  private readonly guard: CloneGuard | undefined;
  private isStopped = false;
  private readonly stopping = new AbortController();
  /** A segment was set aside for a code we do not know, and none was written since. */
  private isUnknownAside = false;
  /** One at a time: a segment, or work that no insert may run beside. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(options: WriterOptions) {
    this.options = options;
    const { store, nowMs, claimWriter } = options;
    const sleep = (ms: number) => this.sleep(ms);
    const isServer = store.kind === 'server';
    this.fence = isServer ? new BeginFence({ store, nowMs, sleep }) : undefined;
    // The embedded engine is ours alone: its directory is locked.
    this.guard =
      isServer && claimWriter !== undefined
        ? new CloneGuard(store.database, claimWriter)
        : undefined;
  }

  /** Writes until the queue is closed or `stop` is called. Rejects only for a fault of our own. */
  async run(): Promise<void> {
    while (!this.isStopped) {
      const segment = await this.options.queue.next();
      if (segment === undefined) {
        return;
      }
      await this.hold(() => this.write(segment));
      await this.options.blocks?.forget();
    }
  }

  /** Runs work between two segments, while nothing is inserted: every batch is in all tables, or in none. */
  hold<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  /** Gives up waiting and starts nothing more. What is in flight is checked at the next start. */
  stop(): void {
    this.isStopped = true;
    this.stopping.abort();
  }

  private async write(next: SealedSegment): Promise<void> {
    const startedAtMs = this.options.nowMs();
    let segment = next;
    const attempts: Attempts = {
      mayHaveRun: next.isRecovered,
      refusals: 0,
      refusedWith: undefined,
    };
    for (let attempt = 0; !this.isStopped; attempt++) {
      try {
        const isOld = startedAtMs - segment.sealedAtMs > CHECK_AFTER_MS;
        if (attempt === 0 ? isOld : attempt % CHECK_EVERY === 0) {
          const left = await this.options.queue.check(segment);
          if (left === undefined) {
            return;
          }
          segment = left;
        }
        if (attempts.refusals >= REFUSALS_MAX && (await this.setAside(segment, attempts))) {
          return;
        }
        const isRepaired = attempts.mayHaveRun
          ? await this.complete(segment, attempts)
          : await this.insertAll(segment, attempts);
        await this.options.queue.release(segment);
        const durationMs = this.options.nowMs() - startedAtMs;
        this.fence?.written();
        this.isUnknownAside = false;
        this.options.onEvent({ kind: 'written', segment, durationMs, isRepaired });
        return;
      } catch (error) {
        if (this.isStopped) {
          return;
        }
        const failure = this.judge(error);
        if (failure.verdict === 'poison' || failure.verdict === 'unknown') {
          attempts.refusals++;
          attempts.refusedWith = { error, failure };
        }
        const isGivenUp =
          attempts.refusals === REFUSALS_MAX && attempts.refusedWith?.error === error;
        const retryInMs = isGivenUp
          ? 0
          : backoffMs(attempt, this.options.random(), failure.verdict);
        this.options.onEvent({ kind: 'failed', segment, error, failure, retryInMs });
        await this.sleep(retryInMs);
      }
    }
  }

  /**
   * A code that nobody knows may tell of the segment or of ClickHouse. One segment is set aside for it; when the next
   * one is refused as well, it is not the segments.
   */
  private judge(error: unknown): Failure {
    const failure = judgeFailure(error);
    if (error instanceof StoreError && isTooLate(error)) {
      this.fence?.giveMoreTime();
    }
    if (failure.verdict !== 'unknown' || !this.isUnknownAside) {
      return failure;
    }
    const advice = 'The batch before was refused too, so it is not the batch: look at ClickHouse.';
    return { ...failure, verdict: 'operator', advice };
  }

  /** The plain way: one insert for each shard, every view fires. */
  private async insertAll(segment: SealedSegment, attempts: Attempts): Promise<false> {
    const isDoubted = attempts.mayHaveRun;
    for (const shard of this.options.landing.shards) {
      await this.insert(segment, attempts, { shard, isDoubted });
    }
    return false;
  }

  private async insert(
    segment: SealedSegment,
    attempts: Attempts,
    { target, shard, isDoubted }: InsertPlace,
  ): Promise<void> {
    const { store, landing } = this.options;
    const ofShard = landing.targets.filter((one) => one.shard === shard);
    const targets = target === undefined ? fedBy(segment, ofShard) : [target];
    // Before the fence is asked: what it gives for the insert to begin must not be spent on making a file.
    const path = (await this.options.blocks?.of(segment)) ?? segment.rowsPath;
    const conditions = [
      isDoubted ? this.guard?.stillLacked(segment, targets) : this.guard?.unclaimed(segment),
      await this.fence?.condition(segment.dataBytes),
    ].filter((condition) => condition !== undefined);
    const condition = conditions.length === 0 ? undefined : conditions.join(' AND ');
    const insert =
      target === undefined
        ? landing.insertAll(segment, condition, shard)
        : landing.insertInto(target, segment, condition);
    attempts.mayHaveRun = true;
    await store.insertNativeFile(path, { ...insert, queryId: queryId(segment) });
  }

  /** After doubt: inserts what is missing, all or target by target. True when a target was repaired. */
  private async complete(segment: SealedSegment, attempts: Attempts): Promise<boolean> {
    const { store, landing } = this.options;
    await this.guard?.claim(segment);
    await this.fence?.passed(segment, this.stopping.signal);
    await this.endEarlierInserts(segment);
    const lacking = await targetsLacking(store, landing.targets, segment);
    // What re-enters for some tables only must not reach the others through the landing table.
    const isForAll = segment.about.heldBy?.length === 0;
    if (isForAll && lacking.length === fedBy(segment, landing.targets).length) {
      return this.insertAll(segment, attempts);
    }
    for (const target of lacking) {
      await this.insert(segment, attempts, { target, shard: target.shard, isDoubted: true });
    }
    if (lacking.length > 0) {
      const tables = lacking.map(placeName);
      this.options.onEvent({ kind: 'repaired', segment, tables });
    }
    return lacking.length > 0;
  }

  /**
   * An insert whose answer was lost may still be running: asked to end, and waited for. Rejects when the writer is
   * stopped meanwhile, or when it does not end: whoever inserts beside a running insert writes twice.
   */
  private async endEarlierInserts(segment: SealedSegment): Promise<void> {
    const { store } = this.options;
    const id = queryId(segment);
    for (let polls = 0; await store.isRunning(id); polls++) {
      if (polls >= STILL_RUNNING_POLLS_MAX) {
        const about = { code: null, retryable: true, answered: false };
        throw new StoreError(`the insert ${id} goes on although it was killed`, about);
      }
      await store.kill(id);
      await this.sleep(STILL_RUNNING_POLL_MS);
      if (this.isStopped) {
        throw new Error(`stopped while ${id} was still running`);
      }
    }
  }

  /** False when it turns out that every target has it: then it is no case for setting aside. */
  private async setAside(segment: SealedSegment, { refusedWith }: Attempts): Promise<boolean> {
    const { queue, landing } = this.options;
    const heldBy = await this.heldBy(segment);
    if (heldBy?.length === landing.targets.length) {
      return false;
    }
    const directory = await queue.setAside(segment, {
      reason: refusedWith?.failure.message ?? 'refused',
      writer_id: segment.writerId,
      batch_seq: segment.batchSeq,
      held_by: heldBy,
    });
    this.isUnknownAside = refusedWith?.failure.verdict === 'unknown';
    const error = refusedWith?.error;
    this.options.onEvent({ kind: 'set_aside', segment, directory, error });
    return true;
  }

  /** Tables that hold the segment; null where that cannot be told. Rejects when they cannot be asked now. */
  private async heldBy(segment: SealedSegment): Promise<string[] | null> {
    const { store, landing } = this.options;
    try {
      const lacking = new Set(await targetsLacking(store, landing.targets, segment));
      return landing.targets.filter((target) => !lacking.has(target)).map(placeName);
    } catch (error) {
      if (error instanceof HoldingConflict) {
        return null;
      }
      throw error;
    }
  }

  private sleep(ms: number): Promise<void> {
    const { timers = systemTimers } = this.options;
    return timers.sleep(ms, this.stopping.signal);
  }
}

/**
 * The same for every try and every target, in every process that has the segment: an insert that still runs can be
 * found, and a server runs no two at a time.
 */
function queryId({ writerId, batchSeq }: SealedSegment): string {
  return `aicost-segment-${writerId}-${batchSeq}`;
}
