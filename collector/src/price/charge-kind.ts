/**
 * The charge of a call whose kind is known: by numbers where they fit, else as any call is charged. Both are the same
 * to the last digit (charge-kind.property.test.ts).
 */
import { TOKEN_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { BucketAmounts } from '../bucket-amounts.ts';
import type { Call } from '../normalise/call.ts';
import { type Charge, chargeCall, LIFETIME_ASSUMED } from './charge-call.ts';
import { type CacheCounts, countCache } from './count-cache.ts';
import { type CountCharge, type CountRates, chargeCounts, type PricedKind } from './count-rates.ts';
import type { PriceBook } from './price-book.ts';

/** A call as the road of a span holds it. */
export interface KindOfCall {
  /** What calls of its kind have in common; undefined where nothing is known of its kind. */
  readonly template: PricedKind | undefined;
  /** Says something only with a template. */
  readonly hasUsage: boolean;
  readonly usage: {
    readonly buckets: Float64Array;
    readonly alternative: Float64Array;
    readonly hasAlternative: boolean;
  };
  toCall(): Call;
}

/** When a call began. */
export interface Start {
  readonly startTimeLo: number;
  readonly startTimeHi: number;
  readonly startTimeUnixNano: bigint;
}

const TWO_32 = 4_294_967_296;

/** Prices a call at the instant it started. Pure. */
export function chargeKind(book: PriceBook, call: KindOfCall, start: Start): Charge {
  return byCounts(book, call, start) ?? chargeCall(book, call.toCall(), start.startTimeUnixNano);
}

function byCounts(book: PriceBook, call: KindOfCall, start: Start): Charge | undefined {
  const { template, usage } = call;
  if (template === undefined || !call.hasUsage) return undefined;
  const atNs = (start.startTimeHi >>> 0) * TWO_32 + (start.startTimeLo >>> 0);
  const { told, other } = book.countRates;
  const rates = book.countRates.ratesOf(template, atNs, start);
  if (rates === undefined || !chargeCounts(rates, usage.buckets, told)) return undefined;
  if (!countCache(rates, { buckets: usage.buckets, lines: told.lines }, CACHE)) return undefined;
  if (!usage.hasAlternative) return chargeOf({ told, other: told, rates }, book.version);
  return chargeCounts(rates, usage.alternative, other)
    ? chargeOf({ told, other, rates }, book.version)
    : undefined;
}

/** Filled again for each call. */
const CACHE: CacheCounts = { saved: 0, missed: 0 };

interface Counted {
  readonly told: CountCharge;
  /** The other reading of what was told. */
  readonly other: CountCharge;
  readonly rates: CountRates;
}

function chargeOf({ told, other, rates }: Counted, bookVersion: string): Charge {
  const charge: Charge = {
    basis: 'computed',
    listAtto: told.listAtto,
    costAtto: told.costAtto,
    costLowAtto: told.lowAtto,
    costHighAtto: told.highAtto,
    byBucket: amountsOfCounts(told, rates),
    cacheSavedAtto: attoOf(CACHE.saved, rates),
    cacheMissedAtto: attoOf(CACHE.missed, rates),
    reportedAtto: undefined,
    isInexact: false,
    unpricedReason: '',
    unpricedDetail: '',
    bookVersion,
  };
  if (other.lowAtto < told.lowAtto) charge.costLowAtto = other.lowAtto;
  if (other.highAtto > told.highAtto) charge.costHighAtto = other.highAtto;
  if (told.lowAtto !== told.highAtto) charge.assumption = LIFETIME_ASSUMED;
  return charge;
}

function amountsOfCounts({ lines }: CountCharge, rates: CountRates): BucketAmounts {
  const amounts: { -readonly [K in keyof BucketAmounts]: BucketAmounts[K] } = {};
  for (let at = 0; at < lines.length; at++) {
    if (lines[at] !== 0) amounts[TOKEN_BUCKETS[at]!] = attoOf(lines[at]!, rates)!;
  }
  return amounts;
}

function attoOf(units: number, { unitAtto }: CountRates): bigint | undefined {
  if (units === 0) return 0n;
  return Number.isNaN(units) ? undefined : BigInt(units) * unitAtto;
}
