/** What the stages report, as log lines and metrics, and how each part is, for /readyz. */
import type { ReadinessPart } from './api/health.ts';
import type { ControlState } from './control/control-state.ts';
import type { Journal } from './journal/journal.ts';
import type { JournalEvent } from './journal/journal-options.ts';
import type { SegmentBlocks } from './journal/pending-rows.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Settling } from './open-ownership.ts';
import type { TenantBooks } from './price/tenant-books.ts';
import { daysSince } from './price-row.ts';
import type { DayOutcome } from './retention/day-outcome.ts';
import type { RetentionResult } from './retention/retention-pass.ts';
import type { OwnershipEvent } from './settle/ownership/cluster-ownership-deps.ts';
import { SettledElsewhere } from './settle/ownership/settle-ownership.ts';
import type { SettleLoopDeps } from './settle/settle-loop.ts';
import type { Storage } from './storage.ts';
import type { FlushLoopDeps } from './totals/flush-loop.ts';
import type { WriteHealth } from './write/write-health.ts';
import type { WriterEvent } from './write/writer.ts';

export function observeJournal(log: Logger, metrics: Metrics): (event: JournalEvent) => void {
  return (event) => {
    switch (event.kind) {
      case 'recovered':
        if (event.segments > 0 || event.tornBytes > 0) {
          log.info(
            { segments: event.segments, torn_bytes: event.tornBytes },
            'the journal of an earlier process was recovered',
          );
        }
        break;
      case 'damaged':
        log.error(
          { directory: event.directory, reason: event.reason },
          'a journal segment is damaged and was set aside',
        );
        break;
      case 'flushed':
        metrics.aicost_journal_sync_seconds.observe(event.durationMs / 1000);
        break;
      case 'flush_failed':
        log.error(
          { err: event.error, taken_back: event.isTakenBack },
          'the journal could not be written; senders were told to resend',
        );
        break;
      case 'well_again':
        log.info('the disk of the journal works again; rows are taken');
        break;
      case 'seal_failed':
        log.error({ err: event.error }, 'a journal segment could not be sealed; trying again');
        break;
      case 'compact_failed':
        log.warn({ err: event.error }, 'the checkpoint of the seen-span filter was not compacted');
        break;
      case 'sealed':
        log.debug(
          { rows: event.segment.spanRows + event.segment.entryRows, day: event.segment.day },
          'a journal segment was sealed',
        );
        break;
    }
  };
}

export function observeWriter(
  log: Logger,
  metrics: Metrics,
  health: WriteHealth,
  nowMs: () => number = Date.now,
): (event: WriterEvent) => void {
  return (event) => {
    health.note(event);
    const { segment } = event;
    const batch = { writer_id: segment.writerId, batch_seq: segment.batchSeq, day: segment.day };
    switch (event.kind) {
      case 'written':
        metrics.aicost_engine_up.set(1);
        metrics.aicost_write_batches_total.inc({
          outcome: event.isRepaired ? 'repaired' : 'written',
        });
        metrics.aicost_write_seconds.observe(event.durationMs / 1000);
        metrics.aicost_write_lag_seconds.set((nowMs() - segment.sealedAtMs) / 1000);
        log.debug({ ...batch, duration_ms: event.durationMs }, 'a batch was written');
        break;
      case 'repaired':
        log.warn({ ...batch, tables: event.tables }, 'tables that lacked a batch were repaired');
        break;
      case 'failed':
        metrics.aicost_write_batches_total.inc({ outcome: 'retried' });
        tellFailure(log, batch, event);
        metrics.aicost_engine_up.set(event.failure.verdict === 'no_answer' ? 0 : 1);
        break;
      case 'set_aside':
        metrics.aicost_write_batches_total.inc({ outcome: 'poison' });
        log.error(
          { ...batch, err: event.error, directory: event.directory },
          'ClickHouse refuses a batch; it was set aside, nothing of it is lost',
        );
        break;
    }
  };
}

/** What somebody must look at is an error; the rest passes. */
function tellFailure(
  log: Logger,
  batch: object,
  { error, failure, retryInMs }: Extract<WriterEvent, { kind: 'failed' }>,
): void {
  const { verdict, advice } = failure;
  const fields = { ...batch, err: error, verdict, advice, retry_in_ms: retryInMs };
  const level = verdict === 'operator' ? 'error' : 'warn';
  log[level](fields, 'a batch was not written; trying again');
}

/** What settle does, for its loop. A collector that waits for its turn has nothing to say. */
export function observeSettle(
  log: Logger,
  metrics: Metrics,
): Pick<SettleLoopDeps, 'onDone' | 'onFailed'> {
  return {
    onDone: ({ traces, entries, settledThrough }) => {
      metrics.aicost_settle_traces_total.inc(traces);
      metrics.aicost_settle_entries_total.inc(entries);
      if (entries > 0) {
        log.info({ traces, entries, settled_through: settledThrough }, 'traces were settled');
      }
    },
    onFailed: (error) => {
      if (error instanceof SettledElsewhere) return;
      metrics.aicost_settle_failures_total.inc();
      log.warn({ err: error }, 'a settle pass failed; the next one goes on from there');
    },
  };
}

/** Who settles on a cluster. */
export function observeOwnership(log: Logger): (event: OwnershipEvent) => void {
  return (event) => {
    if (event.kind === 'taken') {
      log.info({ after: event.from?.name ?? null }, 'this collector settles from now on');
    } else if (event.kind === 'lost') {
      log.warn('this collector does not settle any more: another one took over');
    } else if (event.kind === 'stored') {
      log.info('all that was left of when this collector settled is stored');
    } else {
      log.warn({ err: event.error }, 'who settles is not known; it is asked again');
    }
  };
}

/** What a pass of retention does. */
export function observeRetention(log: Logger, metrics: Metrics) {
  return {
    onDay: ({ what, day, tenants, rows, waiting, difference }: DayOutcome): void => {
      metrics.aicost_retention_rows_total.inc({ what }, rows);
      if (difference !== null) {
        log.error({ what, day, difference }, 'a day is due to expire and is not right: it is kept');
      } else if (rows > 0) {
        log.info({ what, day, tenants: tenants.length, rows, waiting }, 'a day has expired');
      }
    },
    onDone: ({ traces, waiting }: RetentionResult): void => {
      metrics.aicost_retention_rows_total.inc({ what: 'traces' }, traces);
      metrics.aicost_retention_waiting.reset();
      for (const [reason, days] of Object.entries(waiting)) {
        metrics.aicost_retention_waiting.set({ reason }, days);
      }
    },
    onFailed: (error: unknown): void => {
      if (error instanceof SettledElsewhere) return;
      metrics.aicost_retention_failures_total.inc();
      log.warn({ err: error }, 'a pass of retention failed; the next one goes on from there');
    },
  };
}

/** What becomes of control totals. */
export function observeTotals(
  log: Logger,
  metrics: Metrics,
): Pick<FlushLoopDeps, 'onOutcome' | 'onDelayed'> {
  return {
    onOutcome: (outcome, count) => metrics.aicost_control_totals_total.inc({ outcome }, count),
    onDelayed: (error) => log.warn({ err: error }, 'control totals wait for ClickHouse'),
  };
}

function setAsidePart({ queue }: Journal<SegmentBlocks>): ReadinessPart {
  return {
    name: 'set aside',
    // No balancer should turn away from it, but somebody must look.
    neededFor: 'complete',
    check: () => {
      const { poison, damaged } = queue.setAsideCounts;
      const detail = `${poison} poison, ${damaged} damaged segments`;
      const ok = poison + damaged === 0;
      return { ok, detail: ok ? detail : `${detail}: see aicost journal list` };
    },
  };
}

/** How each part is, told truthfully at each question; the journal's figures go to the metrics too. */
export function readinessParts(parts: {
  journal: Journal<SegmentBlocks>;
  storage: Storage;
  control: ControlState;
  books: TenantBooks;
  writing: WriteHealth;
  settling: () => Settling;
  metrics: Metrics;
}): ReadinessPart[] {
  const { journal, storage, control, books, writing, settling, metrics } = parts;
  return [
    {
      name: 'journal',
      neededFor: 'ingest',
      check: () => {
        const refusal = journal.refusal();
        return { ok: refusal === undefined, detail: refusal ?? `${journal.bytes} bytes wait` };
      },
    },
    setAsidePart(journal),
    {
      name: 'keys',
      neededFor: 'ingest',
      check: () => ({ ok: control.keys.size > 0, detail: `${control.keys.size} keys` }),
    },
    {
      name: 'price book',
      neededFor: 'ingest',
      // An old book prices on: how old it is matters to people, not to a balancer.
      check: () => {
        const days = daysSince(books.checkedAt, new Date());
        const { version } = books.base;
        return { ok: true, detail: `${version}, checked ${books.checkedAt}, ${days} days ago` };
      },
    },
    {
      name: 'clickhouse',
      neededFor: 'query',
      check: async () => {
        metrics.aicost_engine_up.set(0);
        await storage.store.ping(1_000);
        metrics.aicost_engine_up.set(1);
        const ok = storage.isPrepared();
        return { ok, detail: ok ? 'answers' : 'answers, but its tables are not ready' };
      },
    },
    {
      name: 'writer',
      neededFor: 'complete',
      check: () => writing.state(journal.queue.count),
    },
    { name: 'settle', neededFor: 'complete', check: () => settling().state },
  ];
}
