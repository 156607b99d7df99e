/**
 * Roles and inherited attribution, decided while spans are taken in: by the request that holds a trace, or by it and
 * what earlier requests left open. The entries of a request are appended at its end, each as it should stand for good;
 * a call of a trace that is not whole is charged as its own span tells. One row of a trace that was decided says of how
 * many rows: settle leaves the trace alone exactly while that is all there is of it (docs/decisions/0007).
 * Safe at any instant of death: span rows and entries are facts apart. What was decided counts only with the row that
 * says so, and that row, all rows of the trace in this request, and every entry of the decision are in one flush of one
 * day, which is durable whole or not at all; rows of earlier requests count once they are durable. Anything else (two
 * days, a segment that just filled up, a flush that failed) leaves the trace to settle.
 *
 * Nearly all traces need no rules (judge-trace.ts) and cost no object; the others go to decide-trace.ts.
 */
import type { SpanView } from '../decode/span-view.ts';
import type { Attribution } from '../normalise/call.ts';
import type { SpanCall } from '../normalise/learned/span-call.ts';
import type { Charge } from '../price/charge-call.ts';
import { ChargeWriter } from './charge-writer.ts';
import { type DecideDeps, type LandingRows, TraceDecider } from './decide-trace.ts';
import { judgeTrace } from './judge-trace.ts';
import { type OpenTrace, openTraceKey } from './open-traces.ts';
import { RequestRecord } from './request-record.ts';

/** A span whose row was just appended: one object, filled again for each. */
export interface KeptSpan {
  pending: LandingRows;
  /** Of the span's row in its block. */
  row: number;
  /** Other bytes under the same id came in before. */
  isChanged: boolean;
  /** Whom a span that is no call was for. */
  attribution: Attribution | undefined;
  service: string;
  environment: string;
  /** As it was read just now; `charge` where its own span suggests to bill it. */
  call: SpanCall | undefined;
  charge: Charge | undefined;
}

/** What of a request must be told whether it became durable. */
export interface KeptRequestTraces {
  readonly record: RequestRecord<LandingRows> | undefined;
  readonly decided: readonly OpenTrace[];
}

const NOTHING: KeptRequestTraces = { record: undefined, decided: [] };
const CALLERS_MAX = 10_000;
/** A large request is expected to come again for some ten requests. */
const FORGET = 0.9;

export class RequestTraces {
  private readonly deps: DecideDeps;
  private readonly decider: TraceDecider;
  private readonly writer: ChargeWriter;
  /** Tenants and services that were seen to make calls: of theirs, the beginning of a trace without any is kept too. */
  private readonly callers = new Set<string>();
  /** Of the next request, or the next part of one. */
  private readonly expected = { spans: 0, calls: 0 };
  private record = new RequestRecord<LandingRows>('', this.expected);
  private service: string | undefined;
  private isCallerNoted = false;
  private hasCaller = false;

  constructor(deps: DecideDeps) {
    this.deps = deps;
    this.decider = new TraceDecider(deps);
    this.writer = new ChargeWriter(deps);
  }

  begin(tenant: string): void {
    const { expected, record } = this;
    expected.spans = expectedAfter(record.spans.count, expected.spans);
    expected.calls = expectedAfter(record.calls.count, expected.calls);
    this.record = new RequestRecord(tenant, expected);
    this.service = undefined;
    this.isCallerNoted = this.hasCaller = false;
  }

  add(view: SpanView, kept: KeptSpan): void {
    const { record } = this;
    const { call, charge } = kept;
    const number = call === undefined ? -1 : record.keepCall(call, view, charge);
    record.spans.add(view, kept, number, record.envelopeOf(view, kept));
    if (kept.service !== this.service) {
      this.service = kept.service;
      this.isCallerNoted = this.callers.has(this.callerName());
      this.hasCaller ||= this.isCallerNoted;
    }
    if (call !== undefined && !this.isCallerNoted && this.callers.size < CALLERS_MAX) {
      this.callers.add(this.callerName());
      this.isCallerNoted = true;
    }
  }

  private callerName(): string {
    return `${this.record.tenant}\n${this.service}`;
  }

  /**
   * Appends the entries of the request, or of a `part` of it, of which the rest follows at once. What it gives must be
   * told, by `settled`, whether it became durable.
   */
  finish(extent: 'whole' | 'part' = 'whole'): KeptRequestTraces {
    const { record } = this;
    const { open, nowMs, onFault } = this.deps;
    if (record.calls.count === 0 && !this.hasCaller && open.isEmpty) {
      return NOTHING;
    }
    this.writer.begin(record);
    const young: number[] = [];
    const decided: OpenTrace[] = [];
    for (let t = 0; t < record.traces.count; t++) {
      try {
        const trace = this.finishTrace(t, extent === 'part');
        if (trace === 'young') young.push(t);
        else if (trace !== undefined) decided.push(trace);
      } catch (error) {
        onFault(error);
      }
    }
    open.keepYoung(record, young, nowMs());
    // Kept rows would keep the blocks of their segment.
    record.spans.rows.length = 0;
    return { record, decided };
  }

  /** 'young': to be remembered as it came in; undefined: nothing of it is remembered. */
  private finishTrace(t: number, isPart: boolean): OpenTrace | 'young' | undefined {
    const { record, writer, decider } = this;
    const { traces } = record;
    if (this.isKnown(t)) {
      return decider.decide(record, t, isPart);
    }
    if (traces.calls[t] === 0) {
      // With a root it has mostly come to its end.
      return this.hasCaller && traces.hasRoot[t] === 0 ? 'young' : undefined;
    }
    const judgement = judgeTrace(record, t);
    if (judgement === 'unclear') {
      return decider.decide(record, t, isPart);
    }
    writer.write(t, judgement === 'decided');
    return 'young';
  }

  /** Whether an earlier request brought some of the trace. */
  private isKnown(t: number): boolean {
    const { record } = this;
    const { open } = this.deps;
    const first = record.traces.first[t]!;
    if (open.findYoung(record, first) !== undefined) return true;
    return (
      open.hasOld &&
      open.get(openTraceKey(record.tenant, record.spans.traceBytes(first))) !== undefined
    );
  }

  /** Whether what was kept of these traces is durable now. What is not is forgotten: its sender sends it again. */
  settled({ record, decided }: KeptRequestTraces, isDurable: boolean): void {
    const { open } = this.deps;
    if (record !== undefined) {
      record.isDurable = isDurable;
      if (!isDurable) open.forgetRecord(record);
    }
    for (const trace of decided) {
      trace.uncommitted--;
      if (!isDurable) open.forget(trace.key);
    }
  }
}

/** As many as lately: parts of a request differ in length, and room that must grow is made twice. */
function expectedAfter(count: number, before: number): number {
  return Math.max(count, Math.floor(before * FORGET));
}
