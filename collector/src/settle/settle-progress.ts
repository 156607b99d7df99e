/** How far a pass of settle is, as it is told. */

/** How far a pass is, and at the end what it did. */
export interface SettleProgress {
  traces: number;
  /** Traces that got entries. */
  corrected: number;
  entries: number;
  /** Traces that were decided while they were taken in: nothing was left to do. */
  resolved: number;
  /** All spans received up to here are settled, in RFC 3339; null while the pass runs. */
  settledThrough: string | null;
}

/** Progress in the names of the API. */
export function progressRow({
  traces,
  corrected,
  entries,
  resolved,
  settledThrough,
}: SettleProgress): object {
  return { traces, corrected, entries, resolved, settled_through: settledThrough };
}
