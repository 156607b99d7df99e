/**
 * The writer: sealed segments into ClickHouse, one at a time and in order, exactly once. After a start, and after any
 * insert that did not answer success, it makes sure that the insert no longer runs, asks every target for the batch,
 * and repairs those that lack it. A segment leaves the journal only when every target has it.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import type { SealedQueue } from '../journal/sealed-queue.ts';
import type { SealedSegment } from '../journal/sealed-segment.ts';
import { systemTimers, type Timers } from '../timers.ts';
import { expectedRows, HoldingConflict, targetsLacking } from './holdings.ts';
import type { Landing } from './landing.ts';

/** What the writer does, for the log and the metrics. */
export type WriterEvent =
  | { kind: 'written'; segment: SealedSegment; durationMs: number; isRepaired: boolean }
  | { kind: 'failed'; segment: SealedSegment; error: unknown; retryInMs: number }
  | { kind: 'repaired'; segment: SealedSegment; tables: readonly string[] }
  | { kind: 'set_aside'; segment: SealedSegment; directory: string; error: unknown };

export interface WriterOptions {
  store: Store;
  landing: Landing;
  queue: SealedQueue;
  nowMs: () => number;
  /** What it waits with between tries; the system's, if not given. */
  timers?: Timers;
  /** Between 0 and 1, for the jitter. */
  random: () => number;
  onEvent: (event: WriterEvent) => void;
}

const BACKOFF_MIN_MS = 200;
const BACKOFF_MAX_MS = 30_000;
/** A segment that ClickHouse answers with an error it will not overcome is tried this often. */
const REFUSALS_MAX = 3;
const STILL_RUNNING_POLL_MS = 250;

export class Writer {
  private readonly options: WriterOptions;
  private isStopped = false;
  private readonly stopping = new AbortController();

  constructor(options: WriterOptions) {
    this.options = options;
  }

  /** Writes until the queue is closed or `stop` is called. Rejects only for a fault of our own. */
  async run(): Promise<void> {
    while (!this.isStopped) {
      const segment = await this.options.queue.next();
      if (segment === undefined) {
        return;
      }
      await this.write(segment);
    }
  }

  /** Gives up waiting and starts nothing more. What is in flight is checked at the next start. */
  stop(): void {
    this.isStopped = true;
    this.stopping.abort();
  }

  private async write(segment: SealedSegment): Promise<void> {
    const startedAtMs = this.options.nowMs();
    let mayHaveRun = segment.isRecovered;
    let refusals = 0;
    let refusedWith: unknown;
    for (let attempt = 0; !this.isStopped; attempt++) {
      try {
        if (refusals >= REFUSALS_MAX) {
          await this.setAside(segment, refusedWith);
          return;
        }
        const isRepaired = mayHaveRun ? await this.complete(segment) : await this.insert(segment);
        await this.options.queue.release(segment);
        const durationMs = this.options.nowMs() - startedAtMs;
        this.options.onEvent({ kind: 'written', segment, durationMs, isRepaired });
        return;
      } catch (error) {
        if (this.isStopped) {
          return;
        }
        mayHaveRun = true;
        if (isRefusal(error)) {
          refusals++;
          refusedWith = error;
        }
        const retryInMs = refusals >= REFUSALS_MAX ? 0 : backoffMs(attempt, this.options.random());
        this.options.onEvent({ kind: 'failed', segment, error, retryInMs });
        await this.sleep(retryInMs);
      }
    }
  }

  /** The plain way: one insert, every view fires. */
  private async insert(segment: SealedSegment): Promise<false> {
    const { store, landing } = this.options;
    await store.insertNativeFile(segment.rowsPath, {
      ...landing.insertAll(segment),
      queryId: queryId(segment),
    });
    return false;
  }

  /** After doubt: inserts what is missing, all or target by target. True when a target was repaired. */
  private async complete(segment: SealedSegment): Promise<boolean> {
    const { store, landing } = this.options;
    await this.endEarlierInserts(segment);
    const lacking = await targetsLacking(store, landing.targets, segment);
    const fed = landing.targets.filter(({ table }) => expectedRows(table, segment) > 0);
    if (lacking.length === fed.length) {
      return this.insert(segment);
    }
    for (const target of lacking) {
      await store.insertNativeFile(segment.rowsPath, {
        ...landing.insertInto(target, segment),
        queryId: queryId(segment, target.table),
      });
    }
    if (lacking.length > 0) {
      const tables = lacking.map(({ table }) => table);
      this.options.onEvent({ kind: 'repaired', segment, tables });
    }
    return lacking.length > 0;
  }

  /**
   * An insert whose answer was lost may still be running: asked to end, and waited for. Rejects when the writer is
   * stopped meanwhile: whoever inserts beside a running insert writes twice.
   */
  private async endEarlierInserts(segment: SealedSegment): Promise<void> {
    const { store, landing } = this.options;
    const ids = [queryId(segment), ...landing.targets.map(({ table }) => queryId(segment, table))];
    for (const id of ids) {
      while (await store.isRunning(id)) {
        await store.kill(id);
        await this.sleep(STILL_RUNNING_POLL_MS);
        if (this.isStopped) {
          throw new Error(`stopped while ${id} was still running`);
        }
      }
    }
  }

  private async setAside(segment: SealedSegment, error: unknown): Promise<void> {
    const { store, landing, queue } = this.options;
    const message = error instanceof Error ? error.message : String(error);
    const heldBy = await this.heldBy(store, landing, segment);
    const directory = await queue.setAside(segment, {
      reason: message,
      writer_id: segment.writerId,
      batch_seq: segment.batchSeq,
      held_by: heldBy,
    });
    this.options.onEvent({ kind: 'set_aside', segment, directory, error });
  }

  /** Tables that hold the segment; null where that cannot be told. */
  private async heldBy(
    store: Store,
    landing: Landing,
    segment: SealedSegment,
  ): Promise<string[] | null> {
    try {
      const lacking = new Set(await targetsLacking(store, landing.targets, segment));
      return landing.targets.filter((target) => !lacking.has(target)).map(({ table }) => table);
    } catch (error) {
      if (error instanceof HoldingConflict || error instanceof StoreError) {
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
 * Codes that tell of ClickHouse and not of the segment: another segment would be refused as well, so none is set aside.
 * Unknown table, database or user, no access, quota, read-only, disk: github.com/ClickHouse/ClickHouse, ErrorCodes.cpp.
 */
const NOT_THE_SEGMENT = new Set([
  ...[60, 81, 82, 164, 192, 193, 194, 195, 201, 291, 497, 516],
  ...[75, 76, 77, 84, 210, 225, 243, 425, 499],
]);

/** ClickHouse said no to this segment, and would say it again; or the targets hold what nobody of us wrote. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof HoldingConflict ||
    (error instanceof StoreError &&
      error.answered &&
      !error.retryable &&
      !NOT_THE_SEGMENT.has(error.code ?? 0))
  );
}

/** The same for every try, so that an insert that still runs can be found. */
function queryId({ writerId, batchSeq }: SealedSegment, table = 'all'): string {
  return `aicost-segment-${writerId}-${batchSeq}-${table}`;
}

/** Doubles up to 30 s, with full jitter above half, so that many collectors do not come back together. */
export function backoffMs(attempt: number, random: number): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** Math.min(attempt, 16));
  return Math.round(ceiling * (0.5 + random / 2));
}
