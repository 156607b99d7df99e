/**
 * Roles and inherited attribution, decided while spans are taken in: by the request that holds a trace, or by it and
 * what earlier requests left open. The entries of a request are appended at its end, each as it should stand for good;
 * a call of a trace that is not whole is charged as its own span tells. One row of a trace that was decided says of how
 * many rows: settle leaves the trace alone exactly while that is all there is of it (docs/decisions/0007).
 * Safe at any instant of death: span rows and entries are facts apart. What was decided counts only with the row that
 * says so, and that row, all rows of the trace in this request, and every entry of the decision are in one flush of one
 * day, which is durable whole or not at all; rows of earlier requests count once they are durable. Anything else (two
 * days, a segment that just filled up, a flush that failed) leaves the trace to settle.
 */
import type { SpanView } from '../decode/span-view.ts';
import type { Journal } from '../journal/journal.ts';
import type { PendingRows } from '../journal/pending-rows.ts';
import type { Attribution, Call } from '../normalise/call.ts';
import type { Charge } from '../price/charge-call.ts';
import type { PriceBook } from '../price/price-book.ts';
import type { CardinalityGuard } from '../rows/cardinality-guard.ts';
import type { EntryBlock } from '../rows/entry-block.ts';
import { factsOf, type LedgerEntry, startDayOf } from '../rows/ledger-entry.ts';
import type { SpanBlock } from '../rows/span-block.ts';
import type { EntryMaker } from './difference.ts';
import { createEntryMaker } from './make-entries.ts';
import { type OpenTrace, type OpenTraces, openTraceKey } from './open-traces.ts';
import { RequestSpans } from './request-spans.ts';
import type { SettleSpan } from './settle-span.ts';
import { missingEntries } from './whole-trace.ts';

interface Blocks {
  readonly span: SpanBlock;
  readonly entry: EntryBlock;
}

interface RequestTracesDeps {
  readonly journal: Pick<Journal<Blocks>, 'rowsFor'>;
  readonly open: OpenTraces;
  readonly guard: CardinalityGuard;
  readonly bookFor: (tenant: string) => PriceBook;
  /** Whether what stands may be corrected here: only where no other process settles. */
  readonly mayReverse: boolean;
  readonly nowMs: () => number;
  readonly append: (block: EntryBlock, entry: LedgerEntry) => void;
  /** An entry that could not be appended: settle will. */
  readonly onFault: (error: unknown) => void;
}

/** A span whose row was just appended. */
export interface KeptSpan {
  readonly pending: PendingRows<Blocks>;
  /** Of the span's row in its block. */
  readonly row: number;
  /** Other bytes under the same id came in before. */
  readonly isChanged: boolean;
  readonly attribution: Attribution;
  readonly service: string;
  readonly environment: string;
  /** A call that is kept, not reused; `charge` where its own span suggests to bill it. */
  readonly call: Call | undefined;
  readonly charge: Charge | undefined;
}

/** A trace of this request that is looked at, with the numbers of its spans here. */
interface Touched {
  readonly trace: OpenTrace;
  readonly own: number[];
  /** It cannot be decided here any more. */
  isLost: boolean;
}

interface NamedCall extends Pick<KeptSpan, 'service' | 'environment' | 'charge'> {
  readonly call: Call;
  readonly name: string;
  readonly kind: number;
  readonly scopeName: string;
}

const NS_PER_MS = 1_000_000n;
const NOTHING: readonly OpenTrace[] = [];
const CALLERS_MAX = 10_000;

export class RequestTraces {
  private readonly deps: RequestTracesDeps;
  private readonly maker: EntryMaker;
  private readonly spans = new RequestSpans<PendingRows<Blocks>>();
  /** By the number of the span. */
  private readonly calls = new Map<number, NamedCall>();
  private readonly charges = new Map<Call, Charge>();
  /** Tenants and services that were seen to make calls: of theirs, the beginning of a trace without any is kept too. */
  private readonly callers = new Set<string>();
  private tenant = '';
  private service: string | undefined;
  private hasCaller = false;

  constructor(deps: RequestTracesDeps) {
    this.deps = deps;
    const nowNs = () => BigInt(deps.nowMs()) * NS_PER_MS;
    const chargeOf = (call: Call) => this.charges.get(call);
    this.maker = createEntryMaker({ ...deps, nowNs, chargeOf, note: '' });
  }

  begin(tenant: string): void {
    this.tenant = tenant;
    this.service = undefined;
    this.hasCaller = false;
    this.spans.reset();
    this.calls.clear();
    this.charges.clear();
  }

  add(view: SpanView, kept: KeptSpan): void {
    const { pending: rows, row, isChanged, attribution, call, charge } = kept;
    const n = this.spans.add(view, { row, rows, isChanged, attribution });
    if (kept.service !== this.service) {
      this.service = kept.service;
      this.hasCaller ||= this.callers.has(this.callerName());
    }
    if (call !== undefined) {
      const { service, environment } = kept;
      const scopeName = view.text(view.scope.nameStart, view.scope.nameEnd);
      const { nameText: name, kind } = view;
      this.calls.set(n, { call, charge, service, environment, name, kind, scopeName });
      if (charge !== undefined) this.charges.set(call, charge);
      if (this.callers.size < CALLERS_MAX) this.callers.add(this.callerName());
    }
  }

  private callerName(): string {
    return `${this.tenant}\n${this.service}`;
  }

  /** Appends the entries of the request. What it gives must be told, by `settled`, whether it became durable. */
  finish(): readonly OpenTrace[] {
    if (this.calls.size === 0 && !this.hasCaller && this.deps.open.isEmpty) {
      return NOTHING;
    }
    const touched = this.gather();
    for (const one of touched) {
      try {
        this.decide(one);
      } catch (error) {
        this.deps.open.forget(one.trace.key);
        this.deps.onFault(error);
      }
    }
    return touched.map(({ trace }) => trace);
  }

  /** Whether what was kept of these traces is durable now. What is not is forgotten: its sender sends it again. */
  settled(traces: readonly OpenTrace[], isDurable: boolean): void {
    for (const trace of traces) {
      trace.uncommitted--;
      if (!isDurable) this.deps.open.forget(trace.key);
    }
  }

  /** Traces with calls, those that an earlier request left open, and those that may yet turn out to have calls. */
  private gather(): Touched[] {
    const { spans, tenant } = this;
    const touched = new Map<string, Touched>();
    for (const n of this.calls.keys()) {
      const key = openTraceKey(tenant, spans.traceBytes(n));
      if (!touched.has(key)) touched.set(key, this.touch(key, n));
    }
    const others = new Map<string, number[]>();
    let key = '';
    for (let n = 0; n < spans.count; n++) {
      if (n === 0 || !spans.isOfSameTrace(n, n - 1)) {
        key = openTraceKey(tenant, spans.traceBytes(n));
        if (!touched.has(key) && this.deps.open.get(key) !== undefined) {
          touched.set(key, this.touch(key, n));
        }
      }
      const known = touched.get(key);
      if (known !== undefined) this.addTo(known, n);
      else if (this.hasCaller) others.set(key, [...(others.get(key) ?? []), n]);
    }
    for (const [other, own] of others) {
      // With a root it has mostly come to its end.
      if (!own.some((n) => spans.parentSpanId(n) === '')) {
        const begun = this.touch(other, own[0]!);
        for (const n of own) this.addTo(begun, n);
        touched.set(other, begun);
      }
    }
    return [...touched.values()];
  }

  private touch(key: string, n: number): Touched {
    const { tenant } = this;
    const known = this.deps.open.get(key);
    const trace: OpenTrace = known ?? {
      key,
      tenant,
      traceId: this.spans.traceId(n),
      spans: new Map(),
      entries: new Map(),
      rows: 0,
      hasCalls: false,
      uncommitted: 0,
      lastMs: 0,
    };
    // Taken out while it grows, so that what is forgotten is counted as it was remembered.
    this.deps.open.forget(key);
    return { trace, own: [], isLost: trace.uncommitted > 0 };
  }

  private addTo(touched: Touched, n: number): void {
    const { trace, own } = touched;
    const span = this.spanOf(trace, n);
    own.push(n);
    trace.rows++;
    // The filter of seen spans is bounded: what it has forgotten may come again.
    touched.isLost ||= this.spans.isChanged(n) || trace.spans.has(span.spanId);
    trace.spans.set(span.spanId, span);
    trace.hasCalls ||= span.call !== undefined;
  }

  private spanOf(trace: OpenTrace, n: number): SettleSpan {
    const { spans } = this;
    const named = this.calls.get(n);
    return {
      tenant: trace.tenant,
      traceId: trace.traceId,
      spanId: spans.spanId(n),
      parentSpanId: spans.parentSpanId(n),
      name: named?.name ?? '',
      kind: named?.kind ?? 0,
      scopeName: named?.scopeName ?? '',
      service: named?.service ?? '',
      environment: named?.environment ?? '',
      startNs: spans.startNs(n),
      endNs: spans.endNs(n),
      receivedAtNs: 0n,
      call: named?.call,
      attribution: spans.attributions[n]!,
    };
  }

  private decide(touched: Touched): void {
    const { trace, own } = touched;
    const { open, mayReverse, nowMs, append } = this.deps;
    trace.uncommitted++;
    const isOpen = trace.hasCalls && !touched.isLost;
    const missing = isOpen ? missingEntries(trace, this.maker, mayReverse) : undefined;
    const pending = missing === undefined ? undefined : this.commonRows(touched, missing);
    if (missing !== undefined && pending !== undefined) {
      for (const [spanId, entries] of missing) {
        for (const entry of entries) append(pending.blocks.entry, entry);
        trace.entries.set(spanId, [...(trace.entries.get(spanId) ?? []), ...entries]);
      }
      const row = this.spans.row(own.at(-1)!);
      pending.blocks.span.columns.resolved_spans.set(row, trace.rows);
    } else {
      this.chargeOwn(touched);
    }
    if (!touched.isLost) open.keep(trace, nowMs());
  }

  /** Where all rows of the decision go, if that is one flush of one day. */
  private commonRows(
    { own }: Touched,
    missing: ReadonlyMap<string, readonly LedgerEntry[]>,
  ): PendingRows<Blocks> | undefined {
    const { journal } = this.deps;
    const pending = this.spans.rows[own[0]!]!;
    const isCommon =
      own.every((n) => this.spans.rows[n] === pending) &&
      [...missing.values()].flat().every((entry) => startDayOf(entry) === pending.day);
    return isCommon && journal.rowsFor(pending.day) === pending ? pending : undefined;
  }

  /** A call whose trace is not decided is charged as its own span tells; its other versions were charged before. */
  private chargeOwn({ trace, own }: Touched): void {
    const { journal, append } = this.deps;
    for (const n of own) {
      const named = this.calls.get(n);
      if (named?.charge !== undefined) {
        const { call } = named;
        const span = trace.spans.get(this.spans.spanId(n))!;
        const usage = call.usage?.buckets ?? {};
        const entry = this.maker.charge({ facts: factsOf(call, span), call, calls: 1n, usage });
        append(journal.rowsFor(startDayOf(entry)).blocks.entry, entry);
        trace.entries.set(span.spanId, [...(trace.entries.get(span.spanId) ?? []), entry]);
      }
    }
  }
}
