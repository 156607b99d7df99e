/**
 * Parts of a data directory that the collector opens, and so does work on the ledger of one that is stopped.
 * Whoever opens them holds the directory's lock.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import type { Config } from './config.ts';
import { ConfigError } from './config-error.ts';
import { createClickHouseControlStore } from './control/clickhouse-control-store.ts';
import { controlCopyPath } from './control/control-copy.ts';
import { type ControlState, openControlState } from './control/control-state.ts';
import { ensureFingerprintSecret } from './control/fingerprint-secret.ts';
import { forwardClock } from './forward-clock.ts';
import { Journal } from './journal/journal.ts';
import { SeenSpans, seenSpansBytes, seenSpansWithin } from './journal/seen-spans.ts';
import { SeenWindow } from './journal/seen-window.ts';
import { diskFiles } from './journal/segment-files.ts';
import { JOURNAL_LIMITS, MEMORY_SHARES } from './limits.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { observeJournal } from './observe.ts';
import { createEntryBlock } from './rows/entry-block.ts';
import { createSpanBlock } from './rows/span-block.ts';
import type { Storage } from './storage.ts';

/** The control state from its copy, and from ClickHouse where that is there. */
export async function openControl(
  config: Config,
  storage: Storage,
  log: Logger,
): Promise<ControlState> {
  const control = await openControlState({
    store: createClickHouseControlStore(storage.store),
    copyPath: controlCopyPath(config.dataDir),
    now: () => new Date(),
    randomInt: (below) => randomInt(below),
    log,
  });
  if (storage.isPrepared()) {
    await control.refresh().catch((error: unknown) => {
      if (!(error instanceof StoreError)) {
        throw error;
      }
      // It can go away again at once. The copy is enough to start with; the refresh loop asks again.
      log.warn(
        { err: error },
        'the control state could not be read; its copy is used until it can',
      );
    });
  }
  await ensureFingerprintSecret(control, randomBytes);
  return control;
}

/** The journal, what an earlier process left in it included, and the filter of spans that were seen. */
export async function openJournal(config: Config, log: Logger, metrics: Metrics) {
  const seen = new SeenSpans(seenCapacity(config));
  const observe = observeJournal(log, metrics);
  let seenWindow: SeenWindow | undefined;
  const clock = forwardClock(Date.now, () => performance.now());
  const journal = await Journal.open({
    directory: join(config.dataDir, 'journal'),
    files: diskFiles,
    limits: { ...JOURNAL_LIMITS, journalBytesMax: config.journalBytesMax },
    seen,
    createBlocks: () => ({ span: createSpanBlock(), entry: createEntryBlock() }),
    nowMs: clock.nowMs,
    randomId: () => randomBytes(16).toString('hex'),
    onEvent: (event) => {
      observe(event);
      if (event.kind === 'sealed') seenWindow?.note(clock.nowMs());
    },
  });
  seenWindow = new SeenWindow(seen, clock.startedMs);
  return { journal, seen, seenWindow, clock };
}

function seenCapacity({ dedupeSpans, memoryMax }: Config): number {
  if (dedupeSpans === null) return seenSpansWithin(memoryMax * MEMORY_SHARES.seenSpans);
  const needed = seenSpansBytes(dedupeSpans);
  if (needed <= memoryMax * MEMORY_SHARES.seenSpansMost) return dedupeSpans;
  const memory = Math.ceil(needed / MEMORY_SHARES.seenSpansMost / 1e6);
  throw new ConfigError(
    `--dedupe-spans is ${dedupeSpans}, which takes ${Math.ceil(needed / 1e6)} MB; expected at most half of --memory-max. Give --memory-max ${memory}MB or more, or fewer spans.`,
  );
}
