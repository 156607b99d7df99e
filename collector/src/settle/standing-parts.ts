/**
 * What the live entries of one call say its cost is made of, and what caches did to it. An entry of before migration 17
 * tells nothing of either, and then the call does not, until it is repriced at another price: the difference to what is
 * not told is all of it.
 */
import { type AttoUsd, formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import {
  addBuckets,
  areBucketsTold,
  NO_BUCKETS,
  negatedBuckets,
  unequalBucket,
} from '../bucket-amounts.ts';
import type { Charge } from '../price/charge-call.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';

export type Parts = Pick<Charge, 'byBucket' | 'cacheSavedAtto' | 'cacheMissedAtto'>;

/** Of what is not billed, or has no price. */
export const NO_PARTS: Parts = {
  byBucket: NO_BUCKETS,
  cacheSavedAtto: undefined,
  cacheMissedAtto: undefined,
};

export function standingParts(live: readonly LedgerEntry[]): Parts {
  const sumOf = (of: (entry: LedgerEntry) => bigint | undefined) =>
    live.reduce((sum, entry) => sum + (of(entry) ?? 0n), 0n);
  if (sumOf(({ unpricedCalls }) => unpricedCalls) > 0n) return NO_PARTS;
  const isSavingKnown = sumOf(({ cachePricedCalls }) => cachePricedCalls) !== 0n;
  return {
    byBucket: live.reduce((sum, { charge }) => addBuckets(sum, charge.byBucket), NO_BUCKETS),
    cacheSavedAtto: isSavingKnown ? sumOf(({ charge }) => charge.cacheSavedAtto) : undefined,
    cacheMissedAtto: sumOf(({ charge }) => charge.cacheMissedAtto),
  };
}

/** What an entry says that brings a call from the one to the other. Of what neither knows, nothing. */
export function partsBetween(before: Parts, now: Parts): Parts {
  const between = (a: AttoUsd | undefined, b: AttoUsd | undefined) =>
    a === undefined && b === undefined ? undefined : (b ?? 0n) - (a ?? 0n);
  return {
    byBucket: addBuckets(now.byBucket, negatedBuckets(before.byBucket)),
    cacheSavedAtto: between(before.cacheSavedAtto, now.cacheSavedAtto),
    cacheMissedAtto: between(before.cacheMissedAtto, now.cacheMissedAtto),
  };
}

/** Of entries made before migration 17; of a call that cost nothing there is nothing to miss. */
export function arePartsTold({ byBucket, cacheSavedAtto }: Parts): boolean {
  return areBucketsTold(byBucket) || cacheSavedAtto !== undefined;
}

export interface UnequalPart {
  readonly column: 'bucket_usd' | 'cache_saved_usd' | 'cache_missed_usd';
  readonly expected: string | null;
  readonly found: string | null;
}

/** The first part that is not as wanted; of what is not told, none. */
export function unequalPart(wanted: Parts, found: Parts): UnequalPart | undefined {
  if (!arePartsTold(found)) return undefined;
  const bucket = unequalBucket(wanted.byBucket, found.byBucket);
  if (bucket !== undefined) {
    const shown = ({ byBucket }: Parts) => `${bucket} ${formatUsd(byBucket[bucket] ?? 0n)}`;
    return { column: 'bucket_usd', expected: shown(wanted), found: shown(found) };
  }
  const usd = (atto: AttoUsd | undefined) => (atto === undefined ? null : formatUsd(atto));
  const unequal = (column: UnequalPart['column'], a?: AttoUsd, b?: AttoUsd) =>
    a === b ? undefined : { column, expected: usd(a), found: usd(b) };
  return (
    unequal('cache_saved_usd', wanted.cacheSavedAtto, found.cacheSavedAtto) ??
    // Sums of entries do not tell what is unknown from what was taken back.
    unequal('cache_missed_usd', wanted.cacheMissedAtto ?? 0n, found.cacheMissedAtto ?? 0n)
  );
}
