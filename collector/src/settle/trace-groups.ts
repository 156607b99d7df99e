/** The traces of one request: which spans are of one trace, and which of them is the parent of which, by numbers. */
import type { RequestSpans } from './request-spans.ts';

/** In smaller traces a parent is looked for one by one. */
const FEW_SPANS = 8;
const NONE = -1;

export class TraceGroups {
  count = 0;
  /** By the number of the trace: its first span, how many it has here, and how many of them are calls. */
  readonly first: Int32Array;
  readonly sizes: Int32Array;
  readonly calls: Int32Array;
  /** 1 where a span without a parent is among them. */
  readonly hasRoot: Uint8Array;
  /** By the number of the span: the next one of its trace, or -1. */
  readonly next: Int32Array;
  private readonly spans: RequestSpans<unknown>;
  private readonly last: Int32Array;
  private readonly traceOf: Int32Array;
  private readonly slots: Int32Array;
  /** Spans by their ids; made when a large trace asks for it. */
  private byId: Int32Array | undefined;

  constructor(spans: RequestSpans<unknown>) {
    this.spans = spans;
    const { count } = spans;
    this.first = new Int32Array(count);
    this.last = new Int32Array(count);
    this.sizes = new Int32Array(count);
    this.calls = new Int32Array(count);
    this.hasRoot = new Uint8Array(count);
    this.next = new Int32Array(count);
    this.traceOf = new Int32Array(count);
    this.slots = emptySlots(count);
    for (let n = 0; n < count; n++) {
      this.add(n);
    }
  }

  private add(n: number): void {
    const { spans, traceOf } = this;
    const isSame = n > 0 && spans.isOfSameTrace(n, n - 1);
    const t = isSame ? traceOf[n - 1]! : this.numberOf(n);
    traceOf[n] = t;
    this.next[n] = NONE;
    if (this.sizes[t] === 0) this.first[t] = n;
    else this.next[this.last[t]!] = n;
    this.last[t] = n;
    this.sizes[t]!++;
    if (spans.call(n) >= 0) this.calls[t]!++;
    if (spans.parentStart(n) < 0) this.hasRoot[t] = 1;
  }

  private numberOf(n: number): number {
    const { slots, spans } = this;
    const mask = slots.length - 1;
    for (let slot = spans.traceHash(n, 0) & mask; ; slot = (slot + 1) & mask) {
      const t = slots[slot]!;
      if (t === NONE) {
        slots[slot] = this.count;
        return this.count++;
      }
      if (spans.isOfSameTrace(n, this.first[t]!)) return t;
    }
  }

  /** The last span of trace t. */
  lastOf(t: number): number {
    return this.last[t]!;
  }

  /** The span of the same trace that is the parent of span n; -1 where it is not here. n must not be a root. */
  parentOf(n: number): number {
    const { spans, traceOf } = this;
    const t = traceOf[n]!;
    const wanted = spans.parentStart(n);
    if (this.sizes[t]! > FEW_SPANS) return this.find(wanted, t);
    for (let other = this.first[t]!; other !== NONE; other = this.next[other]!) {
      if (spans.isSameSpanId(wanted, spans.spanStart(other))) return other;
    }
    return NONE;
  }

  private find(wanted: number, t: number): number {
    const { spans, traceOf } = this;
    this.byId ??= this.indexIds();
    const slots = this.byId;
    const mask = slots.length - 1;
    for (let slot = spans.idHash(wanted) & mask; ; slot = (slot + 1) & mask) {
      const n = slots[slot]!;
      if (n === NONE) return NONE;
      if (traceOf[n] === t && spans.isSameSpanId(wanted, spans.spanStart(n))) return n;
    }
  }

  private indexIds(): Int32Array {
    const { spans } = this;
    const slots = emptySlots(spans.count);
    const mask = slots.length - 1;
    for (let n = 0; n < spans.count; n++) {
      let slot = spans.idHash(spans.spanStart(n)) & mask;
      while (slots[slot] !== NONE) slot = (slot + 1) & mask;
      slots[slot] = n;
    }
    return slots;
  }
}

function emptySlots(count: number): Int32Array {
  return new Int32Array(2 ** Math.ceil(Math.log2(count * 2 + 2))).fill(NONE);
}
