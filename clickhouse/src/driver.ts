/**
 * Opens @clickhouse/client, over a Unix socket or to an address. Invariant: the driver logs
 * nothing and never retries, because whoever calls the store decides about both.
 */
import { Agent } from 'node:http';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { CALL_MS_MAX } from './call-options.ts';
import type { StoreSettings } from './store-settings.ts';

/** Where ClickHouse is. */
export interface DriverOptions {
  /** Of the embedded engine; then `url` is not needed. */
  readonly socketPath?: string;
  readonly url?: string;
  readonly username?: string;
  readonly password?: string;
  readonly connectionsMax?: number;
  /** They go with every statement that does not say otherwise. */
  readonly settings?: StoreSettings;
}

/** A name for the Host header when a socket is what counts. */
export const LOCAL_URL = 'http://localhost';

const CONNECTIONS_MAX = 32;
/** Below the engine's 30 s and a server's 10 s, so that a closed connection is not used again. */
const IDLE_SOCKET_MS_MAX = 2_500;
/** Each call has its own limit, and a statement is silent until its end; this one is behind them all. */
const REQUEST_MS_MAX = CALL_MS_MAX + 60_000;

/** The agent that connects to the engine's socket; undefined where an address is used. */
export function socketAgent(options: DriverOptions): Agent | undefined {
  if (options.socketPath === undefined) {
    return undefined;
  }
  // http.Agent passes socketPath on to net.connect; its type does not say so.
  const agentOptions = {
    keepAlive: true,
    maxSockets: options.connectionsMax ?? CONNECTIONS_MAX,
    socketPath: options.socketPath,
  };
  return new Agent(agentOptions);
}

/** Opens a client for one database; nothing is sent until its first call. */
export function openDriver(
  options: DriverOptions,
  agent: Agent | undefined,
  database: string,
): ClickHouseClient {
  const { url, username, password, connectionsMax, settings } = options;
  return createClient({
    url: url ?? LOCAL_URL,
    database,
    max_open_connections: connectionsMax ?? CONNECTIONS_MAX,
    request_timeout: REQUEST_MS_MAX,
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_SOCKET_MS_MAX },
    log: { level: ClickHouseLogLevel.OFF },
    ...(settings === undefined ? {} : { clickhouse_settings: settings }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(agent === undefined ? {} : { http_agent: agent }),
  });
}
