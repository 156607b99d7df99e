/**
 * Which table answers for which instant: whole units (hours or UTC days) come from the rollup, the
 * edges, and every unit that an interval boundary cuts, from the ledger.
 * Invariant: each instant of the range is covered by exactly one of the two.
 */
import { floorDivide, NS_PER_SECOND, type Range } from './range.ts';

/** Seconds since the epoch. */
export type Second = bigint;

export const HOUR_SECONDS = 3600n;
export const DAY_SECONDS = 86_400n;

/** The units a rollup answers for: those starting in [from, to) that are not in `except`. */
export interface WholeUnits {
  readonly unitSeconds: bigint;
  readonly from: Second;
  readonly to: Second;
  /** Starts of units that a boundary cuts in two, ascending; the ledger answers for these. */
  readonly except: readonly Second[];
}

export interface Coverage {
  readonly range: Range;
  /** Null: the ledger answers for the whole range. */
  readonly whole: WholeUnits | null;
  /** Whether any instant is left to the ledger. */
  readonly ledger: boolean;
}

/**
 * Splits a range. `unitSeconds` is the rollup's unit, null where no rollup has the dimensions.
 * `boundaries` are the instants (whole seconds) that no unit may reach across.
 */
export function coverRange(
  range: Range,
  unitSeconds: bigint | null,
  boundaries: readonly Second[] = [],
): Coverage {
  const ledgerOnly: Coverage = { range, whole: null, ledger: true };
  if (unitSeconds === null) return ledgerOnly;
  const unitNs = unitSeconds * NS_PER_SECOND;
  const from = -floorDivide(-range.fromNs, unitNs) * unitSeconds;
  const to = floorDivide(range.toNs, unitNs) * unitSeconds;
  if (from >= to) return ledgerOnly;
  const cut = new Set<Second>();
  for (const boundary of boundaries) {
    const unit = floorDivide(boundary, unitSeconds) * unitSeconds;
    if (unit !== boundary && unit >= from && unit < to) cut.add(unit);
  }
  if (BigInt(cut.size) === (to - from) / unitSeconds) return ledgerOnly;
  const except = [...cut].sort((a, b) => (a < b ? -1 : 1));
  const edges = from * NS_PER_SECOND !== range.fromNs || to * NS_PER_SECOND !== range.toNs;
  return {
    range,
    whole: { unitSeconds, from, to, except },
    ledger: edges || except.length > 0,
  };
}
