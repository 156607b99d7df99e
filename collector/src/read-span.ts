/**
 * What a span says of a call, and what that costs. Invariant: a fault of a dialect or of the price book costs nobody a
 * span; it is kept, with a reason, and told in the log.
 */
import type { SpanView } from './decode/span-view.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { modelOf } from './normalise/call.ts';
import type { SpanCall } from './normalise/learned/span-call.ts';
import { logCallOf } from './normalise/log-call.ts';
import type { Normaliser } from './normalise/normalise.ts';
import { UNREADABLE_CALL } from './normalise/unreadable-call.ts';
import { type Charge, unpricedCharge } from './price/charge-call.ts';
import { chargeKind } from './price/charge-kind.ts';
import type { PriceBook } from './price/price-book.ts';

interface ReaderDeps {
  readonly normaliser: Normaliser;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** What of a request the price of its calls needs, and how many were priced: counted once a request. */
interface PricedRequest {
  readonly book: PriceBook;
  priced: number;
}

export class SpanReader {
  private readonly deps: ReaderDeps;

  constructor({ normaliser, metrics, log }: ReaderDeps) {
    this.deps = { normaliser, metrics, log };
  }

  /** A fault of the price book must not cost the charge: it is kept unpriced, and said. */
  price(read: SpanCall, view: SpanView, state: PricedRequest): Charge {
    const { book } = state;
    const { metrics, log } = this.deps;
    let charge: Charge;
    try {
      charge = chargeKind(book, read, view);
    } catch (error) {
      const call = read.toCall();
      log.error({ err: error, provider: call.provider, model: modelOf(call) }, 'price failed');
      charge = unpricedCharge(call, book.version, 'price_failed');
    }
    if (charge.costAtto === undefined) {
      metrics.aicost_calls_unpriced_total.inc({ reason: charge.unpricedReason });
    } else {
      state.priced++;
    }
    return charge;
  }

  /** A fault of a dialect must not cost its sender the span: it is stored with role `unknown`, and said. */
  read(view: SpanView): SpanCall | undefined {
    const { normaliser } = this.deps;
    try {
      return normaliser.read(view);
    } catch (error) {
      this.deps.log.error(
        { err: error, span_name: view.nameText.slice(0, 128) },
        'normalise failed',
      );
      this.deps.metrics.aicost_calls_unpriced_total.inc({ reason: UNREADABLE_CALL.roleReason });
      return normaliser.hold(UNREADABLE_CALL);
    }
  }

  /** The call of a log event; undefined when it tells no usage. */
  ofLog(read: SpanCall | undefined): SpanCall | undefined {
    const call = logCallOf(read?.toCall());
    return call === undefined ? undefined : this.deps.normaliser.hold(call);
  }
}
