/** What the live entries of one call say it costs: its charge, and every repricing since. */
import type { AttoUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Call } from '../normalise/call.ts';
import type { Charge } from '../price/charge-call.ts';
import type { LedgerEntry } from '../rows/ledger-entry.ts';

/** Prices as they are now, and as the books were that made earlier charges. */
export interface PriceNow {
  /** The charge of a call that started at `atNs`, nanoseconds since 1970. */
  charge(tenant: string, call: Call, atNs: bigint): Charge;
  /** The same by the book of a recorded version; undefined where that cannot be made here any more. */
  chargeBy(version: string, tenant: string, call: Call, atNs: bigint): Charge | undefined;
}

/** Amounts in atto-dollars; all undefined while the call is unpriced. */
export interface Amounts {
  listAtto: AttoUsd | undefined;
  costAtto: AttoUsd | undefined;
  costLowAtto: AttoUsd | undefined;
  costHighAtto: AttoUsd | undefined;
}

/** With the columns they stand in. */
export const AMOUNT_COLUMNS = [
  ['listAtto', 'list_usd'],
  ['costAtto', 'cost_usd'],
  ['costLowAtto', 'cost_low_usd'],
  ['costHighAtto', 'cost_high_usd'],
] as const satisfies readonly (readonly [keyof Amounts, string])[];

/** Sums entries of one charge and its repricings: a call that they leave unpriced has no amounts. */
export function standingAmounts(live: readonly LedgerEntry[]): Amounts {
  const isUnpriced = live.reduce((sum, entry) => sum + entry.unpricedCalls, 0n) > 0n;
  const sumOf = (name: keyof Amounts) =>
    isUnpriced ? undefined : live.reduce((sum, { charge }) => sum + (charge[name] ?? 0n), 0n);
  return {
    listAtto: sumOf('listAtto'),
    costAtto: sumOf('costAtto'),
    costLowAtto: sumOf('costLowAtto'),
    costHighAtto: sumOf('costHighAtto'),
  };
}
