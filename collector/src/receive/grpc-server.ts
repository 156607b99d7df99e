// The HTTP/2 server of OTLP/gRPC: its sessions, and what bounds them.
// Invariant: a session that is idle, silent or old ends by itself, and calls that run are finished first.
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerOptions,
} from 'node:http2';
import type { Socket } from 'node:net';
import { bind, type ConnectionLimit, type Listener } from '../bind.ts';
import type { ListenAddress } from '../option-values.ts';
import type { TlsFiles } from '../tls-files.ts';
import type { createGrpcCalls } from './grpc-call.ts';

export interface GrpcServerLimits {
  /** Calls of one connection at a time; more wait at the client, or cost it its connection. */
  readonly streamsMax: number;
  /** What Node's HTTP/2 may hold of one connection: streams, headers, what waits to be sent. */
  readonly sessionMegabytesMax: number;
  /** What a sender may have under way without being read, of one call and of one connection. */
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  /** All headers of one call. */
  readonly headerBytesMax: number;
  /** A new connection must speak HTTP/2 within this. */
  readonly prefaceTimeoutMs: number;
  /** How often a connection is asked whether it is alive, and how long it may take to say so. */
  readonly pingEveryMs: number;
  readonly pingTimeoutMs: number;
  /** A connection without a call for this long is closed. */
  readonly idleMs: number;
  /** An older one is closed after its calls, so that balancers can spread senders anew. */
  readonly ageMs: number;
}

export interface GrpcServerParts {
  readonly address: ListenAddress;
  readonly calls: ReturnType<typeof createGrpcCalls>;
  readonly tls: TlsFiles | undefined;
  readonly limits: GrpcServerLimits;
  readonly connections: ConnectionLimit;
}

/** A peer that breaks the protocol or opens refused streams this often is cut off (frames and streams). */
const OFFENCES_MAX = 100;

/** @throws ConfigError naming --grpc when the address cannot be had */
export async function listenGrpc(parts: GrpcServerParts): Promise<Listener> {
  const { limits, tls } = parts;
  const options: ServerOptions = {
    settings: {
      maxConcurrentStreams: limits.streamsMax,
      initialWindowSize: limits.streamWindowBytes,
      maxHeaderListSize: limits.headerBytesMax,
      enablePush: false,
    },
    maxSessionMemory: limits.sessionMegabytesMax,
    maxSessionInvalidFrames: OFFENCES_MAX,
    maxSessionRejectedStreams: OFFENCES_MAX,
  };
  const server = tls === undefined ? createServer(options) : secure(options, tls);
  const sessions = new Set<ServerHttp2Session>();
  const sockets = keepSockets(server);
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    keep(session, limits);
  });
  server.on('stream', parts.calls);
  // Told by the session's own events; a peer that goes away is no fault of the server.
  server.on('sessionError', () => undefined);
  const address = await bind(server, parts.address, '--grpc', parts.connections);
  return { address, close: (deadline) => close(server, { sessions, sockets }, deadline) };
}

function secure(options: ServerOptions, tls: TlsFiles): Http2Server {
  const server = createSecureServer({ ...options, ...tls.pair, allowHTTP1: false });
  tls.renewFor(server);
  // A client that does not finish or does not trust the handshake is its own affair.
  server.on('tlsClientError', () => undefined);
  return server as unknown as Http2Server;
}

/** A session that was closed waits for its peer to close too, and not every peer does. */
const FAREWELL_MS = 5_000;

/** The connections that are open; one that we have ended is cut when its peer does not end it. */
function keepSockets(server: Http2Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  const onSocket = (socket: Socket): void => {
    sockets.add(socket);
    let farewell: NodeJS.Timeout | undefined;
    socket.once('finish', () => {
      farewell = setTimeout(() => socket.destroy(), FAREWELL_MS);
      farewell.unref();
    });
    socket.once('close', () => {
      clearTimeout(farewell);
      sockets.delete(socket);
    });
  };
  // Over TLS the one who ends is the socket inside.
  server.on('connection', onSocket).on('secureConnection', onSocket);
  return sockets;
}

/** Bounds the life of one session. */
function keep(session: ServerHttp2Session, limits: GrpcServerLimits): void {
  session.setLocalWindowSize(limits.connectionWindowBytes);
  // A session is there as soon as its socket is; that its peer speaks HTTP/2 is known from its settings.
  let isSpoken = false;
  session.setTimeout(limits.prefaceTimeoutMs);
  session.once('remoteSettings', () => {
    isSpoken = true;
    session.setTimeout(limits.idleMs);
  });
  session.on('timeout', () => (isSpoken ? session.close() : session.destroy()));
  const old = setTimeout(() => session.close(), limits.ageMs);
  const asking = setInterval(() => ping(session, limits.pingTimeoutMs), limits.pingEveryMs);
  old.unref();
  asking.unref();
  session.on('error', () => undefined);
  session.once('close', () => {
    clearTimeout(old);
    clearInterval(asking);
  });
}

/** Ends a session whose peer went away without a word. */
function ping(session: ServerHttp2Session, timeoutMs: number): void {
  if (session.destroyed || session.closed) return;
  const silent = setTimeout(() => session.destroy(), timeoutMs);
  silent.unref();
  const isSent = session.ping(() => clearTimeout(silent));
  // Too many pings wait already: the oldest of them has a timer of its own.
  if (!isSent) clearTimeout(silent);
}

interface Open {
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  readonly sockets: ReadonlySet<Socket>;
}

async function close(
  server: Http2Server,
  { sessions, sockets }: Open,
  deadline: AbortSignal,
): Promise<void> {
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  deadline.addEventListener('abort', cut, { once: true });
  try {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const session of sessions) session.close();
      if (deadline.aborted) cut();
    });
  } finally {
    deadline.removeEventListener('abort', cut);
  }
}
