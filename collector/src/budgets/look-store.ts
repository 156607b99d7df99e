/**
 * The store as looking at budgets may use it: each question within the budget of a query, and ended in the engine when
 * nobody waits for it. What was found out is stored all the same, so that nobody is told twice.
 */
import { randomUUID } from 'node:crypto';
import type { CallOptions } from '@ai-cost-profiler/clickhouse/call-options.ts';
import { QUERY_SECONDS_MAX, QUERY_SETTINGS } from '../query-budget.ts';
import type { AlertStore } from './evaluate-budgets.ts';

/** What is needed of `clickhouse/src/store.ts`. */
export interface LookedInStore extends Pick<AlertStore, 'database' | 'insertRows'> {
  query<Row>(sql: string, params: Record<string, unknown>, options: CallOptions): Promise<Row[]>;
  kill(queryId: string): Promise<void>;
}

/** The engine ends a question that is over its time itself; this is for one that does not answer any more. */
const GRACE_MS = 10_000;

export function lookStore(store: LookedInStore, signal: AbortSignal): AlertStore {
  return {
    database: store.database,
    insertRows: (table, rows) => store.insertRows(table, rows),
    query: async (sql, params) => {
      const queryId = randomUUID();
      // A server reads on until it is told; what cannot be ended ends by its own time limit.
      const kill = (): void => void store.kill(queryId).catch(() => undefined);
      signal.addEventListener('abort', kill, { once: true });
      const timeoutMs = QUERY_SECONDS_MAX * 1000 + GRACE_MS;
      try {
        const options = { queryId, signal, timeoutMs, settings: QUERY_SETTINGS };
        return await store.query(sql, params, options);
      } finally {
        signal.removeEventListener('abort', kill);
      }
    },
  };
}
