/**
 * ClickHouse as the collector has it: the embedded engine or a server, brought to this version's tables. The
 * collector starts and takes spans while it is away: preparing is tried again until it succeeds.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  EngineStartError,
  type EngineState,
  type SupervisedEngine,
  startEngine,
} from '@ai-cost-profiler/clickhouse/engine/supervise.ts';
import { MigrationError, migrate } from '@ai-cost-profiler/clickhouse/migrate.ts';
import { observeStore } from '@ai-cost-profiler/clickhouse/observed-store.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { Config } from './config.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { observeStoreCalls } from './observe-store.ts';
import { NO_OWN_TRACES, type OwnTraces } from './own-traces.ts';
import { serverAddress } from './server-address.ts';
import { backoffMs } from './write/backoff.ts';
import { judgeFailure } from './write/judge-failure.ts';

export interface Storage {
  readonly store: Store;
  /** undefined when a server is used. */
  readonly engine: SupervisedEngine | undefined;
  /**
   * Resolves once the tables are there, with the names of the migrations that were applied for it. Rejects with
   * MigrationError when they cannot be brought there.
   */
  readonly prepared: Promise<readonly string[]>;
  isPrepared(): boolean;
  close(): Promise<void>;
}

/** An engine that is killed in its first start is started this often; later ends are the supervisor's. */
const FIRST_STARTS_MAX = 3;

/** Starts the engine, or points at the server, and begins to prepare it. @throws EngineStartError, ConfigError */
export async function openStorage(
  config: Config,
  log: Logger,
  metrics: Metrics,
  ownTraces: OwnTraces = NO_OWN_TRACES,
): Promise<Storage> {
  const engine = config.clickhouseUrl === null ? await openEngine(config, log, metrics) : undefined;
  const place =
    engine === undefined
      ? { kind: 'server' as const, ...(await serverAddress(config.clickhouseUrl!, config)) }
      : { kind: 'embedded' as const, ...engine.address };
  // The embedded engine's supervisor knows better whether it is up.
  const onUp = (isUp: boolean) => engine ?? metrics.aicost_engine_up.set(isUp ? 1 : 0);
  const store = observeStore(
    createStore({ ...place, database: config.database, cluster: config.clickhouseCluster }),
    observeStoreCalls(metrics, ownTraces, onUp),
  );
  const stopping = new AbortController();
  let isPrepared = false;
  const prepared = prepare(store, log, stopping.signal).then((applied) => {
    isPrepared = true;
    return applied;
  });
  return {
    store,
    engine,
    prepared,
    isPrepared: () => isPrepared,
    async close() {
      stopping.abort();
      await store.close();
      await engine?.stop();
    },
  };
}

async function openEngine(
  config: Config,
  log: Logger,
  metrics: Metrics,
): Promise<SupervisedEngine> {
  const dataDir = join(config.dataDir, 'engine');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  let restarts = 0;
  const onChange = (state: EngineState) => {
    metrics.aicost_engine_up.set(state.up ? 1 : 0);
    metrics.aicost_engine_restarts_total.inc(Math.max(0, state.restarts - restarts));
    restarts = Math.max(restarts, state.restarts);
  };
  for (let attempt = 1; ; attempt++) {
    try {
      return await startEngine({ dataDir, log, onChange });
    } catch (error) {
      // One that was killed (for memory, or by a person) did not say that another start is hopeless.
      const wasKilled = error instanceof EngineStartError && error.exitCode === null;
      if (!wasKilled || attempt === FIRST_STARTS_MAX) {
        throw error;
      }
      log.warn({ err: error }, 'the engine was killed before it was ready; starting it again');
    }
  }
}

/** Migrates, again and again while ClickHouse is away. A database we must not touch ends it. */
async function prepare(store: Store, log: Logger, signal: AbortSignal): Promise<readonly string[]> {
  for (let attempt = 0; ; attempt++) {
    try {
      const applied = await migrate(store);
      if (applied.length > 0) {
        log.info({ migrations: applied }, 'the tables were brought to this version');
      }
      return applied;
    } catch (error) {
      if (error instanceof MigrationError || signal.aborted) {
        throw error;
      }
      const retryInMs = backoffMs(attempt, 0.5, judgeFailure(error).verdict);
      log.warn({ err: error, retry_in_ms: retryInMs }, 'ClickHouse is not ready');
      // While the collector starts there may be nothing else that keeps the process alive.
      await new Promise((resolve) => setTimeout(resolve, retryInMs));
    }
  }
}
