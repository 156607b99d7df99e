/**
 * Each row of the duplication matrix on its way in: whole in one request, split over several, and left to settle. The
 * ledger is the same in the end, and settle finds nothing to do where a request said that it had decided all.
 */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { BufferHolders } from '../buffer-pool.ts';
import { DEFAULT_DECODE_LIMITS } from '../decode/decode-error.ts';
import { transcodedTraceSteps, transcodeJson } from '../decode/decode-json.ts';
import { SpanView } from '../decode/span-view.ts';
import { runToEnd } from '../decode/steps.ts';
import type { PendingRows } from '../journal/pending-rows.ts';
import { DIALECTS } from '../normalise/dialects.ts';
import { Normaliser } from '../normalise/normalise.ts';
import { chargeCall } from '../price/charge-call.ts';
import { loadPriceBook } from '../price/load-book.ts';
import { CardinalityGuard } from '../rows/cardinality-guard.ts';
import type { EntryBlock } from '../rows/entry-block.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import type { SpanBlock } from '../rows/span-block.ts';
import { listTraceCases, MemoryLedger, receiveTrace, sumsOf } from './fixture.ts';
import { OpenTraces } from './open-traces.ts';
import { RequestTraces } from './request-traces.ts';
import { type SettleSpan, spanKey } from './settle-span.ts';

type Pending = PendingRows<{ span: SpanBlock; entry: EntryBlock }>;
interface OtlpSpan {
  traceId: string;
  spanId: string;
}
interface OtlpScope {
  scope?: object;
  spans: OtlpSpan[];
}
interface Otlp {
  resourceSpans: { resource?: object; scopeSpans: OtlpScope[] }[];
}

const BOOK = loadPriceBook();
const CASES = listTraceCases().map((one) => [one.name, one] as const);
const NOW_MS = 1_787_300_000_000;

/** Bodies of requests whose memory is written over as soon as nobody holds them. */
class ScribbledOver implements BufferHolders {
  private readonly holders = new Map<ArrayBufferLike, number>();

  /** A copy in memory of its own, held by the caller. */
  copy(bytes: Uint8Array): Buffer {
    const own = Buffer.from(new Uint8Array(bytes).buffer);
    this.holders.set(own.buffer, 1);
    return own;
  }

  keep({ buffer }: Uint8Array): void {
    const holders = this.holders.get(buffer) ?? 0;
    if (holders === 0) throw new Error('memory is kept that was let go');
    this.holders.set(buffer, holders + 1);
  }

  letGo({ buffer }: Uint8Array): void {
    const holders = (this.holders.get(buffer) ?? 0) - 1;
    if (holders < 0) throw new Error('memory is let go twice');
    this.holders.set(buffer, holders);
    if (holders === 0) new Uint8Array(buffer).fill(0xff);
  }
}

/** Requests of one collector, and what they leave in its tables. */
class Intake {
  readonly ledger = new MemoryLedger();
  /** By trace: rows, and the most rows that were decided together. */
  readonly traces = new Map<string, { rows: number; resolved: number }>();
  readonly open: OpenTraces;
  private readonly requests: RequestTraces;
  private readonly bytes = new ScribbledOver();
  private readonly normaliser = new Normaliser(DIALECTS);
  private readonly pending: Pending[] = [];
  private rows: string[] = [];

  constructor({ mayReverse = true, spansMax = 1000 } = {}) {
    this.open = new OpenTraces({ idleMsMax: 60_000, spansMax, bytes: this.bytes });
    this.requests = new RequestTraces({
      journal: { rowsFor: (day) => this.rowsFor(day) },
      open: this.open,
      guard: new CardinalityGuard(),
      bookFor: () => BOOK,
      mayReverse,
      nowMs: () => NOW_MS,
      append: (_block: EntryBlock, entry: LedgerEntry) => void this.ledger.entries.push(entry),
      appendKnown: (_block, _row, asEntry) => void this.ledger.entries.push(asEntry()),
      onFault: (error) => {
        throw error;
      },
    });
  }

  take(request: Otlp, isDurable = true, extent: 'whole' | 'part' = 'whole'): void {
    const bytes = Buffer.from(JSON.stringify(request));
    const received = receiveTrace(bytes);
    this.requests.begin('default');
    this.rows = [];
    const limits = DEFAULT_DECODE_LIMITS;
    const { written, recordCount } = transcodeJson(bytes, 'TracesRequest', limits.depthMax);
    const body = { written: this.bytes.copy(written), recordCount };
    const sink = { span: (view: SpanView) => this.add(view) };
    const outcome = runToEnd(transcodedTraceSteps(body, sink, limits, new SpanView()));
    if (!outcome.ok) throw outcome.error;
    this.ledger.receive(received.map(({ span }) => ({ span, entry: undefined })));
    this.requests.settled(this.requests.finish(extent), isDurable);
    this.bytes.letGo(body.written);
  }

  /** Traces that settle would leave alone. */
  resolved(): Set<string> {
    const alone = [...this.traces].filter(([, { rows, resolved }]) => rows === resolved);
    return new Set(alone.map(([traceId]) => traceId));
  }

  private add(view: SpanView): void {
    const call = this.normaliser.read(view);
    const traceId = view.hex(view.traceIdStart, view.traceIdEnd);
    const trace = this.traces.get(traceId) ?? { rows: 0, resolved: 0 };
    trace.rows++;
    this.traces.set(traceId, trace);
    const charge =
      call?.role === 'leaf' ? chargeCall(BOOK, call.toCall(), view.startTimeUnixNano) : undefined;
    this.requests.add(view, {
      pending: this.rowsFor(view.startDay),
      row: this.rows.push(traceId) - 1,
      isChanged: false,
      attribution: call === undefined ? this.normaliser.attributionOfLast() : undefined,
      ...this.normaliser.resource,
      call,
      charge,
    });
  }

  private rowsFor(day: number): Pending {
    const set = (row: number, value: number) => {
      const trace = this.traces.get(this.rows[row]!)!;
      trace.resolved = Math.max(trace.resolved, value);
    };
    const blocks = { span: { columns: { resolved_spans: { set } } }, entry: {} };
    this.pending[day] ??= { day, blocks } as unknown as Pending;
    return this.pending[day];
  }
}

/** The request with only those spans. */
function partOf(request: Otlp, isIn: (span: OtlpSpan) => boolean): Otlp {
  return {
    resourceSpans: request.resourceSpans.map((resource) => ({
      ...resource,
      scopeSpans: resource.scopeSpans.map((scope) => ({
        ...scope,
        spans: scope.spans.filter(isIn),
      })),
    })),
  };
}

function spansOf(request: Otlp): OtlpSpan[] {
  return request.resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans),
  );
}

function responsesOf(spans: readonly SettleSpan[]): string[] {
  return [
    ...new Set(
      spans.flatMap(({ call, traceId }) =>
        call === undefined || call.responseId === '' ? [] : [`${call.responseId} ${traceId}`],
      ),
    ),
  ];
}

/** Traces that show no response of another one: settle is told of those by a question of its own. */
function alone(request: Otlp): Set<string> {
  const spans = receiveTrace(Buffer.from(JSON.stringify(request))).map(({ span }) => span);
  const byResponse = Map.groupBy(responsesOf(spans), (one) => one.split(' ')[0]!);
  const shared = [...byResponse.values()].filter(({ length }) => length > 1).flat();
  const notAlone = new Set(shared.map((one) => one.split(' ')[1]!));
  return new Set(spans.map(({ traceId }) => traceId).filter((id) => !notAlone.has(id)));
}

/** What settle appends for traces that were decided and are alone. */
function superfluous(intake: Intake, request: Otlp): string[] {
  const [resolved, single] = [intake.resolved(), alone(request)];
  return intake.ledger
    .settle()
    .filter(({ traceId }) => resolved.has(traceId) && single.has(traceId))
    .map((entry) => `${spanKey(entry)} ${entry.kind} ${entry.role}`);
}

const read = (request: Buffer): Otlp => JSON.parse(request.toString()) as Otlp;

describe('a trace on its way in', () => {
  test.for(CASES)('%s: in one request', ([, { request, expected }]) => {
    const intake = new Intake();
    intake.take(read(request));
    expect(intake.ledger.entries.some(({ kind }) => kind === 'reversal')).toBe(false);
    expect(superfluous(intake, read(request))).toEqual([]);
    expect(sumsOf(intake.ledger.entries)).toEqual(expected.billed);
  });

  test.for(CASES)('%s: split over requests, in any order', ([, { request, expected }]) => {
    const whole = read(request);
    const spans = spansOf(whole);
    const parts = fc.array(fc.nat(3), { minLength: spans.length, maxLength: spans.length });
    const mayReverse = fc.boolean();
    fc.assert(
      fc.property(parts, mayReverse, fc.constantFrom(0, 3, 1000), (partOfSpan, may, spansMax) => {
        const intake = new Intake({ mayReverse: may, spansMax });
        for (const part of [0, 1, 2, 3]) {
          intake.take(partOf(whole, (one) => partOfSpan[indexOf(spans, one)] === part));
        }
        expect(superfluous(intake, whole)).toEqual([]);
        expect(sumsOf(intake.ledger.entries)).toEqual(expected.billed);
      }),
      { numRuns: 20 },
    );
  });
});

it('all traces of the matrix are decided by the request that holds them, but for running counters', () => {
  const left = CASES.filter(([, { request }]) => {
    const intake = new Intake();
    intake.take(read(request));
    return intake.resolved().size < intake.traces.size;
  });
  expect(left.filter(([name]) => !/^(crewai|smolagents|strands)/.test(name))).toEqual([]);
});

function indexOf(spans: readonly OtlpSpan[], one: OtlpSpan): number {
  return spans.findIndex(({ spanId, traceId }) => spanId === one.spanId && traceId === one.traceId);
}

describe('a long request that is taken in in parts', () => {
  const [, { request, expected }] = CASES.find(([name]) => name === 'ai-sdk-7-agent')!;
  const whole = read(request);
  const isRoot = (span: OtlpSpan) => !('parentSpanId' in span) || span.parentSpanId === '';

  it.for([true, false])(
    'does not bill an agent before its calls have come, whether its part is durable by then (%s) or not',
    (isDurable) => {
      const intake = new Intake();
      intake.take(partOf(whole, isRoot), isDurable, 'part');
      expect(intake.ledger.entries).toEqual([]);
      intake.take(partOf(whole, (span) => !isRoot(span)));
      expect(intake.ledger.entries.some(({ kind }) => kind === 'reversal')).toBe(false);
      intake.ledger.settle();
      expect(sumsOf(intake.ledger.entries)).toEqual(expected.billed);
    },
  );
});

describe('what is left to settle', () => {
  const [, { request }] = CASES.find(([name]) => name === 'ai-sdk-7-agent')!;

  it('is a trace whose root never came', () => {
    const intake = new Intake();
    intake.take(
      partOf(read(request), (span) => 'parentSpanId' in span && span.parentSpanId !== ''),
    );
    expect([...intake.resolved()]).toEqual([]);
    expect(intake.ledger.entries.every(({ kind }) => kind === 'charge')).toBe(true);
  });

  it('is a trace that another request brings more of before the first is durable', () => {
    const whole = read(request);
    const [first] = spansOf(whole);
    const intake = new Intake();
    intake.take(
      partOf(whole, (span) => span === first),
      false,
    );
    intake.take(partOf(whole, (span) => span !== first));
    expect([...intake.resolved()]).toEqual([]);
  });

  it('is a trace that settle has looked at meanwhile', () => {
    const whole = read(request);
    const [first] = spansOf(whole);
    const intake = new Intake();
    intake.take(partOf(whole, (span) => span === first));
    expect(intake.open.release('default', [first!.traceId])).toBe(true);
    intake.take(partOf(whole, (span) => span !== first));
    expect([...intake.resolved()]).toEqual([]);
  });
});
