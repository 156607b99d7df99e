/**
 * The one way to ClickHouse, embedded or a server: @clickhouse/client over its HTTP protocol, used nowhere else but in
 * driver.ts and store-error.ts. Invariant: every call has a time limit, and every failure is a StoreError.
 */
import type { Agent } from 'node:http';
import { addAbortSignal, type Readable } from 'node:stream';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { type CallOptions, common, type StoreParams, withTimeout } from './call-options.ts';
import { CLUSTER_SETTINGS, onClusterPatience } from './cluster/cluster-settings.ts';
import { createDatabasesSql } from './cluster/database-sql.ts';
import { killSql, runningSql } from './cluster/running-sql.ts';
import { type DriverOptions, LOCAL_URL, openDriver, socketAgent } from './driver.ts';
import { askKill, askRunning } from './engine-questions.ts';
import { sendFile, sendStream } from './file-body.ts';
import { type NativeFileInsert, nativeInsertSql } from './native-insert.ts';
import { toStoreError } from './store-error.ts';
import { JSON_SETTINGS, SEGMENT_SETTINGS, type StoreSettings } from './store-settings.ts';

/** Where the store is, and its time limits: 30 s a query, 60 s a command, 120 s an insert. */
export interface StoreOptions extends DriverOptions {
  readonly kind: 'embedded' | 'server';
  readonly database: string;
  /** The cluster that the database is on; one server if not given. */
  readonly cluster?: string | null;
  readonly queryMsMax?: number;
  readonly commandMsMax?: number;
  readonly insertMsMax?: number;
}

/** ClickHouse, as the rest of the program sees it. */
export interface Store {
  readonly kind: 'embedded' | 'server';
  readonly database: string;
  /** The cluster that the database is on (clickhouse/src/cluster); null: it is on one server. */
  readonly cluster: string | null;
  /**
   * Rows as JSON objects. Int64, UInt64 and wider and every Decimal are strings (exact, never a
   * float); DateTime and DateTime64 are RFC 3339 in UTC.
   */
  query<Row>(sql: string, params?: StoreParams, options?: CallOptions): Promise<Row[]>;
  /** The same rows one at a time, in constant memory. */
  queryStream<Row>(sql: string, params?: StoreParams, options?: CallOptions): AsyncIterable<Row>;
  /** The answer as bytes in any format; fails in the stream if the statement fails half way. */
  raw(sql: string, format: string, params?: StoreParams, options?: CallOptions): Promise<Readable>;
  /** A statement without rows. */
  command(sql: string, options?: CallOptions & { params?: StoreParams }): Promise<void>;
  /** A few rows as JSONEachRow, in one block, waited for. An empty list does nothing. */
  insertRows(table: string, rows: readonly object[], options?: CallOptions): Promise<void>;
  insertNativeFile(path: string, insert: NativeFileInsert): Promise<void>;
  /** Native blocks as they come, into table and columns: `t (a, b)`. Of one that breaks off some may be stored. */
  insertNativeStream(into: string, blocks: Readable, options?: CallOptions): Promise<void>;
  /** Whether the statement still waits or runs, on any replica that answers here. */
  isRunning(queryId: string): Promise<boolean>;
  /** Asks for the end of a statement and does not wait for it: ask isRunning. */
  kill(queryId: string): Promise<void>;
  /** Throws a StoreError when ClickHouse does not answer. */
  ping(timeoutMs?: number): Promise<void>;
  /** `CREATE DATABASE IF NOT EXISTS`, on every server of a cluster. */
  createDatabase(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the store; nothing is sent until the first call. */
export function createStore(options: StoreOptions): Store {
  return new HttpStore(options);
}

class HttpStore implements Store {
  readonly kind: 'embedded' | 'server';
  readonly database: string;
  readonly cluster: string | null;
  readonly #options: StoreOptions;
  readonly #agent: Agent | undefined;
  readonly #client: ClickHouseClient;

  constructor(options: StoreOptions) {
    this.kind = options.kind;
    this.database = options.database;
    this.cluster = options.cluster ?? null;
    this.#options = options;
    this.#agent = socketAgent(options);
    const settings = this.cluster === null ? undefined : CLUSTER_SETTINGS;
    const driver = settings === undefined ? options : { ...options, settings };
    this.#client = openDriver(driver, this.#agent, options.database);
  }

  async query<Row>(sql: string, params?: StoreParams, options: CallOptions = {}): Promise<Row[]> {
    return this.#call('query', this.#options.queryMsMax ?? 30_000, options, async (signal) => {
      const result = await this.#client.query({
        query: sql,
        format: 'JSONEachRow',
        ...common(params, options, signal),
        clickhouse_settings: { ...JSON_SETTINGS, ...options.settings, ...this.#waitForEnd() },
      });
      // The driver forgets the signal once headers came, so the body is tied to it here.
      signal.addEventListener('abort', () => result.close(), { once: true });
      return await result.json<Row>();
    });
  }

  async *queryStream<Row>(
    sql: string,
    params?: StoreParams,
    options: CallOptions = {},
  ): AsyncGenerator<Row, undefined> {
    const limitMs = options.timeoutMs ?? this.#options.queryMsMax ?? 30_000;
    const signal = withTimeout(limitMs, options.signal);
    try {
      const result = await this.#client.query({
        query: sql,
        format: 'JSONEachRow',
        ...common(params, options, signal),
        clickhouse_settings: { ...JSON_SETTINGS, ...options.settings, ...this.#waitForEnd() },
      });
      for await (const rows of addAbortSignal(signal, result.stream<Row>())) {
        for (const row of rows) {
          yield row.json<Row>();
        }
      }
    } catch (thrown) {
      throw toStoreError(thrown, 'queryStream');
    }
    return undefined;
  }

  async raw(
    sql: string,
    format: string,
    params?: StoreParams,
    options: CallOptions = {},
  ): Promise<Readable> {
    const limitMs = options.timeoutMs ?? this.#options.queryMsMax ?? 30_000;
    const signal = withTimeout(limitMs, options.signal);
    try {
      const result = await this.#client.exec({
        query: `${sql}\nFORMAT ${format}`,
        ...common(params, options, signal),
        clickhouse_settings: { ...JSON_SETTINGS, ...options.settings, ...this.#waitForEnd() },
      });
      return addAbortSignal(signal, result.stream);
    } catch (thrown) {
      throw toStoreError(thrown, 'raw');
    }
  }

  async command(sql: string, options: CallOptions & { params?: StoreParams } = {}): Promise<void> {
    await this.#command(this.#client, sql, options);
  }

  async #command(
    client: ClickHouseClient,
    sql: string,
    options: CallOptions & { params?: StoreParams },
  ): Promise<void> {
    await this.#call('command', this.#options.commandMsMax ?? 60_000, options, (signal) =>
      client.command({
        query: sql,
        ...common(options.params, options, signal),
        clickhouse_settings: { ...options.settings, wait_end_of_query: 1 },
      }),
    );
  }

  async insertRows(
    table: string,
    rows: readonly object[],
    options: CallOptions = {},
  ): Promise<void> {
    if (rows.length === 0) {
      return;
    }
    await this.#call('insertRows', this.#options.insertMsMax ?? 120_000, options, (signal) =>
      this.#client.insert({
        table,
        values: [...rows],
        format: 'JSONEachRow',
        ...common(undefined, options, signal),
        clickhouse_settings: {
          async_insert: 0,
          input_format_skip_unknown_fields: 0,
          date_time_input_format: 'best_effort',
          ...options.settings,
          wait_end_of_query: 1,
        },
      }),
    );
  }

  async insertNativeFile(path: string, insert: NativeFileInsert): Promise<void> {
    const { sql, bodyIsData } = nativeInsertSql(this.kind, path, insert);
    const settings: StoreSettings = {
      ...SEGMENT_SETTINGS,
      ...insert.settings,
      wait_end_of_query: 1,
    };
    const limitMs = this.#options.insertMsMax ?? 120_000;
    await this.#call('insertNativeFile', limitMs, insert, async (signal) => {
      const about = { ...common(undefined, insert, signal), clickhouse_settings: settings };
      if (!bodyIsData) {
        await this.#client.command({ query: sql, ...about });
        return;
      }
      // Bytes as they are: client.insert with Native and a stream of objects ends the process.
      await sendFile(path, async (values) => {
        const sent = await this.#client.exec({ query: sql, values, ...about });
        await sent.stream.resume().toArray();
      });
    });
  }

  async insertNativeStream(
    into: string,
    blocks: Readable,
    options: CallOptions = {},
  ): Promise<void> {
    const limitMs = this.#options.insertMsMax ?? 120_000;
    const settings: StoreSettings = {
      async_insert: 0,
      ...options.settings,
      wait_end_of_query: 1,
    };
    await this.#call('insertNativeStream', limitMs, options, (signal) =>
      sendStream(blocks, async (values) => {
        const about = { ...common(undefined, options, signal), clickhouse_settings: settings };
        const query = `INSERT INTO ${into} FORMAT Native`;
        const sent = await this.#client.exec({ query, values, ...about });
        await sent.stream.resume().toArray();
      }),
    );
  }

  async isRunning(queryId: string): Promise<boolean> {
    if (this.kind === 'embedded') {
      return await askRunning(this.#door(), queryId);
    }
    const rows = await this.query<{ running: string }>(runningSql(this), { id: queryId });
    return rows[0]?.running !== '0';
  }

  async kill(queryId: string): Promise<void> {
    if (this.kind === 'embedded') {
      await askKill(this.#door(), queryId);
      return;
    }
    await this.command(killSql(this), { params: { id: queryId } });
  }

  async ping(timeoutMs = 5_000): Promise<void> {
    await this.#call('ping', timeoutMs, {}, async (signal) => {
      const answer = await this.#client.ping({ select: false, abort_signal: signal });
      if (!answer.success) {
        throw answer.error;
      }
    });
  }

  async createDatabase(): Promise<void> {
    // The store's own client names the database, which is an error before it exists. This one has an agent of
    // its own: two clients on one agent end each other's sockets when they think them idle.
    const agent = socketAgent(this.#options);
    const client = openDriver(this.#options, agent, 'default');
    try {
      const patience = onClusterPatience(this);
      for (const sql of createDatabasesSql(this)) await this.#command(client, sql, patience);
    } finally {
      await client.close();
      agent?.destroy();
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  #door() {
    return { socketPath: this.#options.socketPath, url: this.#options.url ?? LOCAL_URL };
  }

  /**
   * A server may fail after its first bytes with status 200 and write the error among the rows, so
   * it is asked to finish first (it buffers in files). The embedded engine breaks the connection.
   */
  #waitForEnd(): ClickHouseSettings {
    return this.kind === 'server' ? { wait_end_of_query: 1 } : {};
  }

  async #call<T>(
    doing: string,
    limitMs: number,
    options: CallOptions,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const signal = withTimeout(options.timeoutMs ?? limitMs, options.signal);
    try {
      return await work(signal);
    } catch (thrown) {
      throw toStoreError(signal.aborted ? (signal.reason ?? thrown) : thrown, doing);
    }
  }
}
