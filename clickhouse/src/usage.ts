/**
 * The vocabulary of usage: which quantities a call can be charged for. Names are the columns of
 * `ledger`, `cost_hourly` and `cost_daily` and the keys of `spans.usage`.
 * Invariant: the token buckets are disjoint. Σ in_* is `gen_ai.usage.input_tokens` and Σ out_* is
 * `gen_ai.usage.output_tokens`. An absent quantity is unknown (NULL), never 0.
 */

/** Tokens that went in, one bucket each. `in_cache_write` is a write whose TTL was not told. */
export const INPUT_BUCKETS = [
  'in_uncached',
  'in_cache_read',
  'in_cache_read_audio',
  'in_cache_read_video',
  'in_cache_write',
  'in_cache_write_5m',
  'in_cache_write_1h',
  'in_audio',
  'in_image',
  'in_video',
  'in_tool_use',
  'in_citation',
] as const;

/** Tokens that came out, one bucket each. */
export const OUTPUT_BUCKETS = ['out_text', 'out_reasoning', 'out_audio', 'out_image'] as const;

/** All token buckets in column order: where buckets are numbers in an array, this is their order. */
export const TOKEN_BUCKETS = [...INPUT_BUCKETS, ...OUTPUT_BUCKETS] as const;

/** Counted things that are not tokens, always whole. */
export const COUNTED_UNITS = [
  'requests',
  'web_searches',
  'x_searches',
  'file_searches',
  'code_sessions',
  'images',
  'characters',
  'pages',
  'search_units',
] as const;

/** Measured things that may be fractions: held as integers of 1e-9 (`Decimal(38, 9)` in tables). */
export const MEASURED_UNITS = ['audio_seconds', 'session_seconds', 'cache_token_hours'] as const;

export type InputBucket = (typeof INPUT_BUCKETS)[number];
export type OutputBucket = (typeof OUTPUT_BUCKETS)[number];
export type CountedUnit = (typeof COUNTED_UNITS)[number];
export type MeasuredUnit = (typeof MEASURED_UNITS)[number];
export type UsageKey = InputBucket | OutputBucket | CountedUnit | MeasuredUnit;

/** Every quantity, in column order. */
export const USAGE_KEYS: readonly UsageKey[] = [
  ...INPUT_BUCKETS,
  ...OUTPUT_BUCKETS,
  ...COUNTED_UNITS,
  ...MEASURED_UNITS,
];

/** One second (page, hour, …) as a measured quantity: quantities of MEASURED_UNITS count 1e-9. */
export const MEASURED_SCALE = 1_000_000_000n;

/**
 * Quantities of one call. Buckets and counted units are whole numbers; measured units are integers
 * of 1e-9 of their unit. Signed in the ledger (a reversal is negative), never negative in a call.
 */
export type Usage = { [K in UsageKey]?: bigint };
