/**
 * The charge of one canonical call: what its ledger entry says about money.
 * Where the inclusion of cache tokens or the lifetime of a cache write is only assumed, every reading is
 * priced, and the cost lies between the low and the high one. So it does where no biller is told, and several
 * sell the model.
 */
import type { AttoUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import { amountsOf, type BucketAmounts, NO_BUCKETS } from '../bucket-amounts.ts';
import { type Call, CUMULATIVE_COUNTER, modelOf } from '../normalise/call.ts';
import { billersOf } from './assumed-billers.ts';
import type { PriceBook } from './price-book.ts';
import {
  type CostRange,
  type Priced,
  type PricedCall,
  type PriceResult,
  priceCall,
} from './price-call.ts';

/** Amounts in atto-dollars; undefined is unknown, and then `unpricedReason` says why. */
export interface Charge {
  basis: 'computed' | 'reported' | '';
  listAtto: AttoUsd | undefined;
  costAtto: AttoUsd | undefined;
  costLowAtto: AttoUsd | undefined;
  costHighAtto: AttoUsd | undefined;
  /** What each bucket cost: the cost, to the last digit. */
  byBucket: BucketAmounts;
  /** What caches saved, and what input that no cache gave cost more than if one had (cache-effect.ts). */
  cacheSavedAtto: AttoUsd | undefined;
  cacheMissedAtto: AttoUsd | undefined;
  reportedAtto: AttoUsd | undefined;
  isInexact: boolean;
  unpricedReason: string;
  unpricedDetail: string;
  bookVersion: string;
  /** What the cost rests on that nobody told; `costLowAtto` and `costHighAtto` span what it may be. */
  assumption?: string;
}

/** Stands in an entry's evidence: the lifetime of cache writes was not told and changes the price. */
export const LIFETIME_ASSUMED = 'cache write lifetime assumed: 5m';

/** Prices a call at the instant it started (`atNs`, nanoseconds since 1970). Pure. */
export function chargeCall(book: PriceBook, call: Call, atNs: bigint): Charge {
  const result = priceUsage(book, call, { usage: call.usage?.buckets ?? {}, atNs });
  if (result.status === 'unpriced') {
    if (call.usage === undefined) return chargeWithoutUsage(call, book.version);
    const assumed = call.provider === '' ? chargeAssumed(book, call, atNs) : undefined;
    return assumed ?? unpricedCharge(call, book.version, result.reason, result.detail);
  }
  const { lowAtto, highAtto } = widened(rangeOf(result), otherReading(book, call, atNs));
  const charge: Charge = {
    basis: result.basis,
    listAtto: result.listAtto,
    costAtto: result.costAtto,
    costLowAtto: lowAtto,
    costHighAtto: highAtto,
    byBucket: amountsOf(result.lines),
    cacheSavedAtto: result.cache.savedAtto,
    cacheMissedAtto: result.cache.missedAtto,
    reportedAtto: call.reportedAtto,
    isInexact: result.inexact,
    unpricedReason: '',
    unpricedDetail: '',
    bookVersion: result.bookVersion,
  };
  if (result.lifetimes !== undefined) charge.assumption = LIFETIME_ASSUMED;
  return charge;
}

/** The charge of a call that names no biller, by its model's maker; undefined where that is not known. */
function chargeAssumed(book: PriceBook, call: Call, atNs: bigint): Charge | undefined {
  const billers = billersOf(modelOf(call));
  const [made, ...sold] = billers.map(({ provider, model }) =>
    chargeCall(book, { ...call, provider, responseModel: model }, atNs),
  );
  if (made?.costAtto === undefined) return undefined;
  let range: CostRange = { lowAtto: made.costLowAtto!, highAtto: made.costHighAtto! };
  for (const { costLowAtto: lowAtto, costHighAtto: highAtto } of sold) {
    if (lowAtto !== undefined && highAtto !== undefined)
      range = widened(range, { lowAtto, highAtto });
  }
  const own = made.assumption === undefined ? '' : `${made.assumption}; `;
  return {
    ...made,
    costLowAtto: range.lowAtto,
    costHighAtto: range.highAtto,
    assumption: `${own}biller assumed: ${billers[0]!.provider}`,
  };
}

function chargeWithoutUsage(call: Call, bookVersion: string): Charge {
  const { missingUsageReason: why } = call;
  // Usage was told, but not this call's alone.
  return why === CUMULATIVE_COUNTER
    ? unpricedCharge(call, bookVersion, CUMULATIVE_COUNTER)
    : unpricedCharge(call, bookVersion, 'no_usage', why);
}

/** The charge where a fault of the book must not stop the work: then the call is unpriced, `price_failed`. */
export function chargeOrFault(book: PriceBook, call: Call, atNs: bigint): Charge {
  try {
    return chargeCall(book, call, atNs);
  } catch {
    // Whoever takes the call in logs the fault; here its name in the entry tells it.
    return unpricedCharge(call, book.version, 'price_failed');
  }
}

/** The charge of a call that has no cost: the amount is unknown, and the reason is told. */
export function unpricedCharge(
  call: Call,
  bookVersion: string,
  reason: string,
  detail = '',
): Charge {
  return {
    basis: '',
    listAtto: undefined,
    costAtto: undefined,
    costLowAtto: undefined,
    costHighAtto: undefined,
    byBucket: NO_BUCKETS,
    cacheSavedAtto: undefined,
    cacheMissedAtto: undefined,
    reportedAtto: call.reportedAtto,
    isInexact: false,
    unpricedReason: reason,
    unpricedDetail: detail,
    bookVersion,
  };
}

function rangeOf({ costAtto, lifetimes }: Priced): CostRange {
  return lifetimes ?? { lowAtto: costAtto, highAtto: costAtto };
}

function widened({ lowAtto, highAtto }: CostRange, other: CostRange | undefined): CostRange {
  if (other === undefined) return { lowAtto, highAtto };
  return {
    lowAtto: [lowAtto, other.lowAtto].reduce((a, b) => (b < a ? b : a)),
    highAtto: [highAtto, other.highAtto].reduce((a, b) => (b > a ? b : a)),
  };
}

function otherReading(book: PriceBook, call: Call, atNs: bigint): CostRange | undefined {
  const usage = call.usage?.alternative;
  const result = usage === undefined ? undefined : priceUsage(book, call, { usage, atNs });
  return result?.status === 'priced' ? rangeOf(result) : undefined;
}

function priceUsage(
  book: PriceBook,
  call: Call,
  { usage, atNs }: { usage: Usage; atNs: bigint },
): PriceResult {
  const priced: PricedCall = {
    provider: call.provider,
    model: modelOf(call),
    atNs,
    usage,
    context: call.context,
  };
  return priceCall(
    book,
    call.reportedAtto === undefined
      ? priced
      : { ...priced, reported: { costUsd: formatUsd(call.reportedAtto) } },
  );
}
