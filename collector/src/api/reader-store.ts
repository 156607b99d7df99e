// The store as a reader's question may use it: in the place of its tenant, within the budget of a query, and no longer
// than somebody waits for the answer.
// Invariant: every query of a reader that is sent through here ends in the engine when its request ends.
import type { CallOptions } from '@ai-cost-profiler/clickhouse/call-options.ts';
import type { ByteStore, Store as QueryStore } from '@ai-cost-profiler/queries/tenant-scope.ts';
import type { Response } from 'express';
import { type EndedOptions, endWithSignal, type QueryKiller } from '../end-query.ts';
import { QUERY_SETTINGS, toBudgetProblem } from '../query-budget.ts';
import { requestSignal } from './deadline.ts';
import { takeQueryPlace } from './read-fence.ts';

/** What is needed of `clickhouse/src/store.ts`. */
export interface ReadStore extends QueryKiller {
  readonly database: string;
  query<Row>(sql: string, params: Record<string, unknown>, options: CallOptions): Promise<Row[]>;
}

export interface ReadByteStore extends ReadStore {
  raw(
    sql: string,
    format: string,
    params: Record<string, unknown>,
    options: CallOptions,
  ): Promise<AsyncIterable<Uint8Array>>;
}

interface Waiting {
  readonly response: Response;
  readonly signal: AbortSignal;
}

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
  store: QueryKiller,
  waiting: Waiting,
  work: (options: EndedOptions) => Promise<AsyncIterable<Uint8Array>>,
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
  store: QueryKiller,
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

async function openFence(store: QueryKiller, { response, signal }: Waiting) {
  const giveBack = await takeQueryPlace(response, signal);
  const { options, over } = endWithSignal(store, signal);
  const startMs = performance.now();
  return {
    options,
    problemOf: (error: unknown): unknown =>
      toBudgetProblem(error, (performance.now() - startMs) / 1000) ?? error,
    end: (): void => {
      over();
      giveBack();
    },
  };
}
