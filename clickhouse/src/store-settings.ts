/**
 * The settings the store sends with every statement of a kind.
 * Invariant: numbers that JSON would round are strings, and a segment becomes one part per target.
 */

/** Settings of a statement, by ClickHouse's names. */
export type StoreSettings = Readonly<Record<string, string | number>>;

/** Exactness in JSON: no float for what is not one, and one time format. */
export const JSON_SETTINGS = {
  output_format_json_quote_decimals: 1,
  output_format_json_quote_64bit_integers: 1,
  date_time_output_format: 'iso',
} as const satisfies StoreSettings;

/** Above every cap of a segment (100,000 rows, 64 MB), so that nothing is cut into two blocks. */
const BLOCK_ROWS_MIN = 1_000_000;
const BLOCK_BYTES_MIN = 1_000_000_000;

/**
 * Settings under which an INSERT of one segment makes exactly one part in each target: one thread,
 * one squashed block for the table and for each view behind it, and an error in a view is an error.
 */
export const SEGMENT_SETTINGS = {
  async_insert: 0,
  max_threads: 1,
  max_insert_threads: 1,
  max_block_size: BLOCK_ROWS_MIN,
  max_insert_block_size: BLOCK_ROWS_MIN,
  min_insert_block_size_rows: BLOCK_ROWS_MIN,
  min_insert_block_size_bytes: BLOCK_BYTES_MIN,
  min_insert_block_size_rows_for_materialized_views: BLOCK_ROWS_MIN,
  min_insert_block_size_bytes_for_materialized_views: BLOCK_BYTES_MIN,
  parallel_view_processing: 0,
  materialized_views_ignore_errors: 0,
  input_format_skip_unknown_fields: 0,
} as const satisfies StoreSettings;
