/**
 * What a request of spans would cost, and which of its spans would be refused: decode, normalise and price as on the
 * road, and nothing is kept.
 */
import type { AttoUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { transcodedTraceSteps } from './decode/decode-json.ts';
import type { JsonThread } from './decode/json-thread.ts';
import { KeyShapes } from './decode/key-shapes.ts';
import { type Refusal, refusalOf } from './decode/refuse.ts';
import { SpanView } from './decode/span-view.ts';
import type { RequestLimits } from './limits.ts';
import type { Normaliser } from './normalise/normalise.ts';
import { UNREADABLE_CALL } from './normalise/unreadable-call.ts';
import { chargeKind } from './price/charge-kind.ts';
import type { PriceBook } from './price/price-book.ts';
import { NOTHING_KEPT, takeTurns } from './take-turns.ts';
import { transcoded } from './transcoded.ts';
import { undecodable } from './undecodable.ts';

/** A span as it would be billed by itself. */
export interface PreviewedSpan {
  readonly refusal: Refusal | undefined;
  /** Undefined: no call that is billed by itself. */
  readonly charge: PreviewedCharge | undefined;
}

export interface PreviewedCharge {
  readonly costAtto: AttoUsd | undefined;
  readonly reportedAtto: AttoUsd | undefined;
  readonly unpricedReason: string;
}

interface Previewed {
  readonly bytes: Uint8Array;
  readonly book: PriceBook;
  readonly limits: RequestLimits;
  readonly nowNs: bigint;
}

export class SpanPreview {
  private readonly json: JsonThread;
  private readonly normaliser: Normaliser;
  private readonly keyShapes = new KeyShapes();

  constructor(parts: { readonly json: JsonThread; readonly normaliser: Normaliser }) {
    this.json = parts.json;
    this.normaliser = parts.normaliser;
  }

  /** Spans in the order of the request, which is OTLP/JSON. @throws Problem bad_request */
  async look({ bytes, book, limits, nowNs }: Previewed): Promise<PreviewedSpan[]> {
    const spans: PreviewedSpan[] = [];
    const sink = {
      span: (view: SpanView) => {
        const refusal = refusalOf(view, nowNs, limits.span);
        const charge = refusal === undefined ? this.chargeOf(view, book) : undefined;
        spans.push({ refusal, charge });
      },
    };
    const written = await transcoded(this.json, bytes, {
      root: 'TracesRequest',
      limits: limits.decode,
    });
    const view = new SpanView(this.keyShapes);
    const steps = transcodedTraceSteps(written, sink, limits.decode, view);
    const outcome = await takeTurns(steps, NOTHING_KEPT);
    if (!outcome.ok) throw undecodable(outcome.error);
    return spans;
  }

  private chargeOf(view: SpanView, book: PriceBook): PreviewedCharge | undefined {
    try {
      const call = this.normaliser.read(view);
      return call?.role === 'leaf' ? chargeKind(book, call, view) : undefined;
    } catch {
      // The road stores such a span too, and says so in the log.
      return {
        costAtto: undefined,
        reportedAtto: undefined,
        unpricedReason: UNREADABLE_CALL.roleReason,
      };
    }
  }
}
