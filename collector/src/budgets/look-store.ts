/**
 * The store as looking at budgets may use it: each question within the budget of a query, and ended in the engine when
 * nobody waits for it. What was found out is stored all the same, so that nobody is told twice.
 */
import type { CallOptions } from '@ai-cost-profiler/clickhouse/call-options.ts';
import type { Store as QueryStore } from '@ai-cost-profiler/queries/tenant-scope.ts';
import { endWithSignal, type QueryKiller } from '../end-query.ts';

export interface AlertStore extends QueryStore {
  insertRows(table: string, rows: readonly object[]): Promise<void>;
}

/** What is needed of `clickhouse/src/store.ts`. */
export interface LookedInStore extends QueryKiller, Pick<AlertStore, 'database' | 'insertRows'> {
  query<Row>(sql: string, params: Record<string, unknown>, options: CallOptions): Promise<Row[]>;
}

export function lookStore(store: LookedInStore, signal: AbortSignal): AlertStore {
  return {
    database: store.database,
    insertRows: (table, rows) => store.insertRows(table, rows),
    query: async (sql, params) => {
      const { options, over } = endWithSignal(store, signal);
      try {
        return await store.query(sql, params, options);
      } finally {
        over();
      }
    },
  };
}
