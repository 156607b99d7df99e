/**
 * What is asked of the parts when somebody reads /metrics: gauges are read then and cost nothing in between.
 * Invariant: what cannot be known now is absent, never an old value or 0.
 */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { localDatabase, systemTable } from '@ai-cost-profiler/clickhouse/cluster/table-places.ts';
import { askEngineStatus } from '@ai-cost-profiler/clickhouse/engine/ask-status.ts';
import manifest from '../package.json' with { type: 'json' };
import type { ControlState } from './control/control-state.ts';
import type { Journal } from './journal/journal.ts';
import type { SegmentBlocks } from './journal/pending-rows.ts';
import type { SeenSpans } from './journal/seen-spans.ts';
import type { SeenWindow } from './journal/seen-window.ts';
import type { Metrics } from './metrics.ts';
import type { Settling } from './open-ownership.ts';
import type { TenantBooks } from './price/tenant-books.ts';
import { setOrRemove } from './set-or-remove.ts';
import type { OpenTraces } from './settle/open-traces.ts';
import { settleGauges } from './settle-gauges.ts';
import type { Storage } from './storage.ts';
import type { WriteHealth } from './write/write-health.ts';

export interface GaugeParts {
  readonly dataDir: string;
  readonly journal: Journal<SegmentBlocks>;
  readonly seen: SeenSpans;
  readonly seenWindow: SeenWindow;
  readonly open: OpenTraces;
  readonly control: ControlState;
  readonly books: TenantBooks;
  readonly storage: Storage;
  readonly storing: {
    /** Up to when settle is through, in milliseconds since 1970; undefined before its first pass. */
    readonly settledThroughMs: number | undefined;
    readonly writing: WriteHealth;
    readonly settling: Settling;
  };
  readonly metrics: Metrics;
  readonly nowMs: () => number;
}

/** The gauges behind a question to the engine or the disk are read at most this often: anybody may ask for /metrics. */
const ASK_EVERY_MS = 5_000;
const ASK_MS_MAX = 1_000;

/** Makes the function that brings every gauge up to date. It never rejects. */
export function collectGauges(parts: GaugeParts): () => Promise<void> {
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let asking: Promise<unknown> = Promise.resolve();
  const engine = new EngineGauges(parts);
  parts.metrics.aicost_build_info.set(
    { version: manifest.version, node: process.versions.node },
    1,
  );
  return async () => {
    journalGauges(parts);
    intakeGauges(parts);
    ageGauges(parts);
    settleGauges(parts.storing.settling, parts.metrics);
    await unpricedShare(parts.metrics);
    if (performance.now() - askedAtMs >= ASK_EVERY_MS) {
      askedAtMs = performance.now();
      asking = Promise.all([setAsideGauges(parts), engine.read()]);
    }
    await asking;
  };
}

const secondsSince = (nowMs: number, thenMs: number | undefined): number | undefined =>
  thenMs === undefined ? undefined : Math.max(0, nowMs - thenMs) / 1000;

function journalGauges({ journal, storing, metrics, nowMs }: GaugeParts): void {
  const now = nowMs();
  metrics.aicost_write_failing_seconds.set(storing.writing.failingSeconds);
  metrics.aicost_journal_bytes.set(journal.bytes);
  metrics.aicost_journal_segments.set({ state: 'open' }, journal.openCount);
  metrics.aicost_journal_segments.set({ state: 'sealed' }, journal.queue.count);
  metrics.aicost_journal_oldest_seconds.set(secondsSince(now, journal.oldestMs) ?? 0);
  metrics.aicost_journal_unsynced_oldest_seconds.set(
    secondsSince(now, journal.unsyncedSinceMs) ?? 0,
  );
  metrics.aicost_journal_sealed_oldest_seconds.set(secondsSince(now, journal.queue.oldestMs) ?? 0);
}

function intakeGauges({ seen, seenWindow, open, metrics, nowMs }: GaugeParts): void {
  const now = nowMs();
  metrics.aicost_seen_spans.set(seen.size);
  metrics.aicost_seen_spans_capacity.set(seen.capacity);
  metrics.aicost_seen_oldest_seconds.set(secondsSince(now, seenWindow.oldestMs) ?? 0);
  const { traces, spans, oldestMs } = open.held;
  metrics.aicost_open_traces.set(traces);
  metrics.aicost_open_spans.set(spans);
  metrics.aicost_open_oldest_seconds.set(secondsSince(now, oldestMs) ?? 0);
}

function ageGauges({ books, control, storing, metrics, nowMs }: GaugeParts): void {
  const now = nowMs();
  const checkedMs = Date.parse(`${books.checkedAt}T00:00:00Z`);
  metrics.aicost_price_book_age_seconds.set(secondsSince(now, checkedMs) ?? 0);
  setOrRemove(metrics.aicost_settle_lag_seconds, secondsSince(now, storing.settledThroughMs));
  const refreshedMs = control.refreshedAt?.getTime();
  setOrRemove(metrics.aicost_control_age_seconds, secondsSince(now, refreshedMs));
}

async function unpricedShare(metrics: Metrics): Promise<void> {
  const priced = await sumOf(metrics.aicost_calls_priced_total);
  const unpriced = await sumOf(metrics.aicost_calls_unpriced_total);
  const all = priced + unpriced;
  setOrRemove(metrics.aicost_calls_unpriced_ratio, all === 0 ? undefined : unpriced / all);
}

async function sumOf(counter: { get(): Promise<{ values: { value: number }[] }> }) {
  return (await counter.get()).values.reduce((sum, { value }) => sum + value, 0);
}

/** Counted on the disk: what an earlier process set aside still waits for somebody to look at it. */
async function setAsideGauges({ dataDir, metrics }: GaugeParts): Promise<void> {
  for (const state of ['poison', 'damaged'] as const) {
    const names = await readdir(join(dataDir, 'journal', state)).catch(() => []);
    metrics.aicost_journal_segments.set({ state }, names.length);
  }
}

interface TableParts {
  readonly table: string;
  readonly parts: string;
  readonly rows: string;
  readonly bytes: string;
}

class EngineGauges {
  private readonly parts: GaugeParts;
  /** CPU of the engine process when it was asked last. */
  private asked = { pid: 0, cpuSeconds: 0 };

  constructor(parts: GaugeParts) {
    this.parts = parts;
  }

  async read(): Promise<void> {
    await Promise.all([this.readProcess(), this.readTables()]);
  }

  private async readProcess(): Promise<void> {
    const { storage, metrics } = this.parts;
    const { engine, store } = storage;
    metrics.aicost_engine_info.reset();
    metrics.aicost_engine_statements.reset();
    const status = engine && (await askEngineStatus(engine.address, ASK_MS_MAX));
    const version = status?.version ?? '';
    metrics.aicost_engine_info.set({ kind: store.kind, version }, 1);
    setOrRemove(metrics.aicost_engine_resident_memory_bytes, status?.rss_bytes);
    if (status === undefined) return;
    // A process that was started again counts from 0.
    const { pid, cpu_seconds: cpuSeconds } = status;
    const before = pid === this.asked.pid ? this.asked.cpuSeconds : 0;
    metrics.aicost_engine_cpu_seconds_total.inc(cpuSeconds - before);
    this.asked = { pid, cpuSeconds };
    for (const [lane, { running, waiting }] of Object.entries(status.lanes)) {
      metrics.aicost_engine_statements.set({ lane, state: 'running' }, running);
      metrics.aicost_engine_statements.set({ lane, state: 'waiting' }, waiting);
    }
  }

  private async readTables(): Promise<void> {
    const { storage, metrics } = this.parts;
    const { store } = storage;
    const tables = await store
      .query<TableParts>(
        `SELECT table, count() AS parts, sum(rows) AS rows, sum(bytes_on_disk) AS bytes
         FROM ${systemTable(store, 'parts')} WHERE database IN {databases:Array(String)} AND active GROUP BY table`,
        { databases: [store.database, localDatabase(store)] },
        { timeoutMs: ASK_MS_MAX },
      )
      // Absent is what these gauges say of an engine that does not answer; aicost_engine_up says why.
      .catch(() => []);
    metrics.aicost_engine_parts.reset();
    metrics.aicost_engine_rows.reset();
    metrics.aicost_engine_disk_bytes.reset();
    for (const { table, parts, rows, bytes } of tables) {
      metrics.aicost_engine_parts.set({ table }, Number(parts));
      metrics.aicost_engine_rows.set({ table }, Number(rows));
      metrics.aicost_engine_disk_bytes.set({ table }, Number(bytes));
    }
  }
}
