/**
 * Where the collector listens: HTTP, gRPC, SQL, with TLS where there is a certificate. Invariant: without the HTTP
 * listener there is no collector; without one of the others it runs, and says so.
 */
import type { RequestListener } from 'node:http';
import { listen } from './api/listen.ts';
import { isLoopback, type Listener, showAddress } from './bind.ts';
import type { Config } from './config.ts';
import { LIMITS } from './limit-table.ts';
import { GRPC_LIMITS, HTTP_TIMEOUTS, SQL_TIMEOUTS } from './limits.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { ListenAddress } from './option-values.ts';
import { listenGrpc } from './receive/grpc-server.ts';
import type { Receivers } from './receivers.ts';
import { openTlsFiles, type TlsFiles } from './tls-files.ts';

export interface ListenerParts {
  readonly config: Config;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly app: RequestListener;
  readonly grpcCalls: Receivers['grpcCalls'];
  /** undefined where there is no embedded engine. */
  readonly sqlHandler: RequestListener | undefined;
}

/** What a listener is reached by; undefined where there is none. */
export interface Listeners {
  readonly scheme: 'http' | 'https';
  readonly http: ListenAddress;
  /** Where subcommands of this machine ask: without TLS, so that they need not know the certificate's name. */
  readonly local: ListenAddress;
  readonly grpc: ListenAddress | undefined;
  readonly sql: ListenAddress | undefined;
  /** Takes nothing new, lets running requests finish until `deadline` fires, then cuts them. */
  close(deadline: AbortSignal): Promise<void>;
}

/** @throws ConfigError naming --http, --tls-cert or --tls-key */
export async function openListeners(parts: ListenerParts): Promise<Listeners> {
  const { config, log } = parts;
  const tls = openTls(config, log);
  const http = await listenHttp(parts, config.http, tls);
  const local = tls === undefined ? http : await listenHttp(parts, LOCAL, undefined);
  const grpc = await orWarn(log, 'gRPC', () => openGrpc(parts, tls));
  const sql = await orWarn(log, 'SQL', () => openSql(parts, tls));
  const all = [...new Set([http, local, grpc, sql])].filter((one) => one !== undefined);
  if (tls === undefined) warnOfPlainText(log, all);
  return {
    scheme: tls === undefined ? 'http' : 'https',
    http: http.address,
    local: local.address,
    grpc: grpc?.address,
    sql: sql?.address,
    close: async (deadline) => {
      tls?.close();
      await Promise.all(all.map((listener) => listener.close(deadline)));
    },
  };
}

const LOCAL: ListenAddress = { host: '127.0.0.1', port: 0 };

function openTls({ tlsCert, tlsKey }: Config, log: Logger): TlsFiles | undefined {
  // That there are both or neither is a rule of the configuration.
  if (tlsCert === null || tlsKey === null) return undefined;
  return openTlsFiles({ certFile: tlsCert, keyFile: tlsKey }, log);
}

function connectionsOf({ metrics }: ListenerParts, listener: 'http' | 'grpc' | 'sql') {
  return {
    connectionsMax: LIMITS.connections.byDefault,
    onRefused: () => {
      metrics.aicost_connections_refused_total.inc({ listener });
      metrics.aicost_limit_hits_total.inc({ limit: 'connections' });
    },
  };
}

function listenHttp(parts: ListenerParts, address: ListenAddress, tls: TlsFiles | undefined) {
  const { requestTimeoutMs } = parts.config;
  return listen({
    app: parts.app,
    address,
    option: '--http',
    timeouts: {
      headersTimeoutMs: Math.min(HTTP_TIMEOUTS.headersTimeoutMs, requestTimeoutMs),
      requestTimeoutMs: requestTimeoutMs + HTTP_TIMEOUTS.requestGraceMs,
      keepAliveMs: HTTP_TIMEOUTS.keepAliveMs,
    },
    connections: connectionsOf(parts, 'http'),
    // OTLP looks at the key first.
    asksForBody: (url) => url.startsWith('/v1/'),
    tls,
  });
}

async function openGrpc(parts: ListenerParts, tls: TlsFiles | undefined) {
  if (parts.config.grpc === null) return undefined;
  return listenGrpc({
    address: parts.config.grpc,
    calls: parts.grpcCalls,
    limits: GRPC_LIMITS,
    connections: connectionsOf(parts, 'grpc'),
    tls,
  });
}

async function openSql(parts: ListenerParts, tls: TlsFiles | undefined) {
  if (parts.config.sql === null || parts.sqlHandler === undefined) return undefined;
  return listen({
    app: parts.sqlHandler,
    address: parts.config.sql,
    option: '--sql',
    timeouts: SQL_TIMEOUTS,
    connections: connectionsOf(parts, 'sql'),
    tls,
  });
}

async function orWarn(
  log: Logger,
  name: string,
  open: () => Promise<Listener | undefined>,
): Promise<Listener | undefined> {
  try {
    return await open();
  } catch (error) {
    log.warn(
      { err: error },
      `no ${name} listener: its address cannot be had; everything else works`,
    );
    return undefined;
  }
}

function warnOfPlainText(log: Logger, listeners: readonly Listener[]): void {
  const open = listeners.map(({ address }) => address).filter((address) => !isLoopback(address));
  if (open.length > 0) {
    log.warn(
      { addresses: open.map(showAddress) },
      'other machines can reach the collector, and keys and spans travel in plain text: give --tls-cert and --tls-key, or put it behind a proxy that speaks TLS',
    );
  }
}
