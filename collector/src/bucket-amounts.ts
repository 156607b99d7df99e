/**
 * What each bucket of a call cost, in atto-dollars, after the tenant's discount: the lines of a charge, of each bucket
 * together.
 * Invariant: the amounts of a charge add up to its cost to the last digit. A bucket that cost nothing is left out, so
 * that amounts that are the same are written the same.
 */
import type { AttoUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { USAGE_KEYS, type UsageKey } from '@ai-cost-profiler/clickhouse/usage.ts';

/** A quantity, a fee that the producer told, or what the provider itself said that the call cost. */
export type ChargeKey = UsageKey | 'flat_fee' | 'reported_cost';
export const CHARGE_KEYS: readonly ChargeKey[] = [...USAGE_KEYS, 'flat_fee', 'reported_cost'];

/** Signed in the ledger. */
export type BucketAmounts = { readonly [K in ChargeKey]?: AttoUsd };

/** Nothing was charged, or it is not told for what. */
export const NO_BUCKETS: BucketAmounts = {};

/** A graduated price makes several lines of one bucket. */
export function amountsOf(
  lines: readonly { readonly key: ChargeKey; readonly costAtto: AttoUsd }[],
): BucketAmounts {
  const amounts: { [K in ChargeKey]?: AttoUsd } = {};
  for (const { key, costAtto } of lines) {
    if (costAtto !== 0n) amounts[key] = (amounts[key] ?? 0n) + costAtto;
  }
  return amounts;
}

export function sumOfBuckets(amounts: BucketAmounts): AttoUsd {
  let sum = 0n;
  let key: ChargeKey;
  for (key in amounts) sum += amounts[key]!;
  return sum;
}

export function addBuckets(a: BucketAmounts, b: BucketAmounts): BucketAmounts {
  const sums: { [K in ChargeKey]?: AttoUsd } = { ...a };
  let key: ChargeKey;
  for (key in b) {
    const sum = (sums[key] ?? 0n) + b[key]!;
    if (sum === 0n) delete sums[key];
    else sums[key] = sum;
  }
  return sums;
}

export function negatedBuckets(amounts: BucketAmounts): BucketAmounts {
  const negative: { [K in ChargeKey]?: AttoUsd } = {};
  let key: ChargeKey;
  for (key in amounts) negative[key] = -amounts[key]!;
  return negative;
}

/** The first bucket of which they say something else. */
export function unequalBucket(a: BucketAmounts, b: BucketAmounts): ChargeKey | undefined {
  return CHARGE_KEYS.find((key) => a[key] !== b[key]);
}

/** Of entries made before migration 17 no amount of a bucket is told; what cost nothing tells none either. */
export function areBucketsTold(amounts: BucketAmounts): boolean {
  for (const _ in amounts) return true;
  return false;
}
