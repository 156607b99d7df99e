/**
 * The dimensions that the rollups keep, in the order of the bits of `ledger.over_limit`: bit i set says that the
 * rollups show `(over limit)` for dimension i. Who writes the bits and who reads the ledger as a rollup both take
 * them from here; the views' own copy (migrations/0001) is held to it by rollup-dimensions.test.ts.
 */

/** In cost_hourly and cost_daily. */
export const ROLLUP_DIMENSIONS = [
  'service',
  'environment',
  'provider',
  'model',
  'operation',
  'feature',
  'agent',
  'prompt',
] as const;

/** Those whose number of values is bounded: `user` is in cost_daily alone. */
export const GUARDED_DIMENSIONS = [...ROLLUP_DIMENSIONS, 'user'] as const;

export type GuardedDimension = (typeof GUARDED_DIMENSIONS)[number];
