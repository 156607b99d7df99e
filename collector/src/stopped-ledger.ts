/**
 * The ledger of a data directory on which no collector runs, for settle, verify, reprice, retention and backup: opened
 * as the collector opens it, but for listeners. Invariant: the directory is locked meanwhile, and what an earlier
 * collector left in the journal is stored before anything is looked at.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  DirectoryLockedError,
  lockDirectory,
} from '@ai-cost-profiler/clickhouse/engine/directory-lock.ts';
import { EngineStartError } from '@ai-cost-profiler/clickhouse/engine/supervise.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { BACKUP_BODY, REPRICE_BODY, RETENTION_BODY, readReprice } from './api/admin-ledger.ts';
import { CommandError } from './cli/command.ts';
import type { LedgerOperations, OpenStoppedLedger } from './cli/ledger-door.ts';
import type { Config } from './config.ts';
import { controlCopyPath } from './control/control-copy.ts';
import { LimitsOfTenants } from './limit/tenant-limits.ts';
import { tenantDefaults } from './limits.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';
import { preparedInTime } from './migrate-command.ts';
import { openBackup } from './open-backup.ts';
import { openControl, openJournal } from './open-parts.ts';
import { NO_OWN_TRACES } from './own-traces.ts';
import { openPrices } from './price/open-prices.ts';
import { createPriceNow } from './price-now.ts';
import { CardinalityGuard } from './rows/cardinality-guard.ts';
import { createEntryMaker } from './settle/make-entries.ts';
import { OpenTraces } from './settle/open-traces.ts';
import { openStorage } from './storage.ts';
import { Storing, type StoringParts } from './storing.ts';

type Show = (progress: object) => void;

/** Only an owner that is about to end is waited for. */
const LOCK_WAIT_MS = 5_000;
const DRAIN_TIMEOUT_MS = 60_000;

/** Undefined where no collector ever started. @throws CommandError when it cannot be had */
export const openStoppedLedger: OpenStoppedLedger = async (given) => {
  const parts = await openStoppedParts(given);
  return parts && { ...operationsOn(parts), close: parts.close };
};

export interface TablesWork<T> {
  /** Looks at the tables while the journal is as it was left; what it throws ends everything, and nothing changed. */
  readonly before: (store: Store) => Promise<void>;
  /** Runs once what was left in the journal is stored. */
  readonly work: (store: Store) => Promise<T>;
}

/**
 * Runs work on the tables of a data directory. Undefined where no collector ever started.
 * @throws CommandError when they cannot be had
 */
export async function withStoppedTables<T>(
  config: Config,
  { before, work }: TablesWork<T>,
): Promise<T | undefined> {
  const parts = await openStoppedParts(config, before);
  if (parts === undefined) return undefined;
  const { storing, storage, unlessFailed, close } = parts;
  try {
    const options = { holdWriter: true, isReading: true };
    const done = storing.exclusively(() => work(storage.store), options);
    return await unlessFailed(done);
  } finally {
    await close();
  }
}

type LookFirst = TablesWork<unknown>['before'];

async function openStoppedParts(given: Config, before?: LookFirst) {
  const config = { ...given, dataDir: resolve(given.dataDir), settle: false };
  if (!existsSync(controlCopyPath(config.dataDir))) return undefined;
  const unlock = await lock(config.dataDir);
  try {
    return await openLocked(config, { maySettle: given.settle, before }, unlock);
  } catch (error) {
    unlock();
    throw error instanceof EngineStartError
      ? new CommandError(error.message, { cause: error })
      : error;
  }
}

interface Opening {
  /** As --settle says; by itself nothing settles here. */
  readonly maySettle: boolean;
  readonly before: LookFirst | undefined;
}

async function openLocked(config: Config, { maySettle, before }: Opening, unlock: () => void) {
  const log = createLog(config.logLevel, process.stderr);
  const metrics = createMetrics();
  const storage = await openStorage(config, log, metrics);
  const failed = Promise.withResolvers<never>();
  // Whoever works looks at it; a failure between two pieces of work must not be unhandled.
  failed.promise.catch(() => undefined);
  try {
    await preparedInTime(storage.prepared, config.clickhouseCluster);
    await before?.(storage.store);
    const { storing, journal } = await startStoring(
      { config, maySettle, log, metrics, storage },
      failed.reject,
    );
    const unlessFailed = <T>(work: Promise<T>) => Promise.race([work, failed.promise]);
    const close = async () => {
      await storing.drain(AbortSignal.timeout(DRAIN_TIMEOUT_MS));
      await storage.close();
      unlock();
    };
    return { config, storage, storing, journal, unlessFailed, close };
  } catch (error) {
    await storage.close();
    throw error;
  }
}

type OpenParts = Awaited<ReturnType<typeof openLocked>>;

function operationsOn(parts: OpenParts): LedgerOperations {
  const { storing, unlessFailed } = parts;
  const signal = new AbortController().signal;
  return {
    settle: (_body: object, show: Show) => unlessFailed(storing.settleNow(show)),
    verify: (_body: object, show: Show) => unlessFailed(storing.verifyNow(show, signal)),
    reprice: async (body: object, show: Show) => {
      const asked = readReprice(REPRICE_BODY.parse(body), new Date());
      return unlessFailed(storing.repriceNow(asked, show));
    },
    retention: async (body: object, show: Show) => {
      const { dry_run: dryRun } = RETENTION_BODY.parse(body);
      return unlessFailed(storing.retentionNow({ dryRun }, show));
    },
    backup: async (body: object, show: Show) => {
      const { to, clickhouse_to: clickhouseTo } = BACKUP_BODY.parse(body);
      const run = await openBackup(parts)({ to, clickhouseTo });
      return unlessFailed(run(show, signal));
    },
  };
}

/** `onFailed` is told of what the writer cannot overcome: nothing would be stored any more. */
async function startStoring(
  opened: Pick<StoringParts, 'config' | 'maySettle' | 'log' | 'metrics' | 'storage'>,
  onFailed: (error: unknown) => void,
): Promise<{ storing: Storing; journal: StoringParts['journal'] }> {
  const { config, log, metrics, storage } = opened;
  const control = await openControl(config, storage, log);
  const { books } = openPrices({ state: control, log, now: () => new Date(), randomBytes });
  const { journal, clock } = await openJournal(config, log, metrics);
  const limits = new LimitsOfTenants(control, tenantDefaults(config));
  const maker = createEntryMaker({
    bookFor: (tenant) => books.bookFor(tenant),
    guard: new CardinalityGuard(),
    nowNs: () => BigInt(clock.nowMs()) * 1_000_000n,
  });
  const storing = new Storing(
    // Nothing is taken in here.
    {
      ...opened,
      journal,
      clock,
      control,
      maker,
      open: new OpenTraces({ idleMsMax: 0 }),
      price: createPriceNow(books),
      limits,
      ownTraces: NO_OWN_TRACES,
      live: { isHeard: false, publish: () => undefined, tenants: () => [] },
    },
    onFailed,
  );
  await storing.start();
  return { storing, journal };
}

async function lock(dataDir: string): Promise<() => void> {
  try {
    return await lockDirectory(dataDir, LOCK_WAIT_MS, null);
  } catch (error) {
    if (error instanceof DirectoryLockedError) {
      throw new CommandError(error.message, { cause: error });
    }
    throw error;
  }
}
