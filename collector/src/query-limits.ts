/** What one query of a reader may use of ClickHouse, and how many may wait: a part of the table of limits. */
import { limit } from './limit-spec.ts';

export const QUERY_LIMITS = {
  queries_waiting: limit({
    scope: 'collector',
    unit: 'queries',
    byDefault: 32,
    problem: 'rate_limited',
    isUncounted: true,
    sentence:
      'Queries of one tenant that wait for their turn; who comes then hits queries_at_once of its tenant.',
    reason: 'Half of what may wait before the embedded engine, all tenants together.',
  }),
  query_rows_read: limit({
    scope: 'collector',
    unit: 'rows',
    byDefault: 1e9,
    problem: 'query_over_budget',
    sentence: 'Rows that one query of a reader reads.',
    reason: 'Two cores read about as many in query_seconds: it is told at once, not after them.',
  }),
  query_bytes_read: limit({
    scope: 'collector',
    unit: 'bytes',
    byDefault: 100e9,
    problem: 'query_over_budget',
    sentence: 'Bytes, uncompressed, that one query of a reader reads.',
    reason: 'As query_rows_read, for wide columns.',
  }),
  query_memory_bytes: limit({
    scope: 'collector',
    unit: 'bytes',
    byDefault: 1e9,
    problem: 'query_over_budget',
    sentence: 'Memory of ClickHouse that one query of a reader takes.',
    reason: 'A third of what the embedded engine has: it writes, merges and settles meanwhile.',
  }),
  query_seconds: limit({
    scope: 'collector',
    unit: 'seconds',
    byDefault: 30,
    problem: 'query_over_budget',
    sentence: 'Time that one query of a reader runs, without its wait for a place.',
    reason: 'Half of api_seconds: a question asks two queries in a row at most.',
  }),
  query_result_rows: limit({
    scope: 'collector',
    unit: 'rows',
    byDefault: 1e6,
    problem: 'query_over_budget',
    sentence: 'Rows that one query of a reader answers to the collector.',
    reason: 'Answers are put together in the memory of the collector; exports are streamed.',
  }),
  query_result_bytes: limit({
    scope: 'collector',
    unit: 'bytes',
    byDefault: 100e6,
    problem: 'query_over_budget',
    sentence: 'Bytes that one query of a reader answers to the collector.',
    reason: 'As query_result_rows, for long values: a fifth of the memory a collector has.',
  }),
} as const;
