/**
 * One trace request through the stages: decode ▸ refuse ▸ seen before? ▸ normalise ▸ price ▸ rows ▸ journal.
 * Invariant: resolves only when every span that is kept is durable; a span is kept once and charged once.
 */
import { randomFillSync } from 'node:crypto';
import type { TenantId } from './access.ts';
import { decodeTracesJson } from './decode/decode-json.ts';
import { decodeTracesProtobuf } from './decode/decode-protobuf.ts';
import type { OtlpEncoding } from './decode/otlp-response.ts';
import { describeRefusals, refusalOf } from './decode/refuse.ts';
import { SpanView } from './decode/span-view.ts';
import { KEY_BYTES } from './journal/index-file.ts';
import type { Journal } from './journal/journal.ts';
import { JournalUnavailable } from './journal/journal-unavailable.ts';
import type { Seen, SeenSpans } from './journal/seen-spans.ts';
import { DECODE_LIMITS, SPAN_LIMITS } from './limits.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Call } from './normalise/call.ts';
import { modelOf } from './normalise/call.ts';
import { RULES_VERSION } from './normalise/dialects.ts';
import type { Normaliser } from './normalise/normalise.ts';
import { UNREADABLE_CALL } from './normalise/unreadable-call.ts';
import type { Charge } from './price/charge-call.ts';
import { chargeCall, unpricedCharge } from './price/charge-call.ts';
import type { PriceBook } from './price/price-book.ts';
import { badRequest, unavailable } from './problems.ts';
import type { AcceptOutcome } from './receive/traces-route.ts';
import { appendCharge } from './rows/append-charge.ts';
import { appendSpan } from './rows/append-span.ts';
import type { CardinalityGuard } from './rows/cardinality-guard.ts';
import type { ChargeRowContext } from './rows/charge-entry.ts';
import type { EntryBlock } from './rows/entry-block.ts';
import type { ContentRedactor } from './rows/redact.ts';
import type { SpanBlock } from './rows/span-block.ts';

/** The blocks of a segment: rows of spans, and rows of ledger entries. */
export interface LandingBlocks {
  readonly span: SpanBlock;
  readonly entry: EntryBlock;
}

export interface AcceptDeps {
  journal: Journal<LandingBlocks>;
  seen: SeenSpans;
  normaliser: Normaliser;
  /** The price book as it is for a tenant right now, its own terms included. */
  bookFor: (tenant: string) => PriceBook;
  redactor: ContentRedactor;
  guard: CardinalityGuard;
  metrics: Metrics;
  log: Logger;
  nowMs: () => number;
}

/** What is the same for all spans of one request. */
interface RequestState {
  tenant: TenantId;
  tenantNumber: number;
  book: PriceBook;
  nowNs: bigint;
  refusals: Map<string, number>;
  accepted: number;
  /** Why some of the spans could not be taken now; the others are kept. */
  unavailable: JournalUnavailable | undefined;
}

/** Where a span and its entry stand. */
type SpanPlace = Pick<ChargeRowContext, 'tenant' | 'service' | 'environment'>;

const NS_PER_MS = 1_000_000n;
const NS_PER_DAY = 86_400_000_000_000;
const TWO_32 = 4_294_967_296;
const ENTRY_ID_BYTES = 16;

export class TraceAcceptor {
  private readonly deps: AcceptDeps;
  private readonly view = new SpanView();
  private readonly key = Buffer.alloc(KEY_BYTES);
  private readonly entryIds = Buffer.alloc(ENTRY_ID_BYTES * 512);
  private entryIdAt = this.entryIds.length;

  constructor(deps: AcceptDeps) {
    this.deps = deps;
  }

  /** @throws Problem bad_request for bytes that are no OTLP, journal_unavailable where a resend may succeed */
  async accept(
    tenant: TenantId,
    bytes: Uint8Array,
    encoding: OtlpEncoding,
  ): Promise<AcceptOutcome> {
    const { journal, metrics, seen, nowMs } = this.deps;
    const refusal = journal.refusal();
    if (refusal !== undefined) {
      throw unavailable('journal_unavailable', refusal);
    }
    const state: RequestState = {
      tenant,
      tenantNumber: seen.tenantNumber(tenant),
      book: this.deps.bookFor(tenant),
      nowNs: BigInt(nowMs()) * NS_PER_MS,
      refusals: new Map(),
      accepted: 0,
      unavailable: undefined,
    };
    this.decode(bytes, encoding, state);
    try {
      await journal.commit();
    } catch (error) {
      throw unavailable('journal_unavailable', error instanceof Error ? error.message : '');
    }
    metrics.aicost_spans_accepted_total.inc(state.accepted);
    if (state.unavailable !== undefined) {
      throw unavailable('journal_unavailable', state.unavailable.message);
    }
    const rejectedSpans = [...state.refusals.values()].reduce((sum, count) => sum + count, 0);
    return { rejectedSpans, message: describeRefusals(state.refusals) };
  }

  private decode(bytes: Uint8Array, encoding: OtlpEncoding, state: RequestState): void {
    const sink = { span: (view: SpanView) => this.takeSpan(view, state) };
    const decode = encoding === 'json' ? decodeTracesJson : decodeTracesProtobuf;
    const outcome = decode(bytes, sink, DECODE_LIMITS, this.view);
    if (!outcome.ok) {
      throw badRequest(outcome.error.message, outcome.error);
    }
    this.deps.metrics.aicost_spans_received_total.inc(outcome.recordCount);
  }

  private refuse({ refusals }: RequestState, { code, text }: { code: string; text: string }): void {
    refusals.set(text, (refusals.get(text) ?? 0) + 1);
    this.deps.metrics.aicost_spans_refused_total.inc({ reason: code });
  }

  private takeSpan(view: SpanView, state: RequestState): void {
    const { metrics, seen, log } = this.deps;
    const refusal = refusalOf(view, state.nowNs, SPAN_LIMITS);
    if (refusal !== undefined) {
      this.refuse(state, refusal);
      return;
    }
    this.fillKey(view);
    const before = seen.check(state.tenantNumber, this.key, 0);
    if (before === 'same') {
      metrics.aicost_spans_duplicate_total.inc();
      return;
    }
    try {
      this.keepSpan(view, state, before);
      state.accepted++;
    } catch (error) {
      // A key without its row would make every resend look like a duplicate.
      seen.takeBack(state.tenantNumber, this.key, 0, before);
      if (error instanceof JournalUnavailable) {
        state.unavailable = error;
        return;
      }
      log.error({ err: error, span_name: view.nameText.slice(0, 128) }, 'a span could not be kept');
      this.refuse(state, { code: 'internal', text: 'not kept by a fault of the collector' });
    }
  }

  /** Span and charge into the blocks, both or neither. Everything that may fail comes before the first row. */
  private keepSpan(view: SpanView, state: RequestState, before: Seen): void {
    const call = this.normalise(view);
    const day = dayOf(view);
    const { service, environment } = this.deps.normaliser.resource;
    const context = { tenant: state.tenant, service, environment };
    // A changed span was charged when it first came; settle bills its newest version.
    const isBilled = call?.role === 'leaf' && before === 'new';
    const charge = isBilled ? this.price(call, view, state.book) : undefined;
    const pending = this.deps.journal.rowsFor(day);
    const { span, entry } = pending.blocks;
    const { rows: spanRows } = span;
    const { rows: entryRows } = entry;
    const { redactor } = this.deps;
    try {
      appendSpan(span, view, call, {
        ...context,
        receivedAtNs: state.nowNs,
        attribution: call?.attribution ?? this.deps.normaliser.attributionOfLast(),
        redactor,
      });
      if (call !== undefined && charge !== undefined) {
        appendCharge(entry, view, { call, charge }, this.entryContext(call, context, state, day));
      }
      pending.addKey(state.tenant, this.key, before);
    } catch (error) {
      span.truncate(spanRows);
      entry.truncate(entryRows);
      throw error;
    }
  }

  private entryContext(
    call: Call,
    where: SpanPlace,
    { nowNs }: RequestState,
    day: number,
  ): ChargeRowContext {
    const { feature, agent, prompt, user } = call.attribution;
    const { provider, operation } = call;
    const { service, environment } = where;
    const overLimit = this.deps.guard.overLimit(where.tenant, day, {
      service,
      environment,
      provider,
      model: modelOf(call),
      operation,
      feature,
      agent,
      prompt,
      user,
    });
    const entryId = this.nextEntryId();
    return { ...where, recordedAtNs: nowNs, rulesVersion: RULES_VERSION, entryId, overLimit };
  }

  /** A fault of the price book must not cost the charge: it is kept unpriced, and said. */
  private price(call: Call, view: SpanView, book: PriceBook): Charge {
    const { metrics, log } = this.deps;
    let charge: Charge;
    try {
      charge = chargeCall(book, call, view.startTimeUnixNano);
    } catch (error) {
      log.error({ err: error, provider: call.provider, model: modelOf(call) }, 'price failed');
      charge = unpricedCharge(call, book.version, 'price_failed');
    }
    if (charge.costAtto === undefined) {
      metrics.aicost_calls_unpriced_total.inc({ reason: charge.unpricedReason });
    } else {
      metrics.aicost_calls_priced_total.inc();
    }
    return charge;
  }

  /** A fault of a dialect must not cost its sender the span: it is stored with role `unknown`, and said. */
  private normalise(view: SpanView): Call | undefined {
    try {
      return this.deps.normaliser.normalise(view);
    } catch (error) {
      this.deps.log.error(
        { err: error, span_name: view.nameText.slice(0, 128) },
        'normalise failed',
      );
      this.deps.metrics.aicost_calls_unpriced_total.inc({ reason: UNREADABLE_CALL.roleReason });
      return UNREADABLE_CALL;
    }
  }

  /** Lays the span's key out as the journal's FORMAT.md says. */
  private fillKey(view: SpanView): void {
    view.hashContent();
    const { key } = this;
    view.bytes.copy(key, 2, view.traceIdStart, view.traceIdEnd);
    view.bytes.copy(key, 18, view.spanIdStart, view.spanIdEnd);
    key.writeInt32LE(view.hashLo | 0, 26);
    key.writeInt32LE(view.hashHi | 0, 30);
  }

  /** Random bytes are fetched for many entries at a time. */
  private nextEntryId(): Buffer {
    if (this.entryIdAt === this.entryIds.length) {
      randomFillSync(this.entryIds);
      this.entryIdAt = 0;
    }
    const id = this.entryIds.subarray(this.entryIdAt, this.entryIdAt + ENTRY_ID_BYTES);
    this.entryIdAt += ENTRY_ID_BYTES;
    // Version 4, variant 1 (RFC 9562), so that it reads as the random UUID it is.
    id[6] = (id[6]! & 0x0f) | 0x40;
    id[8] = (id[8]! & 0x3f) | 0x80;
    return id;
  }
}

/** The UTC day of the span's start. The float may round across a midnight, so near one the integers decide. */
function dayOf(view: SpanView): number {
  const approximate = ((view.startTimeHi >>> 0) * TWO_32 + (view.startTimeLo >>> 0)) / NS_PER_DAY;
  const day = Math.floor(approximate);
  const fraction = approximate - day;
  if (fraction > 1e-9 && fraction < 1 - 1e-9) {
    return day;
  }
  return Number(view.startTimeUnixNano / BigInt(NS_PER_DAY));
}
