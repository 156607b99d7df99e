/**
 * Settle: finished groups of traces get the entries that bring the ledger to what it should say. It reads only after
 * every row journalled here before it began is stored, and writes through the same journal as everything else.
 */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { appendEntries, type EntryJournal } from './append-entries.ts';
import type { EntryMaker } from './difference.ts';
import { type LoadedGroup, loadGroups } from './load-groups.ts';
import { loadSpans, type TraceName, tracesReceived } from './load-spans.ts';
import { settleGroup } from './settle-group.ts';

export interface SettlerDeps {
  store: Store;
  journal: EntryJournal;
  maker: EntryMaker;
  /** How long a trace must have been idle. */
  settleAfterMs: number;
  nowMs: () => number;
  /** Resolves when every row that came in until now is stored. */
  stored: () => Promise<void>;
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
const TRACES_PER_STEP = 1_000;

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
    return this.exclusively(() => this.pass(options));
  }

  /** Runs other work that appends corrections, such as repricing, while no pass runs. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async pass(options: {
    all: boolean;
    onProgress?: (progress: SettleProgress) => void;
  }): Promise<SettleProgress> {
    const { store, nowMs, settleAfterMs, stored } = this.deps;
    const startedMs = nowMs();
    await stored();
    const afterNs = await this.settledThroughNs();
    // A span may still come in within the millisecond in which the pass began: it is left to the next one.
    const throughMs = startedMs - 1 - (options.all ? 0 : settleAfterMs);
    const throughNs = BigInt(throughMs) * NS_PER_MS;
    const progress: SettleProgress = { traces: 0, corrected: 0, entries: 0, settledThrough: null };
    const together = new Set<string>();
    let step: TraceName[] = [];
    const flush = async () => {
      await this.settleTraces(step, { progress, together });
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
    if (options.all || progress.entries > 0) {
      // Whoever asked looks at the sums next, and a mark says that they are as settle wants them.
      await stored();
    }
    if (throughNs > afterNs) {
      await this.markThrough(throughNs);
    }
    const settledNs = throughNs > afterNs ? throughNs : afterNs;
    return { ...progress, settledThrough: new Date(Number(settledNs / NS_PER_MS)).toISOString() };
  }

  /** `together` holds the traces that this pass settled with others: their entries may not be stored yet. */
  private async settleTraces(
    traces: readonly TraceName[],
    { progress, together }: { progress: SettleProgress; together: Set<string> },
  ): Promise<void> {
    const { store, journal, maker } = this.deps;
    const { tenant } = traces[0]!;
    const traceIds = traces.map(({ traceId }) => traceId);
    const spans = await loadSpans(store, { tenant, traceIds });
    const groups = await loadGroups(store, { tenant, spans });
    const corrections = groups
      .filter((group) => isFirstSeen(tenant, group, together))
      .flatMap((group) => settleGroup(group.spans, group.entries, maker));
    progress.traces += traces.length;
    progress.corrected += new Set(corrections.map(({ traceId }) => traceId)).size;
    progress.entries += corrections.length;
    await appendEntries(journal, corrections);
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

/** Whether no trace of the group was settled in this pass already; remembers those of a group of several. */
function isFirstSeen(tenant: string, { spans }: LoadedGroup, together: Set<string>): boolean {
  const keys = [...new Set(spans.map(({ traceId }) => `${tenant}/${traceId}`))];
  const isNew = !keys.some((key) => together.has(key));
  if (keys.length > 1) {
    for (const key of keys) {
      together.add(key);
    }
  }
  return isNew;
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
