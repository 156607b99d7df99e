/**
 * Traces with what they should be billed: `<row>.billed.json` says what the spans of a row of the duplication matrix
 * come to, `<row>.otlp.json` beside it (or a golden fixture of normalise, by `from`) is what the emitter sends. A trace
 * is read here as ingest reads it; a ledger in memory takes its entries, and settle's.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { INPUT_BUCKETS, OUTPUT_BUCKETS, type Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import { decodeTracesJson } from '../decode/decode-json.ts';
import type { SpanView } from '../decode/span-view.ts';
import { DIALECTS } from '../normalise/dialects.ts';
import type { FixtureOrigin } from '../normalise/fixture.ts';
import { Normaliser } from '../normalise/normalise.ts';
import { chargeCall } from '../price/charge-call.ts';
import { loadPriceBook } from '../price/load-book.ts';
import { CardinalityGuard } from '../rows/cardinality-guard.ts';
import { factsOf, type LedgerEntry } from '../rows/ledger-entry.ts';
import { groupSpans } from './groups.ts';
import { createEntryMaker } from './make-entries.ts';
import { settleGroup } from './settle-group.ts';
import type { SettleSpan } from './settle-span.ts';

/** Tokens as decimal strings, USD as plain decimals. */
export interface Sums {
  calls: string;
  unpriced: string;
  input: string;
  output: string;
  usd: string;
}

export interface BilledTrace {
  /** The row of the matrix, and what this trace shows of it. */
  row: string;
  shows: string;
  /** A golden fixture of normalise, `<dialect>/<case>`, whose request and origin count. */
  from?: string;
  origin?: FixtureOrigin;
  /** Every span that reports usage, each billed as a call. */
  naive: Sums;
  /** Why the naive sum is the billed one, where it is. */
  equalBecause?: string;
  /** Every LLM span in the order of the request: its id's last four digits and its name, and its role. */
  roles: [span: string, role: string][];
  billed: Sums;
}

export interface TraceCase {
  name: string;
  path: string;
  expected: BilledTrace;
  request: Buffer;
}

const TRACES = join(import.meta.dirname, 'fixtures');
const CALLS = join(import.meta.dirname, '..', 'normalise', 'fixtures');
const BOOK = loadPriceBook();
const RECEIVED_NS = 1_787_300_000_000_000_000n;

export function listTraceCases(): TraceCase[] {
  return readdirSync(TRACES)
    .filter((file) => file.endsWith('.billed.json'))
    .map((file) => {
      const name = file.slice(0, -'.billed.json'.length);
      const path = join(TRACES, file);
      const expected = JSON.parse(readFileSync(path, 'utf8')) as BilledTrace;
      const { from } = expected;
      const request =
        from === undefined ? join(TRACES, `${name}.otlp.json`) : join(CALLS, `${from}.otlp.json`);
      return { name, path, expected, request: readFileSync(request) };
    });
}

/** Where the spans of a case are from. */
export function originOf({ from, origin }: BilledTrace): FixtureOrigin | undefined {
  return from === undefined
    ? origin
    : (JSON.parse(readFileSync(join(CALLS, `${from}.call.json`), 'utf8')) as BilledTrace).origin;
}

/** A span as it is stored, and the entry that ingest makes of it, if any. */
export interface ReceivedSpan {
  span: SettleSpan;
  entry: LedgerEntry | undefined;
}

export function receiveTrace(request: Uint8Array): ReceivedSpan[] {
  const normaliser = new Normaliser(DIALECTS);
  const received: ReceivedSpan[] = [];
  const outcome = decodeTracesJson(request, {
    span: (view) => void received.push(receiveSpan(normaliser, view)),
  });
  if (!outcome.ok) {
    throw outcome.error;
  }
  return received;
}

function receiveSpan(normaliser: Normaliser, view: SpanView): ReceivedSpan {
  const call = normaliser.normalise(view);
  const where = { tenant: 'default', ...normaliser.resource };
  const span: SettleSpan = {
    ...where,
    traceId: view.hex(view.traceIdStart, view.traceIdEnd),
    spanId: view.hex(view.spanIdStart, view.spanIdEnd),
    parentSpanId: view.hex(view.parentSpanIdStart, view.parentSpanIdEnd),
    name: view.nameText,
    kind: view.kind,
    scopeName: view.text(view.scope.nameStart, view.scope.nameEnd),
    startNs: view.startTimeUnixNano,
    endNs: view.endTimeUnixNano,
    receivedAtNs: RECEIVED_NS,
    call,
    attribution: call?.attribution ?? normaliser.attributionOfLast(),
  };
  if (call?.role !== 'leaf') {
    return { span, entry: undefined };
  }
  const usage = call.usage?.buckets ?? {};
  return {
    span,
    entry: makerOf('').charge({ facts: factsOf(call, span), call, calls: 1n, usage }),
  };
}

/** `note` tells the entries of ingest, which have none, from settle's. */
function makerOf(note: '' | 'settle') {
  return createEntryMaker({
    bookFor: () => BOOK,
    guard: new CardinalityGuard(100_000),
    nowNs: () => RECEIVED_NS,
    note,
  });
}

/** What arrived, and every entry made for it. */
export class MemoryLedger {
  readonly entries: LedgerEntry[] = [];
  private readonly spans: SettleSpan[] = [];
  private readonly maker = makerOf('settle');

  receive(received: readonly ReceivedSpan[]): void {
    for (const { span, entry } of received) {
      this.spans.push(span);
      if (entry !== undefined) {
        this.entries.push(entry);
      }
    }
  }

  /** Settles everything that arrived; gives what was appended. */
  settle(): LedgerEntry[] {
    const appended = groupSpans(this.spans).flatMap((spans) => {
      const traces = new Set(spans.map(({ traceId }) => traceId));
      const own = this.entries.filter(({ traceId }) => traces.has(traceId));
      return settleGroup(spans, own, this.maker);
    });
    this.entries.push(...appended);
    return appended;
  }
}

export function sumsOf(entries: readonly LedgerEntry[]): Sums {
  const total = (read: (entry: LedgerEntry) => bigint) =>
    entries.reduce((sum, entry) => sum + read(entry), 0n);
  const tokens = (keys: readonly (keyof Usage)[]) =>
    String(total(({ usage }) => keys.reduce((sum, key) => sum + (usage[key] ?? 0n), 0n)));
  return {
    calls: String(total(({ calls }) => calls)),
    unpriced: String(total(({ unpricedCalls }) => unpricedCalls)),
    input: tokens(INPUT_BUCKETS),
    output: tokens(OUTPUT_BUCKETS),
    usd: formatUsd(total(({ charge }) => charge.costAtto ?? 0n)),
  };
}

/** What comes out where whatever reports usage is billed, as a sum over spans does. */
export function naiveSums(received: readonly ReceivedSpan[]): Sums {
  const using = received.filter(({ span }) => span.call?.usage !== undefined);
  const charged = using.map(({ span }) => ({ call: span.call!, at: span.startNs }));
  const charges = charged.map(({ call, at }) => chargeCall(BOOK, call, at).costAtto);
  const sum = (read: (index: number) => bigint | undefined) =>
    charged.reduce((total, _, index) => total + (read(index) ?? 0n), 0n);
  return {
    calls: String(using.length),
    unpriced: String(charges.filter((cost) => cost === undefined).length),
    input: String(sum((index) => charged[index]!.call.usage!.inputTokens)),
    output: String(sum((index) => charged[index]!.call.usage!.outputTokens)),
    usd: formatUsd(sum((index) => charges[index])),
  };
}
