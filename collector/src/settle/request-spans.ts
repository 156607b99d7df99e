/**
 * The spans of one request as places in its bytes: what is needed to know how they hang together, should one of them be
 * a call. Invariant: nothing is made of a span until somebody asks for it, so that a request without calls pays only
 * for writing a few integers down.
 */
import type { SpanView } from '../decode/span-view.ts';
import type { Attribution } from '../normalise/call.ts';
import { traceHash } from './trace-hash.ts';

const FIELDS = 16;
const TRACE = 0;
const SPAN = 1;
const PARENT = 2;
const PARENT_END = 3;
const START_LO = 4;
const START_HI = 5;
const END_LO = 6;
const END_HI = 7;
const ROW = 8;
const CHANGED = 9;
const NAME = 10;
const NAME_END = 11;
const KIND = 12;
const CALL = 13;
const ENVELOPE = 14;
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/** Where a span's row waits, and whether other bytes came under its id before. */
interface SpanPlace<Rows> {
  readonly pending: Rows;
  readonly row: number;
  readonly isChanged: boolean;
  /** Whom a span that is no call was for. */
  readonly attribution: Attribution | undefined;
}

export class RequestSpans<Rows> {
  count = 0;
  /** Whom each span was for; undefined for calls. */
  readonly attributions: (Attribution | undefined)[] = [];
  /** Where the row of each span waits. */
  readonly rows: Rows[] = [];
  bytes: Buffer = Buffer.alloc(0);
  private data = new DataView(this.bytes.buffer, 0, 0);
  private fields: Int32Array;

  constructor(capacity: number) {
    this.fields = new Int32Array(FIELDS * Math.max(16, capacity));
  }

  /** The span that is shown, with the number of its call (-1: it is none) and of its envelope; gives its own. */
  add(view: SpanView, place: SpanPlace<Rows>, call: number, envelope: number): number {
    const at = this.count * FIELDS;
    if (at === this.fields.length) {
      const grown = new Int32Array(at * 2);
      grown.set(this.fields);
      this.fields = grown;
    }
    const { fields } = this;
    this.bytes = view.bytes;
    this.data = view.data;
    fields[at + TRACE] = view.traceIdStart;
    fields[at + SPAN] = view.spanIdStart;
    fields[at + PARENT] = view.parentSpanIdStart;
    fields[at + PARENT_END] = view.parentSpanIdEnd;
    fields[at + START_LO] = view.startTimeLo;
    fields[at + START_HI] = view.startTimeHi;
    fields[at + END_LO] = view.endTimeLo;
    fields[at + END_HI] = view.endTimeHi;
    fields[at + ROW] = place.row;
    fields[at + CHANGED] = place.isChanged ? 1 : 0;
    fields[at + NAME] = view.nameStart;
    fields[at + NAME_END] = view.nameEnd;
    fields[at + KIND] = view.kind;
    fields[at + CALL] = call;
    fields[at + ENVELOPE] = envelope;
    this.rows.push(place.pending);
    this.attributions.push(place.attribution);
    return this.count++;
  }

  row(n: number): number {
    return this.fields[n * FIELDS + ROW]!;
  }

  isChanged(n: number): boolean {
    return this.fields[n * FIELDS + CHANGED] === 1;
  }

  /** Number of the call that the span is; -1: it is none. */
  call(n: number): number {
    return this.fields[n * FIELDS + CALL]!;
  }

  envelope(n: number): number {
    return this.fields[n * FIELDS + ENVELOPE]!;
  }

  kind(n: number): number {
    return this.fields[n * FIELDS + KIND]!;
  }

  name(n: number): string {
    const at = n * FIELDS;
    return this.bytes.toString('utf8', this.fields[at + NAME], this.fields[at + NAME_END]);
  }

  startLo(n: number): number {
    return this.fields[n * FIELDS + START_LO]!;
  }

  startHi(n: number): number {
    return this.fields[n * FIELDS + START_HI]!;
  }

  startNs(n: number): bigint {
    return joined(this.startLo(n), this.startHi(n));
  }

  /** As it is stored: an end that is no time is 0. */
  endNs(n: number): bigint {
    const [lo, hi] = [this.fields[n * FIELDS + END_LO]!, this.fields[n * FIELDS + END_HI]!];
    return hi < 0 ? 0n : joined(lo, hi);
  }

  /** Where the 16 bytes of the trace's id begin. */
  traceStart(n: number): number {
    return this.fields[n * FIELDS + TRACE]!;
  }

  /** Where the 8 bytes of the span's id begin. */
  spanStart(n: number): number {
    return this.fields[n * FIELDS + SPAN]!;
  }

  /** The 16 bytes in latin1, which is made fastest. */
  traceBytes(n: number): string {
    const at = this.traceStart(n);
    return this.bytes.toString('latin1', at, at + TRACE_ID_BYTES);
  }

  traceId(n: number): string {
    const at = this.traceStart(n);
    return this.bytes.toString('hex', at, at + TRACE_ID_BYTES);
  }

  spanId(n: number): string {
    const at = this.spanStart(n);
    return this.bytes.toString('hex', at, at + SPAN_ID_BYTES);
  }

  /** '' for a root. */
  parentSpanId(n: number): string {
    const at = this.parentStart(n);
    return at < 0 ? '' : this.bytes.toString('hex', at, at + SPAN_ID_BYTES);
  }

  /** Where the 8 bytes of the parent's id begin; -1 for a root: no parent, or one of eight zero bytes. */
  parentStart(n: number): number {
    const at = this.fields[n * FIELDS + PARENT]!;
    if (this.fields[n * FIELDS + PARENT_END]! - at !== SPAN_ID_BYTES) return -1;
    const { data } = this;
    return data.getInt32(at, true) === 0 && data.getInt32(at + 4, true) === 0 ? -1 : at;
  }

  /** Whether the ids of spans that begin at two places are the same eight bytes. */
  isSameSpanId(one: number, other: number): boolean {
    const { data } = this;
    return (
      data.getInt32(one, true) === data.getInt32(other, true) &&
      data.getInt32(one + 4, true) === data.getInt32(other + 4, true)
    );
  }

  /** A hash of the span id that begins at a place. */
  idHash(at: number): number {
    const { data } = this;
    const hash = Math.imul(data.getInt32(at, true), 0x9e3779b1) ^ data.getInt32(at + 4, true);
    return Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 7;
  }

  /** Two spans of one request, or of two. */
  isOfSameTrace(n: number, other: number, others: RequestSpans<Rows> = this): boolean {
    const [a, b] = [this.traceStart(n), others.traceStart(other)];
    for (let i = 0; i < TRACE_ID_BYTES; i += 4) {
      if (this.data.getInt32(a + i, true) !== others.data.getInt32(b + i, true)) return false;
    }
    return true;
  }

  traceHash(n: number, seed: number): number {
    return traceHash(this.data, this.traceStart(n), seed);
  }
}

function joined(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
