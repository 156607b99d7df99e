/**
 * The spans of one request as places in its bytes: what is needed to know how they hang together, should one of them be
 * a call. Invariant: nothing is made of a span until somebody asks for it, so that a request without calls pays only
 * for writing a few integers down.
 */
import type { SpanView } from '../decode/span-view.ts';
import type { Attribution } from '../normalise/call.ts';

const FIELDS = 10;
const [TRACE, SPAN, PARENT, PARENT_END, START_LO, START_HI, END_LO, END_HI, ROW, CHANGED] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
] as const;
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

export class RequestSpans<Rows> {
  count = 0;
  /** Whom each span was for. */
  readonly attributions: Attribution[] = [];
  /** Where the row of each span waits. */
  readonly rows: Rows[] = [];
  private bytes: Buffer = Buffer.alloc(0);
  private fields = new Int32Array(FIELDS * 512);

  reset(): void {
    this.count = 0;
    this.attributions.length = 0;
    this.rows.length = 0;
  }

  /** The span that is shown; gives its number. */
  add(
    view: SpanView,
    kept: { row: number; rows: Rows; isChanged: boolean; attribution: Attribution },
  ): number {
    const at = this.count * FIELDS;
    if (at === this.fields.length) {
      const grown = new Int32Array(at * 2);
      grown.set(this.fields);
      this.fields = grown;
    }
    const { fields } = this;
    this.bytes = view.bytes;
    fields[at + TRACE] = view.traceIdStart;
    fields[at + SPAN] = view.spanIdStart;
    fields[at + PARENT] = view.parentSpanIdStart;
    fields[at + PARENT_END] = view.parentSpanIdEnd;
    fields[at + START_LO] = view.startTimeLo;
    fields[at + START_HI] = view.startTimeHi;
    fields[at + END_LO] = view.endTimeLo;
    fields[at + END_HI] = view.endTimeHi;
    fields[at + ROW] = kept.row;
    fields[at + CHANGED] = kept.isChanged ? 1 : 0;
    this.rows.push(kept.rows);
    this.attributions.push(kept.attribution);
    return this.count++;
  }

  row(n: number): number {
    return this.field(n, ROW);
  }

  isChanged(n: number): boolean {
    return this.field(n, CHANGED) === 1;
  }

  startNs(n: number): bigint {
    return joined(this.field(n, START_LO), this.field(n, START_HI));
  }

  /** As it is stored: an end that is no time is 0. */
  endNs(n: number): bigint {
    return this.field(n, END_HI) < 0 ? 0n : joined(this.field(n, END_LO), this.field(n, END_HI));
  }

  /** The 16 bytes in latin1, which is made fastest. */
  traceBytes(n: number): string {
    const at = this.field(n, TRACE);
    return this.bytes.toString('latin1', at, at + TRACE_ID_BYTES);
  }

  traceId(n: number): string {
    const at = this.field(n, TRACE);
    return this.bytes.toString('hex', at, at + TRACE_ID_BYTES);
  }

  spanId(n: number): string {
    const at = this.field(n, SPAN);
    return this.bytes.toString('hex', at, at + SPAN_ID_BYTES);
  }

  /** '' for a root: no parent, or one of eight zero bytes. */
  parentSpanId(n: number): string {
    const parent = this.bytes.toString('hex', this.field(n, PARENT), this.field(n, PARENT_END));
    return NO_PARENT.test(parent) ? '' : parent;
  }

  /** Whether a span is of the same trace as the one before it, as mostly they are. */
  isOfSameTrace(n: number, before: number): boolean {
    const { bytes } = this;
    const [a, b] = [this.field(n, TRACE), this.field(before, TRACE)];
    for (let i = 0; i < TRACE_ID_BYTES; i++) {
      if (bytes[a + i] !== bytes[b + i]) return false;
    }
    return true;
  }

  private field(n: number, name: number): number {
    return this.fields[n * FIELDS + name]!;
  }
}

const NO_PARENT = /^0*$/;

function joined(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
