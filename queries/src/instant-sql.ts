/** Instants in SQL. Invariant: an instant is compared as DateTime64(9), never as a whole second. */
import type { InstantNs, Range } from './range.ts';
import { bound, type Sql, sql } from './sql.ts';

/**
 * Always DateTime64: for `start_time < <DateTime>` ClickHouse 26.7 prunes a part whose rows all lie in
 * the second before, because its min-max index takes the whole second below as the bound.
 */
export function instantSql(ns: InstantNs): Sql {
  return sql`fromUnixTimestamp64Nano(${bound('Int64', ns)}, 'UTC')`;
}

/** ` AND …` for the rows of a table with `start_time` that lie in a range. */
export function inRangeSql(range: Range): Sql {
  return sql` AND start_time >= ${instantSql(range.fromNs)} AND start_time < ${instantSql(range.toNs)}`;
}
