// The store as a reader's question may use it: in the place of its tenant, within the budget of a query, and no longer
// than somebody waits for the answer.
// Invariant: every query of a reader that is sent through here ends in the engine when its request ends.
import { randomUUID } from 'node:crypto';
import type { CallOptions } from '@ai-cost-profiler/clickhouse/store.ts';
import type { Store as QueryStore } from '@ai-cost-profiler/queries/tenant-scope.ts';
import type { Response } from 'express';
import { QUERY_SECONDS_MAX, QUERY_SETTINGS, toBudgetProblem } from '../query-budget.ts';
import { requestSignal } from './deadline.ts';
import { takeQueryPlace } from './read-fence.ts';

/** What is needed of `clickhouse/src/store.ts`. */
export interface ReadStore {
  readonly database: string;
  query<Row>(sql: string, params: Record<string, unknown>, options: CallOptions): Promise<Row[]>;
  kill(queryId: string): Promise<void>;
}

/** The engine ends a query that is over its time itself; this is for one that does not answer any more. */
const GRACE_MS = 10_000;

/** The store for the questions of one request. Throws what the store throws, and Problem query_over_budget. */
export function readerStore(store: ReadStore, response: Response): QueryStore {
  const signal = requestSignal(response);
  return {
    database: store.database,
    query: (sql, params) =>
      withinFence(store, { response, signal }, (options) => store.query(sql, params, options)),
  };
}

/** Runs one query with a place, a budget and an end. */
async function withinFence<T>(
  store: Pick<ReadStore, 'kill'>,
  { response, signal }: { response: Response; signal: AbortSignal },
  work: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const giveBack = await takeQueryPlace(response, signal);
  const queryId = randomUUID();
  // The embedded engine ends a query whose connection breaks; a server reads on until it is told.
  const kill = (): void => {
    // Nobody waits for it any more: a query that cannot be ended ends by its own time limit.
    store.kill(queryId).catch(() => undefined);
  };
  signal.addEventListener('abort', kill, { once: true });
  const startMs = performance.now();
  try {
    const timeoutMs = QUERY_SECONDS_MAX * 1000 + GRACE_MS;
    return await work({ queryId, signal, timeoutMs, settings: QUERY_SETTINGS });
  } catch (error) {
    const seconds = (performance.now() - startMs) / 1000;
    throw toBudgetProblem(error, seconds) ?? error;
  } finally {
    signal.removeEventListener('abort', kill);
    giveBack();
  }
}
