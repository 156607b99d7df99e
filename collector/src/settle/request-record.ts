/**
 * One request as it is remembered until its end, and while a trace of it is open: its spans as places in its bytes, its
 * calls as numbers, what they were charged, and the ids of their entries. Objects are made of a trace only when the
 * rules must look at it.
 */
import type { SpanView } from '../decode/span-view.ts';
import { NOBODY } from '../normalise/call.ts';
import { KeptCalls } from '../normalise/learned/kept-calls.ts';
import type { SpanCall } from '../normalise/learned/span-call.ts';
import type { Charge } from '../price/charge-call.ts';
import { RequestSpans } from './request-spans.ts';
import type { SettleSpan } from './settle-span.ts';
import { TraceGroups } from './trace-groups.ts';
import { tenantSeed } from './trace-hash.ts';

/** What spans of one scope of one resource have in common. */
interface Envelope {
  readonly service: string;
  readonly environment: string;
  readonly scopeName: string;
}

export const ENTRY_ID_BYTES = 16;

export class RequestRecord<Rows> {
  readonly tenant: string;
  readonly spans: RequestSpans<Rows>;
  readonly calls: KeptCalls;
  /** By the number of the call; undefined where its own span does not suggest to bill it. */
  readonly charges: (Charge | undefined)[] = [];
  /** Ids of the entries by the number of the call, and what they say is over the limit. */
  entryIds: Buffer = Buffer.alloc(0);
  overLimits = new Uint16Array(0);
  /** By the number of the trace: 1 where its entries are as the whole trace says, with what they inherit. */
  isDecided = new Uint8Array(0);
  recordedAtNs = 0n;
  /** Whether all rows of the request are on the disk. */
  isDurable = false;
  lastMs = 0;
  private readonly envelopes: Envelope[] = [];
  private resource = -1;
  private scope = -1;
  private groups: TraceGroups | undefined;

  private readonly seed: number;

  /** `like` is how many spans and calls are expected: mostly as many as the last request had. */
  constructor(tenant: string, like: { spans: number; calls: number }) {
    this.tenant = tenant;
    this.seed = tenantSeed(tenant);
    this.spans = new RequestSpans(like.spans);
    this.calls = new KeptCalls(like.calls);
  }

  /** The number of what the span that is shown has in common with others. */
  envelopeOf(view: SpanView, { service, environment }: Omit<Envelope, 'scopeName'>): number {
    const { resource, scope } = view;
    if (this.resource !== resource.generation || this.scope !== scope.generation) {
      this.resource = resource.generation;
      this.scope = scope.generation;
      const scopeName = view.text(scope.nameStart, scope.nameEnd);
      this.envelopes.push({ service, environment, scopeName });
    }
    return this.envelopes.length - 1;
  }

  envelope(n: number): Envelope {
    return this.envelopes[this.spans.envelope(n)]!;
  }

  keepCall(call: SpanCall, view: SpanView, charge: Charge | undefined): number {
    this.charges.push(charge);
    return this.calls.keep(call, view);
  }

  /** The traces of the request; all spans must have been added. */
  get traces(): TraceGroups {
    this.groups ??= new TraceGroups(this.spans);
    return this.groups;
  }

  /** The hash of the trace of span n, as trace-hash.ts tells it of a tenant's trace. */
  traceHash(n: number): number {
    return this.spans.traceHash(n, this.seed);
  }

  /** Whether trace t is the tenant's with these 16 bytes for its id. */
  isTrace(t: number, tenant: string, id: Buffer): boolean {
    const at = this.spans.traceStart(this.traces.first[t]!);
    const { length } = id;
    return this.tenant === tenant && id.compare(this.spans.bytes, at, at + length) === 0;
  }

  entryId(call: number): Buffer {
    const at = call * ENTRY_ID_BYTES;
    return Buffer.from(this.entryIds.subarray(at, at + ENTRY_ID_BYTES));
  }

  /** Span n as the rules look at it. */
  spanOf(n: number): SettleSpan {
    const { spans, calls } = this;
    const c = spans.call(n);
    const call = c < 0 ? undefined : calls.call(c);
    const envelope = call === undefined ? NOWHERE : this.envelope(n);
    return {
      tenant: this.tenant,
      traceId: spans.traceId(n),
      spanId: spans.spanId(n),
      parentSpanId: spans.parentSpanId(n),
      name: call === undefined ? '' : spans.name(n),
      kind: call === undefined ? 0 : spans.kind(n),
      ...envelope,
      startNs: spans.startNs(n),
      endNs: spans.endNs(n),
      receivedAtNs: 0n,
      call,
      attribution: call?.attribution ?? spans.attributions[n] ?? NOBODY,
    };
  }
}

/** Of a span that is no call the rules ask for nothing but its place. */
const NOWHERE: Envelope = { service: '', environment: '', scopeName: '' };
