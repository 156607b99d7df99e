/**
 * A trace that the rules must look at, at the end of the request that brought some of it: with what earlier requests
 * left open, as objects.
 */
import type { Journal } from '../journal/journal.ts';
import type { PendingRows } from '../journal/pending-rows.ts';
import type { Attribution, Call } from '../normalise/call.ts';
import type { Charge } from '../price/charge-call.ts';
import type { PriceBook } from '../price/price-book.ts';
import type { KnownCharge } from '../rows/append-known-charge.ts';
import type { CardinalityGuard } from '../rows/cardinality-guard.ts';
import type { EntryBlock } from '../rows/entry-block.ts';
import { factsOf, type LedgerEntry, startDayOf } from '../rows/ledger-entry.ts';
import type { SpanBlock } from '../rows/span-block.ts';
import type { EntryMaker } from './difference.ts';
import { inheritedOf } from './judge-trace.ts';
import { keptEntry, rowsOfOneFlush } from './kept-entry.ts';
import { createEntryMaker } from './make-entries.ts';
import { type OpenTrace, type OpenTraces, openTraceKey } from './open-traces.ts';
import type { RequestRecord } from './request-record.ts';
import { missingEntries } from './whole-trace.ts';
import type { YoungTrace } from './young-traces.ts';

/** Where the rows of a request wait. */
export type LandingRows = PendingRows<{ readonly span: SpanBlock; readonly entry: EntryBlock }>;

export interface DecideDeps {
  readonly journal: Pick<Journal<LandingRows['blocks']>, 'rowsFor'>;
  readonly open: OpenTraces;
  readonly guard: CardinalityGuard;
  readonly bookFor: (tenant: string) => PriceBook;
  /** Whether what stands may be corrected here: only where no other process settles. */
  readonly mayReverse: boolean;
  readonly nowMs: () => number;
  readonly append: (block: EntryBlock, entry: LedgerEntry) => void;
  /** As `append`, of an entry that need not be an object; `asEntry` makes it one. */
  readonly appendKnown: (block: EntryBlock, row: KnownCharge, asEntry: () => LedgerEntry) => void;
  /** An entry that could not be appended: settle will. */
  readonly onFault: (error: unknown) => void;
}

export const NS_PER_MS = 1_000_000n;

/** A trace of this request that is looked at, with the numbers of its spans here. */
interface Touched {
  readonly trace: OpenTrace;
  readonly record: RequestRecord<LandingRows>;
  /** Number of the trace in the request, and those of its spans. */
  readonly t: number;
  readonly own: readonly number[];
  /** It cannot be decided here any more. */
  isLost: boolean;
}

export class TraceDecider {
  private readonly deps: DecideDeps;
  private readonly maker: EntryMaker;
  private readonly charges = new Map<Call, Charge>();

  constructor(deps: DecideDeps) {
    this.deps = deps;
    const nowNs = () => BigInt(deps.nowMs()) * NS_PER_MS;
    const chargeOf = (call: Call) => this.charges.get(call);
    this.maker = createEntryMaker({ ...deps, nowNs, chargeOf, note: '' });
  }

  /**
   * Appends the entries of trace t of the request. Gives the trace, which is remembered if it may be. `isPart`: more of
   * the request follows at once, and what seems to be all that an agent did may not be.
   */
  decide(record: RequestRecord<LandingRows>, t: number, isPart: boolean): OpenTrace {
    this.charges.clear();
    const touched = this.touch(record, t);
    const { trace } = touched;
    for (const n of touched.own) this.add(touched, n);
    trace.uncommitted++;
    const { open, mayReverse, nowMs } = this.deps;
    const isOpen = trace.hasCalls && !touched.isLost && !(isPart && hasAggregates(trace));
    const missing = isOpen ? missingEntries(trace, this.maker, mayReverse) : undefined;
    const pending = missing === undefined ? undefined : this.commonRows(touched, missing);
    if (missing === undefined || pending === undefined) this.chargeOwn(touched);
    else this.appendMissing(touched, missing, pending);
    if (!touched.isLost) open.keep(trace, nowMs());
    return trace;
  }

  private touch(record: RequestRecord<LandingRows>, t: number): Touched {
    const { open } = this.deps;
    const { spans, traces } = record;
    const first = traces.first[t]!;
    const own: number[] = [];
    for (let n = first; n >= 0; n = traces.next[n]!) own.push(n);
    const key = openTraceKey(record.tenant, spans.traceBytes(first));
    const young = open.findYoung(record, first);
    const trace = open.get(key) ?? newTrace(record, first, key);
    // Taken out while it grows, so that what is forgotten is counted as it was remembered.
    open.forget(key);
    const isLost = trace.uncommitted > 0 || young?.record.isDurable === false;
    if (young !== undefined) {
      open.forgetYoung(young);
      this.addYoung(trace, young);
    }
    return { trace, record, t, own, isLost };
  }

  /** What the one request that brought the trace until now told of it. */
  private addYoung(
    trace: OpenTrace,
    { record, trace: t }: YoungTrace<RequestRecord<unknown>>,
  ): void {
    const { traces, spans, charges } = record;
    for (let n = traces.first[t]!; n >= 0; n = traces.next[n]!) {
      const span = record.spanOf(n);
      trace.rows++;
      trace.spans.set(span.spanId, span);
      trace.hasCalls ||= span.call !== undefined;
      if (span.call !== undefined && charges[spans.call(n)] !== undefined) {
        const inherited = record.isDecided[t] === 1 ? inheritedOf(record, n) : undefined;
        trace.entries.set(span.spanId, [this.standing(record, n, inherited)]);
      }
    }
  }

  /** The entry of span n as it was appended. */
  private standing(
    record: RequestRecord<unknown>,
    n: number,
    inherited: Attribution | undefined,
  ): LedgerEntry {
    const c = record.spans.call(n);
    const call = record.calls.call(c);
    this.charges.set(call, record.charges[c]!);
    const entry = keptEntry(record, n, { maker: this.maker, inherited });
    // What it is charged anew, should it have to be, is the price of today's book.
    this.charges.delete(call);
    const overLimit = record.overLimits[c]!;
    return { ...entry, recordedAtNs: record.recordedAtNs, overLimit };
  }

  private add(touched: Touched, n: number): void {
    const { trace, record } = touched;
    const span = record.spanOf(n);
    trace.rows++;
    // The filter of seen spans is bounded: what it has forgotten may come again.
    touched.isLost ||= record.spans.isChanged(n) || trace.spans.has(span.spanId);
    trace.spans.set(span.spanId, span);
    const { call } = span;
    const charge = call && record.charges[record.spans.call(n)];
    if (call !== undefined && charge !== undefined) this.charges.set(call, charge);
    trace.hasCalls ||= call !== undefined;
  }

  private appendMissing(
    { trace, record, own }: Touched,
    missing: ReadonlyMap<string, readonly LedgerEntry[]>,
    pending: LandingRows,
  ): void {
    for (const [spanId, entries] of missing) {
      for (const entry of entries) this.deps.append(pending.blocks.entry, entry);
      trace.entries.set(spanId, [...(trace.entries.get(spanId) ?? []), ...entries]);
    }
    const row = record.spans.row(own.at(-1)!);
    pending.blocks.span.columns.resolved_spans.set(row, trace.rows);
  }

  /** Where all rows of the decision go, if that is one flush of one day. */
  private commonRows(
    { record, t }: Touched,
    missing: ReadonlyMap<string, readonly LedgerEntry[]>,
  ): LandingRows | undefined {
    const pending = rowsOfOneFlush(record, t, this.deps.journal);
    const days = [...missing.values()].flat().map(startDayOf);
    return days.every((day) => day === pending?.day) ? pending : undefined;
  }

  /** A call whose trace is not decided is charged as its own span tells; its other versions were charged before. */
  private chargeOwn({ trace, record, own }: Touched): void {
    const { journal, append } = this.deps;
    for (const n of own) {
      const span = trace.spans.get(record.spans.spanId(n))!;
      const { call, spanId } = span;
      if (call !== undefined && this.charges.has(call)) {
        const usage = call.usage?.buckets ?? {};
        const entry = this.maker.charge({ facts: factsOf(call, span), call, calls: 1n, usage });
        const rows = record.spans.rows[n]!;
        const day = startDayOf(entry);
        // With the row and the key of its span: an entry that outlived them would be charged again by the resend.
        const place = rows.day === day ? rows : journal.rowsFor(day);
        if (place !== rows) place.addTenant(record.tenant);
        append(place.blocks.entry, entry);
        trace.entries.set(spanId, [...(trace.entries.get(spanId) ?? []), entry]);
      }
    }
  }
}

function hasAggregates({ spans }: OpenTrace): boolean {
  return [...spans.values()].some(({ call }) => call?.role === 'aggregate');
}

function newTrace(record: RequestRecord<unknown>, first: number, key: string): OpenTrace {
  return {
    key,
    tenant: record.tenant,
    traceId: record.spans.traceId(first),
    spans: new Map(),
    entries: new Map(),
    rows: 0,
    hasCalls: false,
    uncommitted: 0,
    lastMs: 0,
  };
}
