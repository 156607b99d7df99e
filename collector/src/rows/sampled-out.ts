/**
 * What the calls that upstream sampling dropped are estimated to have cost: the entry's own cost for each of them. It
 * follows from the entry alone, so that a reversal takes back exactly what its charge said.
 */
import {
  type AttoUsd,
  divideHalfEven,
  LINE_ATTO_USD_MAX,
} from '@ai-cost-profiler/clickhouse/money.ts';
import type { LedgerEntry } from './ledger-entry.ts';

const CALLS = /^(\d{1,20})(?:\/(\d{1,20}))?$/;

export interface SampledOut {
  /** Of the entry's calls those that stand for several; signed as they are. */
  calls: bigint;
  /** Rounded half-even; undefined where nothing was sampled, nothing is known, or the estimate is beyond any line. */
  atto: AttoUsd | undefined;
}

const NOTHING: SampledOut = { calls: 0n, atto: undefined };

export function sampledOut({ context, calls, charge }: LedgerEntry): SampledOut {
  const { sampling } = context;
  if (sampling === undefined) {
    return NOTHING;
  }
  const [, whole, kept = '1'] = CALLS.exec(sampling) ?? [];
  if (whole === undefined) {
    return NOTHING;
  }
  const [all, one] = [BigInt(whole), BigInt(kept)];
  const { costAtto } = charge;
  const atto = costAtto === undefined ? undefined : divideHalfEven(costAtto * (all - one), one);
  const isBeyond = atto !== undefined && (atto < 0n ? -atto : atto) > LINE_ATTO_USD_MAX;
  return { calls, atto: isBeyond ? undefined : atto };
}
