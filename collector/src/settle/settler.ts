/**
 * Settle: finished groups of traces get the entries that bring the ledger to what it should say. It reads only after
 * every row journalled here before it began is stored, and writes through the same journal as everything else.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { Journal } from '../journal/journal.ts';
import type { SegmentBlocks } from '../journal/pending-rows.ts';
import { appendEntry } from '../rows/append-entry.ts';
import type { EntryBlock } from '../rows/entry-block.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import type { EntryMaker } from './difference.ts';
import { groupSpans, responseKey } from './groups.ts';
import {
  loadEntries,
  loadSpans,
  rangeOf,
  type TraceRange,
  tracesReceived,
  tracesSharingResponses,
} from './load-spans.ts';
import { settleGroup } from './settle-group.ts';
import { spanKey } from './settle-span.ts';

export interface SettlerDeps {
  store: Store;
  journal: Journal<SegmentBlocks & { readonly entry: EntryBlock }>;
  maker: EntryMaker;
  /** How long a trace must have been idle. */
  settleAfterMs: number;
  nowMs: () => number;
}

/** How far a pass is, and at the end what it did. */
export interface SettleProgress {
  traces: number;
  /** Traces that got entries. */
  corrected: number;
  entries: number;
  /** All spans received up to here are settled, in RFC 3339; null while the pass runs. */
  settledThrough: string | null;
}

const NS_PER_MS = 1_000_000n;
const NS_PER_DAY = 86_400_000_000_000n;
const TRACES_PER_STEP = 1_000;
const POLL_MS = 20;

export class Settler {
  private readonly deps: SettlerDeps;
  /** One pass at a time: two would both append the same difference. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(deps: SettlerDeps) {
    this.deps = deps;
  }

  /**
   * Settles every trace that is idle, or, with `all`, every trace that has anything new. Resolves with what was done.
   * Rejects with StoreError or JournalUnavailable; what was appended until then stands, and the next pass goes on.
   */
  settle(options: {
    all: boolean;
    onProgress?: (progress: SettleProgress) => void;
  }): Promise<SettleProgress> {
    const pass = this.turn.then(() => this.pass(options));
    this.turn = pass.catch(() => undefined);
    return pass;
  }

  private async pass(options: {
    all: boolean;
    onProgress?: (progress: SettleProgress) => void;
  }): Promise<SettleProgress> {
    const { store, nowMs, settleAfterMs } = this.deps;
    const startedMs = nowMs();
    await this.stored(startedMs);
    const afterNs = await this.settledThroughNs();
    const throughNs = BigInt(startedMs - (options.all ? 0 : settleAfterMs)) * NS_PER_MS;
    const progress: SettleProgress = { traces: 0, corrected: 0, entries: 0, settledThrough: null };
    let step: TraceRange[] = [];
    const flush = async () => {
      await this.settleTraces(step, progress);
      step = [];
      options.onProgress?.({ ...progress });
    };
    for await (const trace of tracesReceived(store, { afterNs, throughNs })) {
      const isFull = step.length >= TRACES_PER_STEP;
      if (step.length > 0 && (isFull || step[0]!.tenant !== trace.tenant)) {
        await flush();
      }
      step.push(trace);
    }
    if (step.length > 0) {
      await flush();
    }
    if (throughNs > afterNs) {
      await this.markThrough(throughNs);
    }
    if (options.all) {
      // Whoever asked looks at the sums next.
      await this.stored(nowMs());
    }
    const settledNs = throughNs > afterNs ? throughNs : afterNs;
    return { ...progress, settledThrough: new Date(Number(settledNs / NS_PER_MS)).toISOString() };
  }

  /** Waits until every row that came in before is in ClickHouse: what is not stored cannot be subtracted. */
  private async stored(beforeMs: number): Promise<void> {
    const { journal } = this.deps;
    for (;;) {
      const { oldestMs } = journal;
      if (oldestMs === undefined || oldestMs > beforeMs) {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  private async settleTraces(
    traces: readonly TraceRange[],
    progress: SettleProgress,
  ): Promise<void> {
    const { store, maker } = this.deps;
    const { tenant } = traces[0]!;
    const traceIds = traces.map(({ traceId }) => traceId);
    let spans = await loadSpans(store, { tenant, traceIds });
    const responseIds = spans.flatMap((span) =>
      responseKey(span) === undefined ? [] : [span.call!.responseId],
    );
    const others = await tracesSharingResponses(store, {
      tenant,
      responseIds: [...new Set(responseIds)],
      traceIds,
      ...rangeOf(traces),
    });
    if (others.length > 0) {
      spans = [...spans, ...(await loadSpans(store, { tenant, traceIds: others }))];
    }
    const entries = await loadEntries(store, { tenant, traceIds: [...traceIds, ...others] });
    const standingOf = Map.groupBy(entries, ({ traceId }) => traceId);
    const corrections = groupSpans(spans).flatMap((group) => {
      const ids = new Set(group.map(({ traceId }) => traceId));
      return settleGroup(
        group,
        [...ids].flatMap((id) => standingOf.get(id) ?? []),
        maker,
      );
    });
    progress.traces += traces.length;
    progress.corrected += new Set(corrections.map(({ traceId }) => traceId)).size;
    progress.entries += corrections.length;
    await this.append(corrections);
  }

  /** Entries of one span go into the journal in one piece, so that no crash leaves half of a correction. */
  private async append(entries: readonly LedgerEntry[]): Promise<void> {
    const { journal } = this.deps;
    for (const own of Map.groupBy(entries, spanKey).values()) {
      for (const entry of own) {
        appendEntry(journal.rowsFor(Number(entry.startNs / NS_PER_DAY)).blocks.entry, entry);
      }
    }
    if (entries.length > 0) {
      await journal.commit();
    }
  }

  /** Up to when received spans are settled; 0 when nothing ever was. */
  async settledThroughNs(): Promise<bigint> {
    const { store } = this.deps;
    const [row] = await store.query<{ through: string }>(
      `SELECT toUnixTimestamp64Nano(max(through)) AS through FROM ${store.database}.settle_marks`,
    );
    return BigInt(row?.through ?? 0);
  }

  private async markThrough(throughNs: bigint): Promise<void> {
    const { store, nowMs } = this.deps;
    const iso = (ns: bigint) => new Date(Number(ns / NS_PER_MS)).toISOString();
    const row = { through: iso(throughNs), recorded_at: iso(BigInt(nowMs()) * NS_PER_MS) };
    await store.insertRows(`${store.database}.settle_marks`, [row]);
  }
}

/** Progress in the names of the API. */
export function progressRow({
  traces,
  corrected,
  entries,
  settledThrough,
}: SettleProgress): object {
  return { traces, corrected, entries, settled_through: settledThrough };
}
