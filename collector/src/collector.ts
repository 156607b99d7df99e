/**
 * THE file to read first: the collector, put together. A trace request goes
 *   receive ▸ authenticate ▸ decode ▸ normalise ▸ price ▸ rows ▸ journal   (answered after the fsync)
 * and its rows go, on their own time,
 *   journal ▸ write ▸ ClickHouse ▸ queries ▸ API.
 * Parts are made in the order of the road and stopped in the same order: what takes in ends first.
 */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockDirectory } from '@ai-cost-profiler/clickhouse/engine/directory-lock.ts';
import { type AcceptSignals, acceptSignals } from './accept-signals.ts';
import { announcement, type Places } from './announce.ts';
import { createAuthenticate } from './authenticate/authenticate.ts';
import { startBackground } from './background.ts';
import { BufferPool } from './buffer-pool.ts';
import { connectableUrl, removeCollectorFile, writeCollectorFile } from './collector-file.ts';
import type { Config } from './config.ts';
import type { ControlState } from './control/control-state.ts';
import { tenantSecrets } from './control/fingerprint-secret.ts';
import { adminKeyPath, ensureFirstKey } from './control/first-key.ts';
import { ensureInitKeys, readInitKeys } from './control/init-keys.ts';
import { startRefreshLoop } from './control/refresh-loop.ts';
import { makeDataDirectory } from './data-directory.ts';
import { JsonThread } from './decode/json-thread.ts';
import type { Erasures } from './erasures.ts';
import { createHttpApp } from './http-app.ts';
import { SpanKeeper } from './keep-spans.ts';
import { MEMORY_SHARES } from './limits.ts';
import { type Listeners, openListeners } from './listeners.ts';
import type { Logger } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { DIALECTS } from './normalise/dialects.ts';
import { Normaliser } from './normalise/normalise.ts';
import { observeTotals } from './observe.ts';
import { openBackup } from './open-backup.ts';
import { type OpenBudgets, openBudgets } from './open-budgets.ts';
import { openErasures } from './open-erasures.ts';
import { type Health, openHealth } from './open-health.ts';
import { openImport } from './open-import.ts';
import { openLimits } from './open-limits.ts';
import { openLive } from './open-live.ts';
import { openOwnTraces } from './open-own-traces.ts';
import { openControl, openJournal } from './open-parts.ts';
import type { OwnTraces } from './own-traces.ts';
import { keepPricesTable, type PricesTableFiller } from './price/fill-prices-table.ts';
import { type OpenPrices, openPrices } from './price/open-prices.ts';
import { createPriceNow } from './price-now.ts';
import { createReceivers } from './receivers.ts';
import { CardinalityGuard } from './rows/cardinality-guard.ts';
import { ContentRedactor } from './rows/redact.ts';
import type { RunningCollector, StartCollector } from './running-collector.ts';
import { createEntryMaker } from './settle/make-entries.ts';
import { OpenTraces } from './settle/open-traces.ts';
import { createSqlHandler } from './sql/sql-listener.ts';
import { openStorage, type Storage } from './storage.ts';
import { Storing } from './storing.ts';
import { type RunningTotals, startControlTotals } from './totals/flush-loop.ts';

const LOCK_WAIT_MS = 10_000;
const OPEN_TRACE_MS_MAX = 60_000;
/** A first start waits this long for ClickHouse, so that "ready" means that questions are answered too. */
const FIRST_PREPARE_WAIT_MS = 5_000;

/** Starts every part. Resolves when spans can be taken. */
export const startCollector: StartCollector = async (request) => {
  const config = { ...request.config, dataDir: resolve(request.config.dataDir) };
  const { log } = request;
  await makeDataDirectory(config.dataDir);
  const unlock = await lockDirectory(config.dataDir, LOCK_WAIT_MS, null);
  try {
    const initKeys = await readInitKeys(config);
    const metrics = createMetrics(true);
    const ownTraces = await openOwnTraces(config, log);
    const storage = await openStorage(config, log, metrics, ownTraces);
    await Promise.race([storage.prepared, sleep(FIRST_PREPARE_WAIT_MS)]);
    const control = await openControl(config, storage, log);
    await ensureInitKeys(control, initKeys, log);
    const firstKey = await ensureFirstKey(control, config.dataDir, randomBytes);
    const prices = openPrices({ state: control, log, now: () => new Date(), randomBytes });
    const { store, prepared } = storage;
    const totals = startControlTotals({ store, prepared, ...observeTotals(log, metrics) });
    const budgets = openBudgets(config, control);
    const shared = { control, prices, totals, metrics, log };
    const { accept, ...road } = await openRoad(config, shared);
    const collector = new Collector({
      config,
      log,
      metrics,
      storage,
      control,
      prices,
      totals,
      budgets,
      ownTraces,
      ...road,
      unlock,
    });
    await collector.listen(accept);
    request.write(announcement(collector.places(), firstKey));
    for (const warning of request.warnings) {
      log.warn(warning);
    }
    return collector;
  } catch (error) {
    unlock();
    throw error;
  }
};

/** The stages from decode to journal. */
async function openRoad(
  config: Config,
  parts: Pick<Ground, 'control' | 'prices' | 'totals' | 'metrics' | 'log'>,
) {
  const { control, prices, totals, metrics, log } = parts;
  const { journal, seen, seenWindow, clock } = await openJournal(config, log, metrics);
  const limits = await openLimits({ config, control, journal, metrics, log });
  const bookFor = (tenant: string) => prices.books.bookFor(tenant);
  const guard = new CardinalityGuard();
  const live = openLive(metrics);
  const buffers = new BufferPool();
  // Well before any settler may look at an idle trace.
  const open = new OpenTraces({
    bytes: buffers,
    idleMsMax: Math.min(OPEN_TRACE_MS_MAX, config.settleAfterMs / 2),
    requestBytesMax: config.memoryMax * MEMORY_SHARES.openTraces,
  });
  const keeper = new SpanKeeper({
    journal,
    seen,
    normaliser: new Normaliser(DIALECTS),
    bookFor,
    redactor: new ContentRedactor({
      isContentStored: config.content,
      dialects: DIALECTS,
      secretOf: tenantSecrets(control),
    }),
    guard,
    open,
    mayReverse: config.settle && config.clickhouseCluster === null,
    live,
    metrics,
    log,
    spanBudget: limits.admission,
    nowMs: clock.nowMs,
  });
  const nowNs = () => BigInt(clock.nowMs()) * 1_000_000n;
  const maker = createEntryMaker({ bookFor, guard, nowNs });
  const json = new JsonThread();
  const accept = acceptSignals({ keeper, totals: totals.totals, metrics, json });
  const price = createPriceNow(prices.books);
  return { journal, seen, seenWindow, clock, limits, accept, maker, open, price, buffers, live };
}

type Road = Awaited<ReturnType<typeof openRoad>>;

/** What the stages stand on. */
interface Ground {
  config: Config;
  log: Logger;
  metrics: Metrics;
  storage: Storage;
  control: ControlState;
  prices: OpenPrices;
  totals: RunningTotals;
  budgets: OpenBudgets;
  ownTraces: OwnTraces;
  unlock: () => void;
}

type Parts = Ground & Omit<Road, 'accept'>;

class Collector implements RunningCollector {
  readonly failure: Promise<never>;
  private readonly parts: Parts;
  private readonly refresh: ReturnType<typeof startRefreshLoop>;
  private readonly fail: (error: unknown) => void;
  private listeners: Listeners | undefined;
  private readonly storing: Storing;
  private readonly erasures: Erasures;
  private readonly health: Health;
  private pricesTable: PricesTableFiller | undefined;
  private background: ReturnType<typeof startBackground> | undefined;
  private isDraining = false;

  constructor(parts: Parts) {
    this.parts = parts;
    const failure = Promise.withResolvers<never>();
    this.failure = failure.promise;
    this.fail = failure.reject;
    // Whoever starts the collector looks at `failure`; one that fails before that must not be unhandled.
    this.failure.catch(() => undefined);
    const limits = parts.limits.ofTenants;
    this.storing = new Storing({ ...parts, limits }, (error) => this.failUnlessDraining(error));
    this.erasures = openErasures({ ...parts, storing: this.storing });
    this.health = openHealth({ ...parts, storing: this.storing });
    this.refresh = startRefreshLoop(parts.control, parts.log);
    parts.storage.prepared
      .then(() => {
        this.pricesTable = this.keepPricesTable();
        const { storing } = this;
        if (!this.isDraining) this.background = startBackground({ ...parts, storing });
        return storing.start();
      })
      .then(() => this.erasures.start())
      .catch((error) => this.failUnlessDraining(error));
  }

  async listen(accept: AcceptSignals): Promise<void> {
    const { config, log, metrics, control, storage } = this.parts;
    const authenticate = createAuthenticate({
      findKey: (id) => control.keys.get(id),
      now: () => new Date(),
    });
    const { signalRoutes, grpcCalls } = createReceivers({ ...this.parts, accept, authenticate });
    const app = createHttpApp({
      ...this.parts,
      authenticate,
      signalRoutes,
      collectGauges: this.health.collectGauges,
      isDraining: () => this.isDraining,
      writing: this.storing.writing,
      settling: () => this.storing.settling,
      settle: (show) => this.storing.settleNow(show),
      verify: (show, signal) => this.erasures.compare(() => this.storing.verifyNow(show, signal)),
      reprice: (options, show) => this.storing.repriceNow(options, show),
      retention: (options, show) => this.storing.retentionNow(options, show),
      backup: openBackup({ ...this.parts, storing: this.storing }),
      erasures: this.erasures,
      importRows: openImport({ ...this.parts, accept: accept.traces }),
    });
    const { engine } = storage;
    const sqlHandler =
      engine === undefined
        ? undefined
        : createSqlHandler({
            authenticate,
            engineAddress: () => engine.address,
            database: config.database,
            log,
          });
    const listening = { config, metrics, log, app, grpcCalls, sqlHandler };
    this.listeners = await openListeners(listening);
    const http = connectableUrl(this.listeners.local);
    await writeCollectorFile(config.dataDir, { http, pid: process.pid });
  }

  /** Where the collector can be reached, for the person who started it. */
  places(): Places {
    const { scheme, http, grpc, sql } = this.listeners!;
    const { dataDir } = this.parts.config;
    return {
      httpUrl: connectableUrl(http, scheme),
      grpcUrl: grpc && connectableUrl(grpc, scheme),
      sqlUrl: sql && connectableUrl(sql, scheme),
      dataDir,
      keyFile: adminKeyPath(dataDir),
    };
  }

  async drain(deadline: AbortSignal): Promise<void> {
    const { config, storage, unlock } = this.parts;
    this.isDraining = true;
    this.parts.live.close();
    await this.listeners?.close(deadline);
    await this.parts.limits.stop();
    await this.erasures.stop(deadline);
    await this.parts.totals.stop(deadline);
    await this.background?.stop(deadline);
    await this.storing.drain(deadline);
    await this.health.stop(deadline);
    await this.refresh.stop();
    await this.pricesTable?.stop();
    await storage.close();
    await this.parts.ownTraces.close();
    await removeCollectorFile(config.dataDir);
    unlock();
  }

  async makeJournalSafe(): Promise<void> {
    await this.parts.journal.close();
  }

  private keepPricesTable(): PricesTableFiller {
    const { storage, prices, log } = this.parts;
    const book = () => prices.books.base;
    return keepPricesTable({ table: storage.store, book, now: () => new Date(), log });
  }

  private failUnlessDraining(error: unknown): void {
    if (!this.isDraining) {
      this.fail(error);
    }
  }
}
