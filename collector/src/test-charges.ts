/** Charges by prices that no book has, whole in all their parts, for tests of what another price does. */
import { type BucketAmounts, CHARGE_KEYS } from './bucket-amounts.ts';
import type { Charge } from './price/charge-call.ts';

/** The charge where everything is so many times as dear. */
export function chargeTimes(charge: Charge, factor: bigint): Charge {
  const times = (amount: bigint | undefined) => (amount === undefined ? amount : amount * factor);
  const byBucket: { -readonly [K in keyof BucketAmounts]: BucketAmounts[K] } = {};
  for (const key of CHARGE_KEYS) {
    const amount = charge.byBucket[key];
    if (amount !== undefined) byBucket[key] = amount * factor;
  }
  return {
    ...charge,
    listAtto: times(charge.listAtto),
    costAtto: times(charge.costAtto),
    costLowAtto: times(charge.costLowAtto),
    costHighAtto: times(charge.costHighAtto),
    byBucket,
    cacheSavedAtto: times(charge.cacheSavedAtto),
    cacheMissedAtto: times(charge.cacheMissedAtto),
  };
}

const CENT = 10n ** 16n;

/** The charge of a call that is sold for a cent. */
export function chargeOfCent(charge: Charge): Charge {
  return {
    ...charge,
    basis: 'computed',
    listAtto: CENT,
    costAtto: CENT,
    costLowAtto: CENT,
    costHighAtto: CENT,
    byBucket: { requests: CENT },
    cacheSavedAtto: 0n,
    cacheMissedAtto: undefined,
    unpricedReason: '',
    unpricedDetail: '',
  };
}
