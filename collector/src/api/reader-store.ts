// The store as a reader's question may use it: in the place of its tenant, within the budget of a query, and no longer
// than somebody waits for the answer.
// Invariant: every query of a reader that is sent through here ends in the engine when its request ends.
import { randomUUID } from 'node:crypto';
import type { CallOptions } from '@ai-cost-profiler/clickhouse/call-options.ts';
import type { ByteStore, Store as QueryStore } from '@ai-cost-profiler/queries/tenant-scope.ts';
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

export interface ReadByteStore extends ReadStore {
  raw(
    sql: string,
    format: string,
    params: Record<string, unknown>,
    options: CallOptions,
  ): Promise<AsyncIterable<Uint8Array>>;
}

type FencedOptions = CallOptions & { readonly queryId: string };

interface Waiting {
  readonly response: Response;
  readonly signal: AbortSignal;
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

/** The same store, for questions that read what they are answered as it comes. */
export function readerByteStore(store: ReadByteStore, response: Response): ByteStore {
  const signal = requestSignal(response);
  return {
    ...readerStore(store, response),
    raw: async (sql, format, params, settings) =>
      fencedBytes(store, { response, signal }, (options) => {
        const all = { ...options.settings, ...settings };
        return store.raw(sql, format, params, { ...options, settings: all });
      }),
  };
}

/**
 * As `readerByteStore`, for answers that may take as long as their reader, in a statement of their own time limit: of a
 * query's budget it has the memory.
 */
export function exportStore(
  store: ReadByteStore,
  response: Response,
  statementMsMax: number,
): ByteStore {
  const signal = requestSignal(response);
  return {
    ...readerStore(store, response),
    raw: async (sql, format, params, settings) =>
      fencedBytes(store, { response, signal }, ({ queryId }) => {
        const { max_memory_usage } = QUERY_SETTINGS;
        const within = { max_memory_usage, ...settings };
        const options = { queryId, signal, timeoutMs: statementMsMax, settings: within };
        return store.raw(sql, format, params, options);
      }),
  };
}

/** The place is held until the last byte is read, or nobody reads any more. */
async function* fencedBytes(
  store: Pick<ReadStore, 'kill'>,
  waiting: Waiting,
  work: (options: FencedOptions) => Promise<AsyncIterable<Uint8Array>>,
): AsyncGenerator<Uint8Array, undefined> {
  const fence = await openFence(store, waiting);
  try {
    yield* await work(fence.options);
  } catch (error) {
    throw fence.problemOf(error);
  } finally {
    fence.end();
  }
}

/** Runs one query with a place, a budget and an end. */
async function withinFence<T>(
  store: Pick<ReadStore, 'kill'>,
  waiting: Waiting,
  work: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const fence = await openFence(store, waiting);
  try {
    return await work(fence.options);
  } catch (error) {
    throw fence.problemOf(error);
  } finally {
    fence.end();
  }
}

async function openFence(store: Pick<ReadStore, 'kill'>, { response, signal }: Waiting) {
  const giveBack = await takeQueryPlace(response, signal);
  const queryId = randomUUID();
  // The embedded engine ends a query whose connection breaks; a server reads on until it is told.
  const kill = (): void => {
    // Nobody waits for it any more: a query that cannot be ended ends by its own time limit.
    store.kill(queryId).catch(() => undefined);
  };
  signal.addEventListener('abort', kill, { once: true });
  const startMs = performance.now();
  const timeoutMs = QUERY_SECONDS_MAX * 1000 + GRACE_MS;
  return {
    options: { queryId, signal, timeoutMs, settings: QUERY_SETTINGS } satisfies CallOptions,
    problemOf: (error: unknown): unknown =>
      toBudgetProblem(error, (performance.now() - startMs) / 1000) ?? error,
    end: (): void => {
      signal.removeEventListener('abort', kill);
      giveBack();
    },
  };
}
