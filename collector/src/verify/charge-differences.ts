/** One charge against its call: the amounts must be those that the call comes to, at the book it was charged by. */
import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { areBucketsTold, sumOfBuckets } from '../bucket-amounts.ts';
import type { Call } from '../normalise/call.ts';
import type { Charge } from '../price/charge-call.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';
import {
  AMOUNT_COLUMNS,
  type Amounts,
  type PriceNow,
  standingAmounts,
} from '../settle/standing-amounts.ts';
import {
  arePartsTold,
  NO_PARTS,
  type Parts,
  standingParts,
  unequalPart,
} from '../settle/standing-parts.ts';
import type { Difference, Skipped } from './report.ts';

export type Unequal = Pick<Difference, 'column' | 'expected' | 'found' | 'cause'>;

/** What stands for one call. `live` are the charge and its repricings that no reversal undoes. */
export interface ChargedCall {
  call: Call;
  charge: LedgerEntry;
  live: readonly LedgerEntry[];
}

const NOTHING: Amounts = { listAtto: 0n, costAtto: 0n, costLowAtto: 0n, costHighAtto: 0n };

/** The first amount of a charge, then of its repricings, that is not what the call comes to. */
export function unequalCharge(
  { call, charge, live }: ChargedCall,
  price: PriceNow,
  skipped: Skipped,
): Unequal | null {
  const contradiction = contradictionIn(charge);
  if (contradiction !== null) {
    return contradiction;
  }
  if (charge.calls === 0n) {
    const cause = 'The entry of a call that is not billed must be zero.';
    return (
      unequalAmounts(NOTHING, charge.charge, cause) ?? unequalParts(NO_PARTS, charge.charge, cause)
    );
  }
  const { bookVersion } = charge.charge;
  const wanted = price.chargeBy(bookVersion, charge.tenant, call, charge.startNs);
  if (wanted === undefined) {
    skipped.add(`charges by the price book ${bookVersion}, which cannot be made here any more`);
  }
  if (charge.charge.costAtto !== undefined && !arePartsTold(charge.charge)) {
    skipped.add('charges that do not tell what their buckets cost: booked before that was kept');
  }
  return (
    (wanted === undefined ? null : unequalToWanted(wanted, charge.charge)) ??
    contradictionInParts(charge) ??
    unequalReprices({ call, charge, live }, price, skipped)
  );
}

/** The last repricing brought the call to what its book says; those before it are steps on the way. */
function unequalReprices(
  { call, charge, live }: ChargedCall,
  price: PriceNow,
  skipped: Skipped,
): Unequal | null {
  const last = lastReprice(live);
  if (last === undefined) {
    return null;
  }
  const { bookVersion } = last.charge;
  const wanted = price.chargeBy(bookVersion, charge.tenant, call, charge.startNs);
  if (wanted === undefined) {
    skipped.add(`repricings by the price book ${bookVersion}, which cannot be made here any more`);
    return null;
  }
  const cause = 'The charge and its repricings do not add up to the price they were made by.';
  return (
    unequalAmounts(wanted, standingAmounts(live), cause) ??
    unequalParts(wanted, standingParts(live), cause)
  );
}

/** What no charge may say, whatever it was priced by. */
function contradictionIn({ calls, unpricedCalls, charge }: LedgerEntry): Unequal | null {
  const isUnpriced = charge.costAtto === undefined;
  const expectedUnpriced = isUnpriced ? calls : 0n;
  if (unpricedCalls !== expectedUnpriced) {
    const cause = 'A call is unpriced exactly when its cost is unknown.';
    return {
      column: 'unpriced_calls',
      expected: String(expectedUnpriced),
      found: String(unpricedCalls),
      cause,
    };
  }
  if (isUnpriced !== (charge.unpricedReason !== '')) {
    const cause = 'An unknown cost has a reason, a known one has none.';
    const expected = isUnpriced ? 'a reason' : '';
    return { column: 'unpriced_reason', expected, found: charge.unpricedReason, cause };
  }
  const { costLowAtto: low, costAtto: cost, costHighAtto: high } = charge;
  const isOutside =
    cost !== undefined && low !== undefined && high !== undefined && (low > cost || high < cost);
  if (!isOutside) {
    return null;
  }
  const cause = 'The cost must lie between the low and the high cost.';
  const expected = `${formatUsd(low)} to ${formatUsd(high)}`;
  return { column: 'cost_usd', expected, found: formatUsd(cost), cause };
}

/** Nor of what its cost is made of. */
function contradictionInParts({ calls, cachePricedCalls, charge }: LedgerEntry): Unequal | null {
  const isKnown = charge.cacheSavedAtto !== undefined;
  const expected = isKnown ? calls : 0n;
  if (cachePricedCalls !== expected) {
    const cause = 'A call is counted as one whose savings are known exactly when they are.';
    const found = String(cachePricedCalls);
    return { column: 'cache_priced_calls', expected: String(expected), found, cause };
  }
  const sum = sumOfBuckets(charge.byBucket);
  if (!areBucketsTold(charge.byBucket) || sum === charge.costAtto) return null;
  const cause = 'What the buckets cost must add up to the cost.';
  return { column: 'bucket_usd', expected: money(charge.costAtto), found: formatUsd(sum), cause };
}

function unequalToWanted(wanted: Charge, charge: Charge): Unequal | null {
  const cause =
    'Recomputed from its span with the same price book, the charge comes out otherwise: the entry or the span was changed.';
  const amounts = unequalAmounts(wanted, charge, cause) ?? unequalParts(wanted, charge, cause);
  if (amounts !== null) {
    return amounts;
  }
  const texts = (of: Charge): [string, string][] => [
    ['reported_usd', money(of.reportedAtto) ?? 'NULL'],
    ['unpriced_reason', of.unpricedReason],
    ['unpriced_detail', of.unpricedDetail],
    ['basis', of.basis],
    ['inexact', String(of.isInexact)],
  ];
  const found = new Map(texts(charge));
  const unequal = texts(wanted).find(([column, value]) => found.get(column) !== value);
  return unequal === undefined
    ? null
    : { column: unequal[0], expected: unequal[1], found: found.get(unequal[0]) ?? null, cause };
}

function unequalAmounts(wanted: Amounts, found: Amounts, cause: string): Unequal | null {
  const unequal = AMOUNT_COLUMNS.find(([name]) => wanted[name] !== found[name]);
  if (unequal === undefined) {
    return null;
  }
  const [name, column] = unequal;
  return { column, expected: money(wanted[name]), found: money(found[name]), cause };
}

function unequalParts(wanted: Parts, found: Parts, cause: string): Unequal | null {
  const unequal = unequalPart(wanted, found);
  return unequal === undefined ? null : { ...unequal, cause };
}

function money(amount: bigint | undefined): string | null {
  return amount === undefined ? null : formatUsd(amount);
}

function lastReprice(live: readonly LedgerEntry[]): LedgerEntry | undefined {
  return live
    .filter(({ kind }) => kind === 'reprice')
    .toSorted((a, b) => (a.recordedAtNs < b.recordedAtNs ? -1 : 1))
    .at(-1);
}
