/**
 * Traces with calls that came in lately, so that a later request may decide what an earlier one could not: a bounded
 * number of spans and bytes, the oldest traces are forgotten. A trace stays in the bytes of the one request that
 * brought it until another request brings more of it; only then objects are made.
 * Invariant: what is forgotten is decided by settle, so nothing is lost; a trace that settle looks at is forgotten
 * first, so that the two never correct the same entry.
 */
import type { BufferHolders } from '../buffer-pool.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import type { RequestRecord } from './request-record.ts';
import type { SettleSpan } from './settle-span.ts';
import { tenantSeed, traceHash } from './trace-hash.ts';
import { type YoungTrace, YoungTraces } from './young-traces.ts';

/** What is known of one trace that several requests brought. */
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

type AnyRecord = RequestRecord<unknown>;

/** As objects about 40 MB. */
const SPANS_MAX = 100_000;
/** Of requests that are kept for their traces; what is known of their spans takes half as much beside it. */
const REQUEST_BYTES_MAX = 48 * 1024 * 1024;

/** Where nobody uses the memory of bodies again, the collector of garbage finds it. */
const GARBAGE: BufferHolders = { keep: () => undefined, letGo: () => undefined };

export class OpenTraces {
  private readonly traces = new Map<string, OpenTrace>();
  private readonly young = new YoungTraces<AnyRecord>();
  /** In the order in which they came, with their numbers in `young`. */
  private readonly records = new Map<AnyRecord, number>();
  private readonly idleMsMax: number;
  private readonly spansMax: number;
  private readonly requestBytesMax: number;
  private readonly bytes: BufferHolders;
  private spans = 0;
  private requestBytes = 0;
  private isSuspended = false;

  /** `idleMsMax` must be well below the time after which another collector may settle a trace. */
  constructor({
    idleMsMax,
    spansMax = SPANS_MAX,
    requestBytesMax = REQUEST_BYTES_MAX,
    bytes = GARBAGE,
  }: {
    idleMsMax: number;
    spansMax?: number;
    requestBytesMax?: number;
    /** Told what bodies are kept here. */
    bytes?: BufferHolders;
  }) {
    this.idleMsMax = idleMsMax;
    this.spansMax = spansMax;
    this.requestBytesMax = requestBytesMax;
    this.bytes = bytes;
  }

  get isEmpty(): boolean {
    return this.traces.size === 0 && this.records.size === 0;
  }

  /** Whether traces are remembered that several requests brought: only those have a key. */
  get hasOld(): boolean {
    return this.traces.size > 0;
  }

  /** For the gauges: how many, of how many spans, and when the longest idle got its last one. */
  get held(): { traces: number; spans: number; oldestMs: number | undefined } {
    const [record] = this.records.keys();
    const [trace] = this.traces.values();
    const oldestMs = Math.min(record?.lastMs ?? Infinity, trace?.lastMs ?? Infinity);
    return {
      traces: this.traces.size + this.young.count,
      spans: this.spans,
      oldestMs: oldestMs === Infinity ? undefined : oldestMs,
    };
  }

  get(key: string): OpenTrace | undefined {
    return this.traces.get(key);
  }

  /** The trace of which span n of a request is one, as an earlier request told it. */
  findYoung(record: AnyRecord, n: number): YoungTrace<AnyRecord> | undefined {
    if (this.young.count === 0) return undefined;
    const found = this.young.find(record.traceHash(n));
    return found !== undefined && isSameTrace(found, record, n) ? found : undefined;
  }

  /** Remembers traces of a request, by their numbers; one of the same hash is forgotten for it. */
  keepYoung(record: AnyRecord, traces: readonly number[], nowMs: number): void {
    if (this.isSuspended || traces.length === 0) return;
    record.lastMs = nowMs;
    const number = this.young.own(record);
    for (let i = 0; i < traces.length; i++) {
      const trace = traces[i]!;
      this.young.add(record.traceHash(record.traces.first[trace]!), trace, number);
    }
    this.records.set(record, number);
    this.bytes.keep(record.spans.bytes);
    this.spans += record.spans.count;
    this.requestBytes += record.spans.bytes.length;
    this.forgetOldest(nowMs);
  }

  forgetYoung(one: YoungTrace<AnyRecord>): void {
    this.young.forget(one);
  }

  forgetRecord(record: AnyRecord): void {
    const number = this.records.get(record);
    if (number !== undefined) {
      this.records.delete(record);
      this.spans -= record.spans.count;
      this.requestBytes -= record.spans.bytes.length;
      this.young.forgetOwner(number);
      this.bytes.letGo(record.spans.bytes);
    }
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
    this.forgetOldest(nowMs);
  }

  forget(key: string): void {
    const known = this.traces.get(key);
    if (known !== undefined) {
      this.traces.delete(key);
      this.spans -= known.spans.size;
    }
  }

  private forgetOldest(nowMs: number): void {
    for (;;) {
      const [record] = this.records.keys();
      const [trace] = this.traces.values();
      const isRecordOlder =
        (record?.lastMs ?? Number.POSITIVE_INFINITY) <= (trace?.lastMs ?? Number.POSITIVE_INFINITY);
      const oldestMs = Math.min(
        record?.lastMs ?? Number.POSITIVE_INFINITY,
        trace?.lastMs ?? Number.POSITIVE_INFINITY,
      );
      const isFull = this.spans > this.spansMax || this.requestBytes > this.requestBytesMax;
      if (!isFull && nowMs - oldestMs <= this.idleMsMax) return;
      if (isRecordOlder && record !== undefined) this.forgetRecord(record);
      else if (trace !== undefined) this.forget(trace.key);
      else return;
    }
  }

  /** Leaves these traces to settle. True when one of them was open: what was appended for it may not be stored yet. */
  release(tenant: string, traceIds: Iterable<string>): boolean {
    let wasOpen = false;
    for (const traceId of traceIds) {
      const bytes = Buffer.from(traceId, 'hex');
      const key = openTraceKey(tenant, bytes.toString('latin1'));
      wasOpen ||= this.traces.has(key);
      this.forget(key);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const young = this.young.find(traceHash(view, 0, tenantSeed(tenant)));
      if (young?.record.isTrace(young.trace, tenant, bytes)) {
        wasOpen = true;
        this.forgetYoung(young);
      }
    }
    return wasOpen;
  }

  /** Leaves every trace to whoever corrects the ledger next. */
  releaseAll(): void {
    this.traces.clear();
    this.young.clear();
    for (const record of this.records.keys()) this.bytes.letGo(record.spans.bytes);
    this.records.clear();
    this.spans = 0;
    this.requestBytes = 0;
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

function isSameTrace(
  { record: earlier, trace }: YoungTrace<AnyRecord>,
  record: AnyRecord,
  n: number,
): boolean {
  const first = earlier.traces.first[trace]!;
  return earlier.tenant === record.tenant && earlier.spans.isOfSameTrace(first, n, record.spans);
}

/** `traceId` as the 16 bytes in latin1. */
export function openTraceKey(tenant: string, traceId: string): string {
  return traceId + tenant;
}
