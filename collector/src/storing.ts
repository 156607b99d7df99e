/**
 * What goes on behind the journal: the writer brings its segments into ClickHouse, settle corrects what came
 * to rest.
 */
import { join } from 'node:path';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { claimWriter } from './claim-writer.ts';
import type { Config } from './config.ts';
import type { ControlState } from './control/control-state.ts';
import type { ForwardClock } from './forward-clock.ts';
import type { Journal } from './journal/journal.ts';
import type { LandingBlocks } from './keep-spans.ts';
import {
  keptOrProblem,
  type LedgerWorkParts,
  type RetentionLimits,
  repriceNow,
  retentionNow,
  verifyNow,
} from './ledger-work.ts';
import type { LiveHub } from './live/live-hub.ts';
import { SettledSums } from './live/settled-sums.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { observeRetention, observeSettle, observeWriter } from './observe.ts';
import { type OpenOwnership, openOwnership, soleSettling } from './open-ownership.ts';
import type { OwnTraces } from './own-traces.ts';
import { unavailable } from './problems.ts';
import type { RepriceOptions } from './reprice/reprice-ledger.ts';
import type { DayOutcome } from './retention/day-outcome.ts';
import { outcomeRow } from './retention/outcome-rows.ts';
import { type RetentionLoop, startRetentionLoop } from './retention/retention-loop.ts';
import type { EntryMaker } from './settle/difference.ts';
import { LateBatches } from './settle/late-batches.ts';
import type { OpenTraces } from './settle/open-traces.ts';
import { type SettleLoop, startSettleLoop } from './settle/settle-loop.ts';
import { progressRow, type SettleProgress } from './settle/settle-progress.ts';
import { Settler } from './settle/settler.ts';
import type { PriceNow } from './settle/standing-amounts.ts';
import { waitUntilStored } from './settle/wait-stored.ts';
import type { Storage } from './storage.ts';
import { aborted } from './timers.ts';
import { backoffMs } from './write/backoff.ts';
import { judgeFailure } from './write/judge-failure.ts';
import { Landing } from './write/landing.ts';
import { LargeBlocks } from './write/large-blocks.ts';
import { WriteHealth } from './write/write-health.ts';
import { Writer } from './write/writer.ts';

export interface StoringParts {
  config: Config;
  /** Whether it settles when it is asked to, though it may not by itself; as --settle says, if not given. */
  maySettle?: boolean | undefined;
  log: Logger;
  metrics: Metrics;
  storage: Storage;
  journal: Journal<LandingBlocks>;
  /** The one by which rows were received. */
  clock: ForwardClock;
  control: ControlState;
  maker: EntryMaker;
  /** What requests decide before settle; it is told to keep off what settle looks at. */
  open: OpenTraces;
  price: PriceNow;
  /** The limits of a tenant, of which some say for how long what is kept. */
  limits: RetentionLimits;
  ownTraces: OwnTraces;
  /** Is told what settle did. */
  live: Pick<LiveHub, 'isHeard' | 'publish' | 'tenants'>;
}

export interface ExclusiveOptions {
  /** Nothing is inserted meanwhile either. */
  readonly holdWriter: boolean;
  /** It changes nothing, so that it is no matter whether another collector settles. */
  readonly isReading?: boolean;
  /** Ends the wait for what is not stored yet. */
  readonly signal?: AbortSignal;
}

type Show = (progress: object) => void;

/** A finished trace waits at most this long for a pass, once it is idle. */
const SETTLE_PAUSE_MS_MAX = 15_000;
const POLL_MS = 20;

export class Storing {
  /** How writing goes. */
  readonly writing = new WriteHealth(() => performance.now());
  private readonly parts: StoringParts;
  private readonly onFailed: (error: unknown) => void;
  private writer: Writer | undefined;
  private settler: Settler | undefined;
  private loop: SettleLoop | undefined;
  private retention: RetentionLoop | undefined;
  private written: Promise<void> = Promise.resolve();
  private isStopped = false;
  private readonly settledSums: SettledSums;
  /** Up to when settle is through, in milliseconds since 1970; undefined before its first pass. */
  settledThroughMs: number | undefined;
  /** Who settles. */
  settling: OpenOwnership;

  /** `onFailed` is told of a fault that the writer cannot overcome. */
  constructor(parts: StoringParts, onFailed: (error: unknown) => void) {
    this.parts = parts;
    this.settling = soleSettling(parts.config.settle && parts.config.clickhouseCluster === null);
    this.settledSums = new SettledSums(parts.live);
    this.onFailed = onFailed;
  }

  /** Begins, once the tables are there. */
  async start(): Promise<void> {
    const { storage, journal, log, metrics } = this.parts;
    const landing = await this.readLanding();
    this.settling = await openOwnership({ ...this.parts, store: storage.store });
    const blocks = this.largeBlocks();
    // What a crash left.
    await blocks.forget();
    this.writer = new Writer({
      store: storage.store,
      landing,
      queue: journal.queue,
      nowMs: this.parts.clock.nowMs,
      blocks,
      claimWriter: (id) => claimWriter(this.parts.control, { id, by: journal.writerId }),
      random: Math.random,
      onEvent: observeWriter(log, metrics, this.writing, this.parts.clock.nowMs),
    });
    this.written = this.writer.run().catch(this.onFailed);
    this.startSettler();
  }

  /** They lie beside the journal, while a segment is inserted. */
  private largeBlocks(): LargeBlocks {
    const { config, log } = this.parts;
    return new LargeBlocks(join(config.dataDir, 'large-blocks.native'), (err) =>
      log.warn(
        { err },
        'large blocks: not made, and a segment is inserted as it is; or not removed',
      ),
    );
  }

  /** Ends settle, closes the journal, and writes what it can until `deadline` fires. */
  async drain(deadline: AbortSignal): Promise<void> {
    const { journal } = this.parts;
    this.isStopped = true;
    const stopping = Promise.all([this.retention?.stop(), this.loop?.stop(), this.untilDone()]);
    await Promise.race([stopping, aborted(deadline)]);
    await journal.close();
    await Promise.race([this.untilWritten(), aborted(deadline)]);
    await Promise.race([this.settling.stop(), aborted(deadline)]);
    this.writer?.stop();
    journal.queue.close();
    await this.written;
  }

  /** Settles what is stored, idle or not, for an operator who asks. */
  async settleNow(show: Show): Promise<object> {
    const { settler } = this.ledgerWork();
    const onProgress = (progress: SettleProgress) => show(progressRow(progress));
    const progress = await keptOrProblem(settler.settle({ all: true, onProgress }));
    this.settledSums.tell(progress.settledThrough);
    return progressRow(progress);
  }

  /** Compares spans, ledger and rollups. */
  async verifyNow(show: Show, signal: AbortSignal): Promise<object> {
    return verifyNow(this.ledgerWork(), show, signal);
  }

  /** Appends what calls of a range cost more or less at the present book. */
  async repriceNow(options: RepriceOptions, show: Show): Promise<object> {
    return repriceNow(this.ledgerWork(), options, show);
  }

  /** Lets expire what is due, or shows it. */
  async retentionNow(options: { readonly dryRun: boolean }, show: Show): Promise<object> {
    const { log, metrics } = this.parts;
    const { onDay, onDone } = observeRetention(log, metrics);
    const onOutcome = (outcome: DayOutcome) => {
      if (!options.dryRun) onDay(outcome);
      show(outcomeRow(outcome));
    };
    const result = await keptOrProblem(retentionNow(this.ledgerWork(), options, onOutcome));
    if (!options.dryRun) onDone(result);
    return result;
  }

  /**
   * Runs work on rows that are stored, once all that came in until now is: nothing settles or is repriced beside it.
   * @throws Problem engine_unavailable until the tables are there
   */
  exclusively<T>(work: () => Promise<T>, options: ExclusiveOptions): Promise<T> {
    const { settler, open, journal, clock, ownership } = this.ledgerWork();
    const { writer } = this;
    const { holdWriter, isReading = false, signal } = options;
    const stored = () =>
      open.suspended(async () => {
        await waitUntilStored(journal, clock.nowMs(), { signal });
        if (!isReading) ownership.assertHeld();
        return holdWriter && writer !== undefined ? writer.hold(work) : work();
      });
    return keptOrProblem(isReading ? settler.inTurn(stored) : settler.exclusively(stored));
  }

  /** @throws Problem engine_unavailable until the tables are there */
  private ledgerWork(): LedgerWorkParts {
    const { storage, journal, clock, maker, open, price, limits } = this.parts;
    const { settler, settling } = this;
    if (settler === undefined) {
      const detail = 'ClickHouse is not ready yet; try again in a moment.';
      throw unavailable('engine_unavailable', detail);
    }
    return {
      store: storage.store,
      journal,
      clock,
      maker,
      open,
      price,
      limits,
      settler,
      ownership: settling.ownership,
    };
  }

  private startSettler(): void {
    const { config, storage, journal, maker, open, log, metrics } = this.parts;
    const { settleAfterMs } = config;
    const { store } = storage;
    const { nowMs, startedMs: sinceMs } = this.parts.clock;
    const stored = () => waitUntilStored(journal, nowMs());
    const settler = new Settler({
      store,
      journal,
      maker,
      open,
      settleAfterMs,
      nowMs,
      sinceMs,
      late: new LateBatches({ isOwn: (id) => id === journal.writerId, nowMs }),
      ownership: this.settling.ownership,
      reentered: journal.queue.reentered,
      stored,
      onCorrected: (tenant, entries) => this.settledSums.add(tenant, entries),
    });
    this.settler = settler;
    if (config.settle) {
      const settle = (all: boolean) => this.settlePass(settler, all);
      const pauseMs = Math.min(settleAfterMs, SETTLE_PAUSE_MS_MAX);
      this.loop = startSettleLoop({ settle, pauseMs, ...observeSettle(log, metrics) });
      const { onDay, ...told } = observeRetention(log, metrics);
      const expire = (signal: AbortSignal) =>
        retentionNow(this.ledgerWork(), { dryRun: false, signal }, onDay);
      this.retention = startRetentionLoop({ expire, ...told });
    }
  }

  private async settlePass(settler: Settler, all: boolean): Promise<SettleProgress> {
    const { metrics, ownTraces } = this.parts;
    const startMs = performance.now();
    const progress = await settler.settle({ all });
    this.settledSums.tell(progress.settledThrough);
    const endMs = performance.now();
    metrics.aicost_settle_seconds.observe((endMs - startMs) / 1000);
    const { traces, entries, settledThrough } = progress;
    ownTraces.record({ name: 'settle', startMs, endMs, attributes: { traces, entries } });
    this.settledThroughMs = settledThrough === null ? undefined : Date.parse(settledThrough);
    return progress;
  }

  /** The engine may end between its migration and this question: that must not end the collector too. */
  private async readLanding(): Promise<Landing> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await Landing.read(this.parts.storage.store);
      } catch (error) {
        if (!(error instanceof StoreError) || this.isStopped) {
          throw error;
        }
        const retryInMs = backoffMs(attempt, Math.random(), judgeFailure(error).verdict);
        this.parts.log.warn({ err: error, retry_in_ms: retryInMs }, 'the tables were not read');
        await new Promise((resolve) => setTimeout(resolve, retryInMs).unref());
      }
    }
  }

  /** What an operator asked for appends corrections too. */
  private untilDone = async () => void (await this.settler?.inTurn(async () => undefined));

  /** Resolves when nothing waits in the journal any more. */
  private async untilWritten(): Promise<void> {
    while (this.parts.journal.queue.count > 0) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
