/**
 * A store that tells of every call: which, how long, and how it failed. Invariant: it changes no call and no answer.
 */
import type { CallOptions, StoreParams } from './call-options.ts';
import type { Store } from './store.ts';
import { StoreError } from './store-error.ts';

/** One call that is over. */
export interface StoreCall {
  readonly call:
    | 'query'
    | 'queryStream'
    | 'raw'
    | 'command'
    | 'insertRows'
    | 'insertNativeFile'
    | 'insertNativeStream'
    | 'ping';
  /** Readings of `performance.now()`. */
  readonly startMs: number;
  readonly endMs: number;
  /** undefined where it succeeded. */
  readonly error: StoreError | undefined;
}

/** The same store; `onCall` is told after each call. What a stream or `raw` still reads afterwards is not timed. */
export function observeStore(store: Store, onCall: (call: StoreCall) => void): Store {
  async function timed<T>(call: StoreCall['call'], work: () => Promise<T>): Promise<T> {
    const startMs = performance.now();
    let error: StoreError | undefined;
    try {
      return await work();
    } catch (thrown) {
      error = thrown instanceof StoreError ? thrown : undefined;
      throw thrown;
    } finally {
      onCall({ call, startMs, endMs: performance.now(), error });
    }
  }

  async function* stream<Row>(sql: string, params?: StoreParams, options?: CallOptions) {
    const startMs = performance.now();
    let error: StoreError | undefined;
    try {
      yield* store.queryStream<Row>(sql, params, options);
    } catch (thrown) {
      error = thrown instanceof StoreError ? thrown : undefined;
      throw thrown;
    } finally {
      onCall({ call: 'queryStream', startMs, endMs: performance.now(), error });
    }
  }

  return {
    kind: store.kind,
    database: store.database,
    cluster: store.cluster,
    query: <Row>(sql: string, params?: StoreParams, options?: CallOptions) =>
      timed('query', () => store.query<Row>(sql, params, options)),
    queryStream: stream,
    raw: (...asked) => timed('raw', () => store.raw(...asked)),
    command: (...asked) => timed('command', () => store.command(...asked)),
    insertRows: (...asked) => timed('insertRows', () => store.insertRows(...asked)),
    insertNativeFile: (...asked) =>
      timed('insertNativeFile', () => store.insertNativeFile(...asked)),
    insertNativeStream: (...asked) =>
      timed('insertNativeStream', () => store.insertNativeStream(...asked)),
    isRunning: (queryId) => store.isRunning(queryId),
    kill: (queryId) => store.kill(queryId),
    ping: (timeoutMs) => timed('ping', () => store.ping(timeoutMs)),
    createDatabase: () => store.createDatabase(),
    close: () => store.close(),
  };
}
