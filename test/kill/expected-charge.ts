/**
 * What the ledger must say about a span, computed from what the test knows of it: the pure price engine over the
 * usage written down in span-kinds.ts, in BigInt. The collector's normaliser, rows and tables have no part in it.
 */
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { PriceBook } from '@ai-cost-profiler/collector/price/price-book.ts';
import { priceCall } from '@ai-cost-profiler/collector/price/price-call.ts';
import type { SentSpan } from './sent-spans.ts';

/** Amounts in atto-dollars; undefined is unpriced. */
export interface ExpectedCharge {
  readonly usage: Usage;
  readonly listAtto: bigint | undefined;
  readonly costAtto: bigint | undefined;
  readonly lowAtto: bigint | undefined;
  readonly highAtto: bigint | undefined;
}

/** The charge of a leaf; undefined for every other span, which must have no entry. */
export function expectCharge(book: PriceBook, span: SentSpan): ExpectedCharge | undefined {
  const { kind, n } = span;
  if (kind.role !== 'leaf') {
    return undefined;
  }
  const usage = kind.usage(n) ?? {};
  const price = (quantities: Usage) =>
    priceCall(book, {
      provider: kind.provider,
      model: kind.model,
      atNs: span.startNs,
      usage: quantities,
    });
  const result = price(usage);
  if (result.status === 'unpriced') {
    const unknown = undefined;
    return { usage, listAtto: unknown, costAtto: unknown, lowAtto: unknown, highAtto: unknown };
  }
  const other = kind.otherReading === undefined ? result : price(kind.otherReading(n));
  const otherAtto = other.status === 'priced' ? other.costAtto : result.costAtto;
  const isLower = otherAtto < result.costAtto;
  return {
    usage,
    listAtto: result.listAtto,
    costAtto: result.costAtto,
    lowAtto: isLower ? otherAtto : result.costAtto,
    highAtto: isLower ? result.costAtto : otherAtto,
  };
}
