/**
 * Repricing is a subtraction, as settle is: what a live charge and its repricings add up to, from what the call
 * comes to at the present book. The entry holds the difference alone, so that repricing twice appends nothing the
 * second time.
 */
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';
import type { Charge } from '../price/charge-call.ts';
import { evidenceOf, type LedgerEntry } from '../rows/ledger-entry.ts';
import { callOfEntry } from '../settle/call-of-entry.ts';
import {
  AMOUNT_COLUMNS,
  type Amounts,
  type PriceNow,
  standingAmounts,
} from '../settle/standing-amounts.ts';
import { type Parts, partsBetween, standingParts, unequalPart } from '../settle/standing-parts.ts';

/** A live charge, with the repricings that stand beside it. */
export interface LiveCharge {
  readonly charge: LedgerEntry;
  readonly reprices: readonly LedgerEntry[];
  /** The other reading of the call's usage, which its span keeps, where there is one. */
  readonly alternative: Usage | undefined;
}

/** What a call cost and what it costs now; undefined is unpriced. */
export interface Repriced {
  readonly charge: LedgerEntry;
  readonly before: Amounts;
  /** What `before` is made of. */
  readonly parts: Parts;
  readonly now: Charge;
}

/** Undefined where every amount is as it was, and what is told of its parts. */
export function repriceCharge(
  { charge, reprices, alternative }: LiveCharge,
  price: PriceNow,
): Repriced | undefined {
  const live = [charge, ...reprices];
  const before = standingAmounts(live);
  const parts = standingParts(live);
  const now = price.charge(charge.tenant, callOfEntry(charge, alternative), charge.startNs);
  const isSame =
    AMOUNT_COLUMNS.every(([name]) => before[name] === now[name]) &&
    unequalPart(now, parts) === undefined;
  return isSame ? undefined : { charge, before, parts, now };
}

/** The entry that brings `before` to `now`: amounts only. Of an unknown amount there is nothing to take away. */
export function repriceEntry(
  { charge, before, parts, now }: Repriced,
  stamp: Pick<LedgerEntry, 'entryId' | 'recordedAtNs'>,
): LedgerEntry {
  const difference = (name: keyof Amounts) => (now[name] ?? 0n) - (before[name] ?? 0n);
  const unpriced = (amount: bigint | undefined) => (amount === undefined ? charge.calls : 0n);
  const known = (amount: bigint | undefined) => (amount === undefined ? 0n : charge.calls);
  return {
    ...charge,
    ...stamp,
    evidence: evidenceOf(charge.evidence, now),
    kind: 'reprice',
    reverses: undefined,
    calls: 0n,
    unpricedCalls: unpriced(now.costAtto) - unpriced(before.costAtto),
    cachePricedCalls: known(now.cacheSavedAtto) - known(parts.cacheSavedAtto),
    usage: {},
    charge: {
      ...now,
      listAtto: difference('listAtto'),
      costAtto: difference('costAtto'),
      costLowAtto: difference('costLowAtto'),
      costHighAtto: difference('costHighAtto'),
      ...partsBetween(parts, now),
      // What the provider reported does not change with the book: the charge has it.
      reportedAtto: undefined,
    },
    note: 'reprice',
  };
}
