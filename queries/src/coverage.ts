/**
 * Which table answers for which instant: whole days from totals that hold, other whole units (hours or UTC days) from
 * the rollup, the edges, and every unit that an interval boundary cuts, from the ledger.
 * Invariant: each instant of the range is covered by exactly one of the three.
 */
import { floorDivide, NS_PER_SECOND, type Range } from './range.ts';

/** Seconds since the epoch. */
export type Second = bigint;

export const HOUR_SECONDS = 3600n;
export const DAY_SECONDS = 86_400n;

/** The units that no boundary cuts: those starting in [from, to) that are not in `except`. */
export interface WholeUnits {
  readonly unitSeconds: bigint;
  readonly from: Second;
  readonly to: Second;
  /** Starts of units that a boundary cuts in two, ascending; the ledger answers for these. */
  readonly except: readonly Second[];
}

/** A UTC day of which there are totals, and which of its builds holds. */
export interface TotalledDay {
  readonly start: Second;
  readonly build: bigint;
}

/** Units from a start up to, not including, an end. */
export interface UnitRun {
  readonly from: Second;
  readonly to: Second;
}

export interface Coverage {
  readonly range: Range;
  /** Null: the ledger answers for the whole range. */
  readonly whole: WholeUnits | null;
  /** Days of `whole` that their totals answer for, ascending. */
  readonly days: readonly TotalledDay[];
  /** What the rollup answers for, besides `except`: `whole` without `days`, ascending. */
  readonly rollup: readonly UnitRun[];
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
  const ledgerOnly: Coverage = { range, whole: null, days: [], rollup: [], ledger: true };
  if (unitSeconds === null) return ledgerOnly;
  const { from, to } = wholeUnitsOf(range, unitSeconds);
  if (from >= to) return ledgerOnly;
  const cut = [...unitsCut(boundaries, unitSeconds)].filter((unit) => unit >= from && unit < to);
  if (BigInt(cut.length) === (to - from) / unitSeconds) return ledgerOnly;
  const except = cut.sort((a, b) => (a < b ? -1 : 1));
  const edges = from * NS_PER_SECOND !== range.fromNs || to * NS_PER_SECOND !== range.toNs;
  return {
    range,
    whole: { unitSeconds, from, to, except },
    days: [],
    rollup: [{ from, to }],
    ledger: edges || except.length > 0,
  };
}

/** The units that lie in a range whole: from the start of the first to the end of the last; none where from >= to. */
export function wholeUnitsOf(range: Range, unitSeconds: bigint): UnitRun {
  const unitNs = unitSeconds * NS_PER_SECOND;
  return {
    from: -floorDivide(-range.fromNs, unitNs) * unitSeconds,
    to: floorDivide(range.toNs, unitNs) * unitSeconds,
  };
}

/** Starts of the units that have a boundary within. */
function unitsCut(boundaries: readonly Second[], unitSeconds: bigint): ReadonlySet<Second> {
  const cut = new Set<Second>();
  for (const boundary of boundaries) {
    const unit = floorDivide(boundary, unitSeconds) * unitSeconds;
    if (unit !== boundary) cut.add(unit);
  }
  return cut;
}

/** The coverage with the totals of every day that is whole in it and that no boundary cuts. `days` ascend. */
export function useTotals(
  coverage: Coverage,
  days: readonly TotalledDay[],
  boundaries: readonly Second[] = [],
): Coverage {
  const { whole } = coverage;
  if (whole === null) return coverage;
  const cut = unitsCut(boundaries, DAY_SECONDS);
  const used = days.filter(
    ({ start }) => start >= whole.from && start + DAY_SECONDS <= whole.to && !cut.has(start),
  );
  return { ...coverage, days: used, rollup: runsBetween(whole, used) };
}

/** What is left of [from, to) without some of its days, as few runs as can be. */
function runsBetween({ from, to }: UnitRun, days: readonly TotalledDay[]): UnitRun[] {
  const runs: UnitRun[] = [];
  let next = from;
  for (const { start } of days) {
    if (next < start) runs.push({ from: next, to: start });
    next = start + DAY_SECONDS;
  }
  if (next < to) runs.push({ from: next, to });
  return runs;
}
