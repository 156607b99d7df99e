/**
 * What the ledger must say about a span, computed from what the test knows of it: the pure price engine over the
 * usage written down in span-kinds.ts and scenes.ts, in BigInt, and the tenant's own terms by hand. The collector's
 * normaliser, roles, rows and tables have no part in it.
 */
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { PriceBook } from '@ai-cost-profiler/collector/price/price-book.ts';
import { priceCall } from '@ai-cost-profiler/collector/price/price-call.ts';
import { discounted, ownRateAtto, ownSavedAtto, type PriceVariant } from './price-variants.ts';
import type { Bill } from './sent-spans.ts';

/** Amounts in atto-dollars; undefined is unpriced. */
export interface ExpectedCharge {
  readonly calls: bigint;
  readonly unpricedCalls: bigint;
  readonly usage: Usage;
  readonly listAtto: bigint | undefined;
  readonly costAtto: bigint | undefined;
  readonly lowAtto: bigint | undefined;
  readonly highAtto: bigint | undefined;
  readonly reportedAtto: bigint | undefined;
  /** What caches saved; undefined is unknown. */
  readonly savedAtto: bigint | undefined;
}

/** The calls of which it is known what caches saved. */
export const cachePricedCalls = ({ calls, savedAtto }: ExpectedCharge): bigint =>
  savedAtto === undefined ? 0n : calls;

const NOTHING: ExpectedCharge = {
  calls: 0n,
  unpricedCalls: 0n,
  usage: {},
  listAtto: 0n,
  costAtto: 0n,
  lowAtto: 0n,
  highAtto: 0n,
  reportedAtto: undefined,
  savedAtto: undefined,
};

/** The charge of a bill under price terms; all zeros where the span is not billed. */
export function expectCharge(book: PriceBook, bill: Bill, variant: PriceVariant): ExpectedCharge {
  const { role, usage = {}, reportedAtto } = bill;
  if (role !== 'leaf' && role !== 'agent_only') {
    return NOTHING;
  }
  if (reportedAtto !== undefined) {
    const amounts = { listAtto: reportedAtto, costAtto: reportedAtto, lowAtto: reportedAtto };
    return {
      calls: 1n,
      unpricedCalls: 0n,
      usage,
      ...amounts,
      highAtto: reportedAtto,
      reportedAtto,
      savedAtto: undefined,
    };
  }
  const told = price(book, bill, { usage, variant });
  if (told === undefined) {
    const unknown = undefined;
    const amounts = { listAtto: unknown, costAtto: unknown, lowAtto: unknown, highAtto: unknown };
    return { calls: 1n, unpricedCalls: 1n, usage, ...amounts, reportedAtto, savedAtto: unknown };
  }
  const costs = [usage, ...(bill.otherReading === undefined ? [] : [bill.otherReading])]
    .flatMap(lifetimesOf)
    .flatMap((reading) => price(book, bill, { usage: reading, variant })?.costAtto ?? [])
    .sort((a, b) => (a < b ? -1 : 1));
  return {
    calls: 1n,
    unpricedCalls: 0n,
    usage,
    ...told,
    lowAtto: costs[0],
    highAtto: costs.at(-1),
    reportedAtto,
  };
}

/** A cache write that does not tell its lifetime may have been one of 5 minutes or of an hour. */
function lifetimesOf(usage: Usage): Usage[] {
  const { in_cache_write: written, ...rest } = usage;
  return written === undefined
    ? [usage]
    : [usage, { ...rest, in_cache_write_5m: written }, { ...rest, in_cache_write_1h: written }];
}

function price(
  book: PriceBook,
  { provider, model, startNs, usage: told }: Bill,
  { usage, variant }: { usage: Usage; variant: PriceVariant },
): Pick<ExpectedCharge, 'listAtto' | 'costAtto' | 'savedAtto'> | undefined {
  const own = told === undefined ? undefined : ownRateAtto(variant, model, usage);
  if (own !== undefined) {
    return { listAtto: own, costAtto: own, savedAtto: ownSavedAtto(variant, model, usage) };
  }
  const result = priceCall(book, { provider, model, atNs: startNs, usage });
  return result.status === 'unpriced'
    ? undefined
    : {
        listAtto: result.listAtto,
        costAtto: discounted(variant, model, result.costAtto),
        savedAtto:
          result.cache.savedAtto === undefined
            ? undefined
            : discounted(variant, model, result.cache.savedAtto),
      };
}
