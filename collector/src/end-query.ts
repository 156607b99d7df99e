/**
 * What ends one query in the engine when nobody waits for it any more: it runs within the budget of a query, and is
 * killed when its signal fires.
 */
import { randomUUID } from 'node:crypto';
import type { CallOptions } from '@ai-cost-profiler/clickhouse/call-options.ts';
import { QUERY_SECONDS_MAX, QUERY_SETTINGS } from './query-budget.ts';

/** What is needed of `clickhouse/src/store.ts`. */
export interface QueryKiller {
  kill(queryId: string): Promise<void>;
}

/** With what the query is sent. */
export type EndedOptions = CallOptions & { readonly queryId: string };

/** The engine ends a query that is over its time itself; this is for one that does not answer any more. */
const GRACE_MS = 10_000;

/** `over`: to be called once the query has answered or failed. */
export function endWithSignal(
  store: QueryKiller,
  signal: AbortSignal,
): { readonly options: EndedOptions; over(): void } {
  const queryId = randomUUID();
  // The embedded engine ends a query whose connection breaks; a server reads on until it is told.
  const kill = (): void => {
    // Nobody waits for it any more: a query that cannot be ended ends by its own time limit.
    store.kill(queryId).catch(() => undefined);
  };
  signal.addEventListener('abort', kill, { once: true });
  const timeoutMs = QUERY_SECONDS_MAX * 1000 + GRACE_MS;
  return {
    options: { queryId, signal, timeoutMs, settings: QUERY_SETTINGS },
    over: () => signal.removeEventListener('abort', kill),
  };
}
