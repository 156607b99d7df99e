/**
 * One process of the collector: the real road from a request to the tables and settle behind it, over a fake disk, a
 * fake engine and simulated timers. Everything it holds in memory is gone when it dies.
 */

import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { TraceAcceptor } from '@ai-cost-profiler/collector/accept-traces.ts';
import type { TenantId } from '@ai-cost-profiler/collector/access.ts';
import { JsonThread } from '@ai-cost-profiler/collector/decode/json-thread.ts';
import { Journal } from '@ai-cost-profiler/collector/journal/journal.ts';
import { JournalUnavailable } from '@ai-cost-profiler/collector/journal/journal-unavailable.ts';
import { SeenSpans } from '@ai-cost-profiler/collector/journal/seen-spans.ts';
import type { LandingBlocks } from '@ai-cost-profiler/collector/keep-spans.ts';
import { createMetrics } from '@ai-cost-profiler/collector/metrics.ts';
import { loadPriceBook } from '@ai-cost-profiler/collector/price/load-book.ts';
import { CardinalityGuard } from '@ai-cost-profiler/collector/rows/cardinality-guard.ts';
import { createEntryBlock } from '@ai-cost-profiler/collector/rows/entry-block.ts';
import { createSpanBlock } from '@ai-cost-profiler/collector/rows/span-block.ts';
import { LateBatches } from '@ai-cost-profiler/collector/settle/late-batches.ts';
import { createEntryMaker } from '@ai-cost-profiler/collector/settle/make-entries.ts';
import { OpenTraces } from '@ai-cost-profiler/collector/settle/open-traces.ts';
import {
  OwnershipLost,
  SettledElsewhere,
  type SettleOwnership,
} from '@ai-cost-profiler/collector/settle/ownership/settle-ownership.ts';
import { Settler } from '@ai-cost-profiler/collector/settle/settler.ts';
import { waitUntilStored } from '@ai-cost-profiler/collector/settle/wait-stored.ts';
import { createKeeper } from '@ai-cost-profiler/collector/test-road.ts';
import { backoffMs } from '@ai-cost-profiler/collector/write/backoff.ts';
import { Landing } from '@ai-cost-profiler/collector/write/landing.ts';
import { Writer } from '@ai-cost-profiler/collector/write/writer.ts';
import type { FakeDisk } from './fake-disk.ts';
import type { FakeEngine } from './fake-engine.ts';
import { createFakeStore } from './fake-store.ts';
import type { Scenario } from './scenario.ts';
import type { Mortal, World } from './world.ts';

export interface Surroundings {
  readonly world: World;
  readonly disk: FakeDisk;
  readonly engine: FakeEngine;
  readonly scenario: Scenario;
  /** Something that must not happen, did. */
  readonly onFailure: (text: string) => void;
  /** Where it is one of several on a cluster. */
  readonly cluster?: ClusterPlace;
  /** Gives what is to be called when settle is told that all is stored: whether it is. */
  readonly expectStored: () => () => void;
}

/** A collector among others: its own directory, and how it agrees with them who settles. */
export interface ClusterPlace {
  readonly journalDirectory: string;
  readonly openOwnership: (parts: {
    readonly life: Mortal;
    readonly journal: Journal<LandingBlocks>;
    readonly stored: () => Promise<void>;
  }) => Promise<SettleOwnership>;
}

const JOURNAL_DIRECTORY = '/data/journal';
const SETTLE_AFTER_MS = 2000;
const SETTLE_PAUSE_MS = 1500;

/** How a pass may end; the next one goes on. */
const PASSING = [StoreError, JournalUnavailable, SettledElsewhere, OwnershipLost] as const;

const metrics = createMetrics();
const book = loadPriceBook();
const bookFor = () => book;

export class Life implements Mortal {
  isDead = false;
  pausedUntilMs = 0;
  isReady = false;
  /** It ended itself: nothing but this process is gone. */
  hasGivenUp = false;
  readonly died: Promise<void>;
  readonly hasDied: () => void;
  private readonly around: Surroundings;
  private journal: Journal<LandingBlocks> | undefined;
  private acceptor: TraceAcceptor | undefined;
  private settler: Settler | undefined;

  constructor(around: Surroundings) {
    this.around = around;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.died = promise;
    this.hasDied = resolve;
    this.begin().catch((error: unknown) => this.end(error));
  }

  accept(tenant: string, bytes: Uint8Array) {
    return this.acceptor!.accept(tenant as TenantId, bytes, 'json');
  }

  /** Settles everything, twice: the second pass must find nothing to do. */
  async finish(): Promise<void> {
    await this.stored();
    await this.settler!.settle({ all: true });
    const again = await this.settler!.settle({ all: true });
    if (again.entries > 0) {
      this.around.onFailure(`settle appended ${again.entries} entries to what it had just settled`);
    }
    await this.stored();
  }

  private async begin(): Promise<void> {
    const { world, disk, scenario, onFailure } = this.around;
    const seen = new SeenSpans(100_000);
    const nowMs = () => Math.floor(world.nowMs);
    const open = new OpenTraces({ idleMsMax: SETTLE_AFTER_MS / 2 });
    const guard = new CardinalityGuard();
    const journal = await Journal.open<LandingBlocks>({
      directory: this.around.cluster?.journalDirectory ?? JOURNAL_DIRECTORY,
      files: disk.portOf(this),
      limits: {
        segmentRowsMax: scenario.segmentRowsMax,
        segmentBytesMax: 1e9,
        openDaysMax: scenario.openDaysMax,
        sealAfterMs: 800,
        journalBytesMax: 1e9,
      },
      seen,
      createBlocks: () => ({ span: createSpanBlock(), entry: createEntryBlock() }),
      nowMs,
      timers: world.timersOf(this),
      randomId: () => world.random.hex(16),
      onEvent: (event) => {
        const about = event.kind === 'damaged' ? event.reason : '';
        world.tell(`journal: ${event.kind} ${about}`);
      },
    });
    const { cluster } = this.around;
    const mayReverse = cluster === undefined;
    const keeper = createKeeper({
      journal,
      seen,
      metrics,
      bookFor,
      guard,
      open,
      nowMs,
      mayReverse,
    });
    this.journal = journal;
    this.acceptor = new TraceAcceptor({ keeper, metrics, json: new JsonThread() });
    const maker = createEntryMaker({ bookFor, guard, nowNs: () => BigInt(nowMs()) * 1_000_000n });
    this.settler = new Settler({
      store: createFakeStore(world, this.around.engine, this),
      journal,
      maker,
      open,
      settleAfterMs: SETTLE_AFTER_MS,
      late: new LateBatches({
        isOwn: (id) => cluster !== undefined && id === journal.writerId,
        nowMs,
      }),
      ...(cluster === undefined
        ? {}
        : {
            ownership: await cluster.openOwnership({
              life: this,
              journal,
              stored: () => this.stored(),
            }),
          }),
      // It never pauses: that would depend on how fast this machine is.
      elapsedMs: () => 0,
      nowMs,
      stored: () => this.stored(),
    });
    this.isReady = true;
    void this.write(journal).catch((error: unknown) =>
      onFailure(`the writer ended: ${textOf(error)}`),
    );
    void this.settleOnAndOn();
  }

  private async write(journal: Journal<LandingBlocks>): Promise<void> {
    const { world, engine, onFailure } = this.around;
    const store = createFakeStore(world, engine, this);
    const timers = world.timersOf(this);
    const writer = new Writer({
      store,
      landing: await this.readLanding(),
      queue: journal.queue,
      claimWriter: (claim) => store.insertRows('claims', [{ claim }]),
      nowMs: () => world.nowMs,
      timers,
      random: () => world.random.next(),
      onEvent: (event) => {
        const about = 'error' in event ? textOf(event.error) : '';
        world.tell(`writer: ${event.kind} ${event.segment.directory} ${about}`);
        if (event.kind === 'set_aside') onFailure(`a segment was set aside: ${about}`);
      },
    });
    await writer.run();
  }

  private async readLanding(): Promise<Landing> {
    const { world, engine } = this.around;
    for (let attempt = 0; ; attempt++) {
      try {
        return await Landing.read(createFakeStore(world, engine, this));
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        await world.timersOf(this).sleep(backoffMs(attempt, world.random.next()));
      }
    }
  }

  private async settleOnAndOn(): Promise<void> {
    const { world, onFailure } = this.around;
    for (;;) {
      await world.sleep(SETTLE_PAUSE_MS, this);
      try {
        const { entries } = await this.settler!.settle({ all: false });
        world.tell(`settle: ${entries} entries`);
      } catch (error) {
        if (!PASSING.some((kind) => error instanceof kind)) {
          onFailure(`settle failed: ${textOf(error)}`);
        }
      }
    }
  }

  /** Whether nothing waits to be stored. */
  get isStored(): boolean {
    return this.journal?.oldestMs === undefined;
  }

  private async stored(): Promise<void> {
    const { world, expectStored } = this.around;
    const check = expectStored();
    await waitUntilStored(this.journal!, Math.floor(world.nowMs), {
      timers: world.timersOf(this),
    });
    if (!this.isDead) check();
  }

  /** The start failed: a supervisor starts another. */
  private end(error: unknown): void {
    const { world, disk, onFailure } = this.around;
    world.tell(`the start failed: ${textOf(error)}`);
    if (!disk.isFaulty || !(error instanceof Error && 'code' in error)) {
      onFailure(`the start failed: ${textOf(error)}`);
    }
    this.hasGivenUp = true;
    world.kill(this);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${error.stack}` : String(error);
}
