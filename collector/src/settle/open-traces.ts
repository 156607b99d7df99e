/**
 * Traces with calls that came in lately, so that a later request may decide what an earlier one could not: a bounded
 * number of spans, the oldest traces are forgotten. Invariant: what is forgotten is decided by settle, so nothing is
 * lost; a trace that settle looks at is forgotten first, so that the two never correct the same entry.
 */
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import type { SettleSpan } from './settle-span.ts';

/** What is known of one trace. */
export interface OpenTrace {
  readonly key: string;
  readonly tenant: string;
  readonly traceId: string;
  /** The newest version of each span, by its id. */
  readonly spans: Map<string, SettleSpan>;
  /** The entries appended for a span so far, by its id. */
  readonly entries: Map<string, LedgerEntry[]>;
  /** Rows kept of it: all there are, unless another collector, or this one before it started, kept some. */
  rows: number;
  hasCalls: boolean;
  /** Requests whose rows are not durable yet. */
  uncommitted: number;
  lastMs: number;
}

/** About 40 MB. */
const SPANS_MAX = 100_000;

export class OpenTraces {
  private readonly traces = new Map<string, OpenTrace>();
  private readonly idleMsMax: number;
  private readonly spansMax: number;
  private spans = 0;
  private isSuspended = false;

  /** `idleMsMax` must be well below the time after which another collector may settle a trace. */
  constructor({ idleMsMax, spansMax = SPANS_MAX }: { idleMsMax: number; spansMax?: number }) {
    this.idleMsMax = idleMsMax;
    this.spansMax = spansMax;
  }

  get isEmpty(): boolean {
    return this.traces.size === 0;
  }

  /** For the gauges: how many, of how many spans, and when the longest idle got its last one. */
  get held(): { traces: number; spans: number; oldestMs: number | undefined } {
    const [oldest] = this.traces.values();
    return { traces: this.traces.size, spans: this.spans, oldestMs: oldest?.lastMs };
  }

  get(key: string): OpenTrace | undefined {
    return this.traces.get(key);
  }

  /** Remembers the trace as the youngest, and forgets the oldest where there are too many. */
  keep(trace: OpenTrace, nowMs: number): void {
    this.forget(trace.key);
    if (this.isSuspended) {
      return;
    }
    trace.lastMs = nowMs;
    this.traces.set(trace.key, trace);
    this.spans += trace.spans.size;
    for (const oldest of this.traces.values()) {
      if (this.spans <= this.spansMax && nowMs - oldest.lastMs <= this.idleMsMax) {
        return;
      }
      this.forget(oldest.key);
    }
  }

  forget(key: string): void {
    const known = this.traces.get(key);
    if (known !== undefined) {
      this.traces.delete(key);
      this.spans -= known.spans.size;
    }
  }

  /** Leaves these traces to settle. True when one of them was open: what was appended for it may not be stored yet. */
  release(tenant: string, traceIds: Iterable<string>): boolean {
    let wasOpen = false;
    for (const traceId of traceIds) {
      const key = openTraceKey(tenant, Buffer.from(traceId, 'hex').toString('latin1'));
      wasOpen ||= this.traces.has(key);
      this.forget(key);
    }
    return wasOpen;
  }

  /** Leaves every trace to whoever corrects the ledger next. */
  releaseAll(): void {
    this.traces.clear();
    this.spans = 0;
  }

  /** Remembers nothing while the work goes on, which corrects entries that are as young. */
  async suspended<T>(work: () => Promise<T>): Promise<T> {
    this.releaseAll();
    this.isSuspended = true;
    try {
      return await work();
    } finally {
      this.isSuspended = false;
    }
  }
}

/** `traceId` as the 16 bytes in latin1. */
export function openTraceKey(tenant: string, traceId: string): string {
  return traceId + tenant;
}
