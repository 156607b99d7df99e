/** The embedded engine in its own process, as the collector starts it, with what it has used of the processor. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestEngine, storeAddress } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { migrate } from '@ai-cost-profiler/clickhouse/migrate.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { Landing } from '@ai-cost-profiler/collector/write/landing.ts';
import type { Segment } from './segments.ts';

const MS_PER_TICK = 10;
const QUIET_MS = 3_000;
const POLL_MS = 250;
const LIMIT_MS = 600_000;

/** The targets in the order in which their cost is added up. */
export const TARGETS = [
  'spans',
  'ledger',
  'cost_hourly',
  'cost_daily',
  'traces',
  'cost_day_batches',
] as const;

export interface Star {
  readonly store: Store;
  readonly landing: Landing;
}

export interface LoadCost {
  /** Inserts, while nothing merges. What the engine uses when it has nothing to do is left out of both. */
  readonly insertMs: number;
  /** The merges that the engine then makes of itself. */
  readonly mergeMs: number;
}

export class MeasuredEngine {
  readonly directory: string;
  private readonly engine: Awaited<ReturnType<typeof startTestEngine>>;
  private readonly stores: Store[] = [];
  /** CPU milliseconds a millisecond of doing nothing. */
  private idleShare = 0;

  private constructor(engine: MeasuredEngine['engine']) {
    this.engine = engine;
    this.directory = engine.dataDir;
  }

  static async start(): Promise<MeasuredEngine> {
    const started = await startTestEngine({ queryMemoryBytesMax: 8_000_000_000 });
    return new MeasuredEngine(started);
  }

  /** Learns what the engine uses of itself; to be called while it has nothing to do. */
  async learnIdle(): Promise<void> {
    const before = this.cpuMs();
    await sleep(QUIET_MS);
    this.idleShare = (this.cpuMs() - before) / QUIET_MS;
  }

  async stop(): Promise<void> {
    for (const store of this.stores) await store.close();
    await this.engine.remove();
  }

  /** A database of its own. */
  async open(database: string): Promise<Store> {
    const store = createStore({
      ...{ kind: 'embedded', database, ...storeAddress(this.engine.address) },
      ...{ commandMsMax: LIMIT_MS, queryMsMax: LIMIT_MS, insertMsMax: LIMIT_MS },
    });
    this.stores.push(store);
    await store.createDatabase();
    return store;
  }

  /** As `open`, with the tables of the migrations and the views to the first `count` targets. */
  async openStar(database: string, count: number = TARGETS.length): Promise<Star> {
    const store = await this.open(database);
    await migrate(store);
    const landing = await Landing.read(store);
    for (const table of TARGETS.slice(count)) {
      await store.command(`DROP VIEW ${database}.to_${table}`);
    }
    return { store, landing };
  }

  /** Processor time of all threads of the engine so far, in milliseconds. */
  cpuMs(): number {
    const text = readFileSync(`/proc/${this.engine.state().pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  }

  /** Inserts every segment as the writer does. */
  async insert({ store, landing }: Star, segments: readonly Segment[]): Promise<LoadCost> {
    await store.command('SYSTEM STOP MERGES');
    const [before, startedMs] = [this.cpuMs(), performance.now()];
    for (const segment of segments) {
      const insert = landing.insertAll(segment);
      const queryId = `${store.database}-${segment.batchSeq}`;
      await store.insertNativeFile(segment.path, { ...insert, queryId });
    }
    const insertMs = this.usedSince(before, startedMs);
    return { insertMs, mergeMs: await this.merge(store) };
  }

  /** Lets the engine merge until it has nothing more to do. */
  private async merge(store: Store): Promise<number> {
    const [before, startedMs] = [this.cpuMs(), performance.now()];
    await store.command('SYSTEM START MERGES');
    let quietSince = performance.now();
    while (performance.now() - quietSince < QUIET_MS) {
      await sleep(POLL_MS);
      const [row] = await store.query<{ running: string }>(
        'SELECT toString(count()) AS running FROM system.merges',
      );
      if (row?.running !== '0') quietSince = performance.now();
    }
    return this.usedSince(before, startedMs);
  }

  private usedSince(before: number, startedMs: number): number {
    const idleMs = this.idleShare * (performance.now() - startedMs);
    return Math.max(0, this.cpuMs() - before - idleMs);
  }
}
