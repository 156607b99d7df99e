/**
 * What one query of a reader may use of the engine, from the table of limits, as ClickHouse's settings; and what who
 * goes beyond it is told. Invariant: a query that is over its budget is ended by the engine, and answers nothing.
 */

import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import type { StoreSettings } from '@ai-cost-profiler/clickhouse/store-settings.ts';
import type { LimitSpec } from './limit-spec.ts';
import { LIMITS, type LimitName } from './limit-table.ts';
import { Problem } from './problems.ts';

/** Seconds one query may take. */
export const QUERY_SECONDS_MAX = LIMITS.query_seconds.byDefault;

/** Sent with every query of a reader. */
export const QUERY_SETTINGS = {
  max_rows_to_read: LIMITS.query_rows_read.byDefault,
  max_bytes_to_read: LIMITS.query_bytes_read.byDefault,
  read_overflow_mode: 'throw',
  max_memory_usage: LIMITS.query_memory_bytes.byDefault,
  max_execution_time: QUERY_SECONDS_MAX,
  timeout_overflow_mode: 'throw',
  max_result_rows: LIMITS.query_result_rows.byDefault,
  max_result_bytes: LIMITS.query_result_bytes.byDefault,
  result_overflow_mode: 'throw',
} as const satisfies StoreSettings;

const [CANCELLED, RESULT_TOO_LARGE, MEMORY] = [394, 396, 241] as const;

/** ClickHouse's codes that mean one budget whatever their text says. */
const BUDGET_OF_CODE: ReadonlyMap<number, LimitName> = new Map([
  [158, 'query_rows_read'],
  [307, 'query_bytes_read'],
  [159, 'query_seconds'],
  [160, 'query_seconds'],
]);

/**
 * The problem of a query that was over its budget; undefined for any other error.
 * @param seconds how long the query took: the engine cancels one that does not look at its clock
 */
export function toBudgetProblem(error: unknown, seconds: number): Problem | undefined {
  if (!(error instanceof StoreError) || error.code === null) return undefined;
  const limit = budgetOf(error.code, error.message, seconds);
  if (limit === undefined) return undefined;
  const { byDefault, unit, sentence }: LimitSpec = LIMITS[limit];
  const most = `${(byDefault ?? 0).toLocaleString('en-US')} ${unit}`;
  const detail = `A query of this question is over its budget ${limit}: ${most}. (${sentence}) Narrow the range with from and to, filter, or group by fewer dimensions.`;
  return new Problem('query_over_budget', detail, { cause: error, limit });
}

function budgetOf(code: number, message: string, seconds: number): LimitName | undefined {
  if (code === CANCELLED) return seconds >= QUERY_SECONDS_MAX ? 'query_seconds' : undefined;
  if (code === RESULT_TOO_LARGE) {
    return /max bytes|max_result_bytes|bytes: /i.test(message)
      ? 'query_result_bytes'
      : 'query_result_rows';
  }
  // The memory of the whole engine being short is no fault of this query.
  if (code === MEMORY) {
    return /total\)|\(total/i.test(message) ? undefined : 'query_memory_bytes';
  }
  return BUDGET_OF_CODE.get(code);
}
