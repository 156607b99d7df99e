/**
 * How the totals of a tenant's UTC day are made: for each value of each dimension of the rollups, for all together, and
 * for each writer with the highest batch of it that is in the sums. Of several tenants at once, because a statement of
 * so many sums takes 50 ms of CPU before it reads a row.
 * Invariant: sums and writers come from one reading of cost_hourly, so that the writers tell what the sums are made of,
 * and all rows of a build come as one part: it is there whole or not at all. Each row tells which columns are summed:
 * the program of an older release leaves those of a newer schema at 0.
 */
import { ROLLUP_DIMENSIONS } from './rollup-dimensions.ts';
import { quoteName } from './sql-text.ts';
import type { StoreSettings } from './store-settings.ts';
import { SUMMED_COLUMNS } from './summed-columns.ts';

/** `dimension` of the rows that tell what a build is made of: `value` is a writer, `batch_seq` its highest batch. */
export const WRITER_ROWS = 'writer';
/** `dimension` of the one row that sums all there is. */
export const WHOLE_ROW = '';

/** Of each there are at most 10,000 values of a dimension for each collector. */
export const BUILD_TENANTS_MAX = 12;
/** Far more than they can have: what is squashed to one block becomes one part. */
const BLOCK_ROWS_MIN = 100_000_000;
const BLOCK_BYTES_MIN = '100000000000';

const BUILD_SETTINGS = {
  async_insert: 0,
  // It has time, and others do not.
  max_threads: 1,
  max_insert_threads: 1,
  min_insert_block_size_rows: BLOCK_ROWS_MIN,
  min_insert_block_size_bytes: BLOCK_BYTES_MIN,
  group_by_use_nulls: 0,
  force_grouping_standard_compatibility: 1,
  max_bytes_before_external_group_by: '300000000',
} as const satisfies StoreSettings;

export interface DayBuild {
  /** At most BUILD_TENANTS_MAX; each gets a build of this number. */
  readonly tenants: readonly string[];
  /** YYYY-MM-DD in UTC. */
  readonly day: string;
  /** Newer builds have higher numbers. */
  readonly build: bigint;
}

/** The insert of builds, with its parameters and settings. Of a day without entries it makes no row. */
export function buildDayStatement(database: string, { tenants, day, build }: DayBuild) {
  const table = quoteName(database);
  const keys = [...ROLLUP_DIMENSIONS, 'writer_id'];
  const choose = (value: (key: string) => string, otherwise: string) =>
    `multiIf(${keys.map((key) => `grouping(${key}) = 0, ${value(key)}`).join(', ')}, ${otherwise})`;
  const dimension = choose(
    (key) => `'${key === 'writer_id' ? WRITER_ROWS : key}'`,
    `'${WHOLE_ROW}'`,
  );
  const sums = SUMMED_COLUMNS.map((column) => `sum(source.${column})`);
  const sql = `INSERT INTO ${table}.cost_day_totals
      (tenant, day, dimension, value, ${SUMMED_COLUMNS.join(', ')}, batch_seq, build, summed_columns)
    SELECT tenant, {day:Date}, ${dimension}, ${choose((key) => `toString(${key})`, "''")},
      ${sums.join(', ')}, max(source.batch_seq), {build:UInt64}, '${SUMMED_COLUMNS.join(' ')}'
    FROM ${table}.cost_hourly AS source
    WHERE tenant IN {tenants:Array(String)}
      AND hour >= toDateTime({day:Date}, 'UTC') AND hour < toDateTime({day:Date} + 1, 'UTC')
    GROUP BY GROUPING SETS (${keys.map((key) => `(tenant, ${key})`).join(', ')}, (tenant))`;
  const params = { tenants: [...tenants], day, build: build.toString() };
  return { sql, params, settings: BUILD_SETTINGS };
}

/** Bits below the milliseconds of a build's number, which keep the numbers of two collectors apart. */
const RANDOM_BITS = 22n;

/** The number of a build that begins now. `random`: at least 0 and below 1. */
export function buildNumber(nowMs: number, random: number): bigint {
  const below = BigInt(Math.floor(random * 2 ** Number(RANDOM_BITS)));
  return (BigInt(Math.floor(nowMs)) << RANDOM_BITS) | below;
}
