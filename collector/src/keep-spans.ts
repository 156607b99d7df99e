/**
 * One span through the stages after decode: refuse ▸ seen before? ▸ normalise ▸ price ▸ rows ▸ journal. Log events that
 * are usage come here too, written as spans; they are kept with their usage and charged by settle.
 * Invariant: a span is kept once and charged once, and `finish` resolves only when every span that is kept is durable.
 */
import type { TenantId } from './access.ts';
import type { SpanBudget } from './admission.ts';
import { describeRefusals, refusalOf } from './decode/refuse.ts';
import type { SpanView } from './decode/span-view.ts';
import type { Journal } from './journal/journal.ts';
import { JournalUnavailable } from './journal/journal-unavailable.ts';
import type { Seen, SeenSpans } from './journal/seen-spans.ts';
import { type KeptRequest, LIMIT_OF_REFUSAL } from './kept-request.ts';
import { requestLimits } from './limits.ts';
import type { RequestCalls } from './live/calls-told.ts';
import type { LiveHub } from './live/live-hub.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Attribution } from './normalise/call.ts';
import type { SpanCall } from './normalise/learned/span-call.ts';
import type { Normaliser } from './normalise/normalise.ts';
import type { PriceBook } from './price/price-book.ts';
import { unavailable } from './problems.ts';
import { SpanReader } from './read-span.ts';
import { appendEntry } from './rows/append-entry.ts';
import { appendKnownCharge } from './rows/append-known-charge.ts';
import { appendSpan, type SpanRowContext } from './rows/append-span.ts';
import type { CardinalityGuard } from './rows/cardinality-guard.ts';
import type { EntryBlock } from './rows/entry-block.ts';
import type { ContentRedactor } from './rows/redact.ts';
import type { SpanBlock } from './rows/span-block.ts';
import type { OpenTraces } from './settle/open-traces.ts';
import { type KeptSpan, RequestTraces } from './settle/request-traces.ts';
import { SpanKey } from './span-key.ts';

/** The blocks of a segment: rows of spans, and rows of ledger entries. */
export interface LandingBlocks {
  readonly span: SpanBlock;
  readonly entry: EntryBlock;
}

export interface KeepDeps {
  journal: Journal<LandingBlocks>;
  seen: SeenSpans;
  normaliser: Normaliser;
  /** The price book as it is for a tenant right now, its own terms included. */
  bookFor: (tenant: string) => PriceBook;
  redactor: ContentRedactor;
  guard: CardinalityGuard;
  open: OpenTraces;
  /** Whether this process settles, and no other may: then it may correct entries that an earlier request made. */
  mayReverse: boolean;
  /** Who listens to calls as they become durable. */
  live: Pick<LiveHub, 'isHeard' | 'callsOf'>;
  metrics: Metrics;
  log: Logger;
  /** What the tenant may send, and what it sent. */
  spanBudget: SpanBudget;
  nowMs: () => number;
}

const NS_PER_MS = 1_000_000n;

export class SpanKeeper {
  private readonly deps: KeepDeps;
  private readonly key = new SpanKey();
  private readonly reader: SpanReader;
  private readonly traces: RequestTraces;
  private readonly attributionOf: () => Attribution;
  private readonly context: SpanRowContext;
  private kept: KeptSpan | undefined;
  /** What takes the entries of the request that ends right now; undefined: nobody listens. */
  private heard: RequestCalls | undefined;

  constructor(deps: KeepDeps) {
    this.deps = deps;
    this.reader = new SpanReader(deps);
    this.attributionOf = () => deps.normaliser.attributionOfLast();
    this.context = {
      tenant: '',
      service: '',
      environment: '',
      receivedAtNs: 0n,
      attributionOf: this.attributionOf,
      redactor: deps.redactor,
    };
    const onFault = (err: unknown) => deps.log.error({ err }, 'entries are left to settle');
    this.traces = new RequestTraces({
      ...deps,
      append: (block, entry) => {
        appendEntry(block, entry);
        this.heard?.add(Number(entry.calls), entry.charge.costAtto, () => entry);
      },
      appendKnown: (block, row, asEntry) => {
        appendKnownCharge(block, row);
        this.heard?.add(1, row.charge.costAtto, asEntry);
      },
      onFault,
    });
  }

  /** @throws Problem journal_unavailable while nothing can be kept: a resend may succeed */
  begin(tenant: TenantId, signal: KeptRequest['signal']): KeptRequest {
    const { journal, seen, bookFor, spanBudget } = this.deps;
    const refusal = journal.refusal();
    if (refusal !== undefined) {
      throw unavailable('journal_unavailable', refusal);
    }
    return {
      signal,
      tenant,
      tenantNumber: seen.tenantNumber(tenant),
      book: bookFor(tenant),
      nowNs: 0n,
      limits: requestLimits(spanBudget.limitsOf(tenant)),
      refusals: new Map(),
      accepted: 0,
      priced: 0,
      unavailable: undefined,
      parts: [],
    };
  }

  /** Before the first span, and before the next one whenever others had their turn. */
  resume(state: KeptRequest): void {
    // The rows say when they came in, and settle goes by it: a long request must not say an earlier time than it is.
    state.nowNs = BigInt(this.deps.nowMs()) * NS_PER_MS;
    this.traces.begin(state.tenant);
  }

  /** What was taken since `resume` is complete in itself: others may have their turn now. */
  pause(state: KeptRequest): void {
    state.parts.push(this.commit(state.tenant, 'part'));
  }

  /** Ends the traces of the spans taken since `resume`. Resolves with the error, if they did not become durable. */
  private async commit(tenant: TenantId, extent: 'whole' | 'part'): Promise<unknown> {
    const { journal, live } = this.deps;
    const heard = live.isHeard ? live.callsOf(tenant)?.begin() : undefined;
    this.heard = heard;
    const traces = this.traces.finish(extent);
    this.heard = undefined;
    try {
      await journal.commit(extent);
      this.traces.settled(traces, true);
    } catch (error) {
      this.traces.settled(traces, false);
      return error;
    }
    this.tell(heard);
    return undefined;
  }

  /** What is durable stays acknowledged, whatever becomes of telling it. */
  private tell(heard: RequestCalls | undefined): void {
    try {
      heard?.publish();
    } catch (err) {
      this.deps.log.error({ err }, 'calls could not be told to the live stream');
    }
  }

  /**
   * Resolves with what is told to the sender, when all that was kept is durable.
   * @param decoded spans of the request, those that were not kept included
   * @throws Problem journal_unavailable where a resend may succeed
   */
  async finish(
    state: KeptRequest,
    decoded: number,
  ): Promise<{ rejected: number; message: string; kept: number }> {
    const { metrics, spanBudget } = this.deps;
    const kept = state.accepted;
    const takeBack = spanBudget.chargeSpans(state.tenant, { decoded, kept });
    state.parts.push(this.commit(state.tenant, 'whole'));
    if (state.priced > 0) metrics.aicost_calls_priced_total.inc(state.priced);
    const failed = (await Promise.all(state.parts)).find((error) => error !== undefined);
    if (failed !== undefined) {
      takeBack();
      throw unavailable('journal_unavailable', failed instanceof Error ? failed.message : '');
    }
    if (state.signal === 'logs') {
      metrics.aicost_log_records_total.inc({ outcome: 'accepted' }, state.accepted);
    } else {
      metrics.aicost_spans_accepted_total.inc(state.accepted);
    }
    if (state.unavailable !== undefined) {
      throw unavailable('journal_unavailable', state.unavailable.message, 1, {
        limit: 'waiting_days',
      });
    }
    const rejected = [...state.refusals.values()].reduce((sum, count) => sum + count, 0);
    const one = state.signal === 'logs' ? 'log record' : 'span';
    return { rejected, message: describeRefusals(state.refusals, one), kept };
  }

  private refuse(state: KeptRequest, { code, text }: { code: string; text: string }): void {
    const { refusals, signal } = state;
    const { metrics } = this.deps;
    refusals.set(text, (refusals.get(text) ?? 0) + 1);
    if (signal === 'logs') metrics.aicost_log_records_total.inc({ outcome: 'refused' });
    else metrics.aicost_spans_refused_total.inc({ reason: code });
    const limit = LIMIT_OF_REFUSAL[code];
    if (limit !== undefined) metrics.aicost_limit_hits_total.inc({ limit });
  }

  /** Keeps the span in the blocks of the journal, unless it is refused or was kept before. */
  take(view: SpanView, state: KeptRequest): void {
    const { metrics, seen, log } = this.deps;
    const refusal = refusalOf(view, state.nowNs, state.limits.span);
    if (refusal !== undefined) {
      this.refuse(state, refusal);
      return;
    }
    this.key.fill(view);
    const before = seen.check(state.tenantNumber, this.key.bytes, 0);
    if (before === 'same') {
      if (state.signal === 'logs') metrics.aicost_log_records_total.inc({ outcome: 'duplicate' });
      else metrics.aicost_spans_duplicate_total.inc();
      return;
    }
    try {
      const told = this.reader.read(view);
      const call = state.signal === 'logs' ? this.reader.ofLog(told) : told;
      if (state.signal === 'logs' && call === undefined) {
        seen.takeBack(state.tenantNumber, this.key.bytes, 0, before);
        metrics.aicost_log_records_total.inc({ outcome: 'no_usage' });
        return;
      }
      this.keep(view, state, call, before);
      state.accepted++;
    } catch (error) {
      // A key without its row would make every resend look like a duplicate.
      seen.takeBack(state.tenantNumber, this.key.bytes, 0, before);
      if (error instanceof JournalUnavailable) {
        state.unavailable = error;
        return;
      }
      log.error({ err: error, span_name: view.nameText.slice(0, 128) }, 'a span could not be kept');
      this.refuse(state, { code: 'internal', text: 'not kept by a fault of the collector' });
    }
  }

  /** The span into its block; its charge waits for the end of the request. Everything that may fail comes before. */
  private keep(view: SpanView, state: KeptRequest, call: SpanCall | undefined, before: Seen): void {
    // A changed span was charged when it first came; settle bills its newest version.
    const isBilled = call?.role === 'leaf' && before === 'new';
    const charge = isBilled ? this.reader.price(call, view, state) : undefined;
    const pending = this.deps.journal.rowsFor(view.startDay);
    const { span } = pending.blocks;
    const { rows: row } = span;
    try {
      appendSpan(span, view, call, this.contextOf(state));
      pending.addKey(state.tenant, this.key.bytes, before);
    } catch (error) {
      span.truncate(row);
      throw error;
    }
    if (state.signal !== 'traces') return;
    const kept = this.keptAt(pending, row);
    kept.isChanged = before !== 'new';
    kept.attribution = call === undefined ? this.attributionOf() : undefined;
    kept.call = call;
    kept.charge = charge;
    this.traces.add(view, kept);
  }

  /** One object for all spans, as it was filled last but for where the row is. */
  private keptAt(pending: KeptSpan['pending'], row: number): KeptSpan {
    const { service, environment } = this.deps.normaliser.resource;
    const { kept } = this;
    if (kept === undefined) {
      const nothing = { attribution: undefined, call: undefined, charge: undefined };
      this.kept = { pending, row, service, environment, isChanged: false, ...nothing };
      return this.kept;
    }
    kept.pending = pending;
    kept.row = row;
    kept.service = service;
    kept.environment = environment;
    return kept;
  }

  /** One object for all rows of a request. */
  private contextOf(state: KeptRequest): SpanRowContext {
    const { context, deps } = this;
    const { service, environment } = deps.normaliser.resource;
    context.tenant = state.tenant;
    context.service = service;
    context.environment = environment;
    context.receivedAtNs = state.nowNs;
    return context;
  }
}
