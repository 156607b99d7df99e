// Opens and closes an HTTP listener, with TLS where there is a certificate. What is no HTTP request yet, or one that
// never ends, is answered here, before any route.
import {
  createServer,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { bind, type ConnectionLimit, type Listener } from '../bind.ts';
import type { ListenAddress } from '../option-values.ts';
import type { TlsFiles } from '../tls-files.ts';
import { answerBrokenRequest } from './broken-request.ts';

export interface ListenerTimeouts {
  /** For the head of a request. */
  readonly headersTimeoutMs: number;
  /** For a whole request, its body included. */
  readonly requestTimeoutMs: number;
  /** Between two requests of a connection. */
  readonly keepAliveMs: number;
}

export interface ListenParts {
  readonly app: RequestListener;
  readonly address: ListenAddress;
  /** The name of the option that holds the address, for the error. */
  readonly option: string;
  readonly timeouts: ListenerTimeouts;
  readonly connections: ConnectionLimit;
  /** Whether the route of a URL itself tells a client that sends `Expect: 100-continue` that it wants the body. */
  readonly asksForBody?: (url: string) => boolean;
  readonly tls: TlsFiles | undefined;
}

/** How often Node looks for requests that are too slow. */
const LOOK_FOR_SLOW_EVERY_MS = 1_000;
const SWEEP_EVERY_MS = 50;
/** A peer that vanished without a word is found by TCP's own probes. */
const PROBE_AFTER_MS = 60_000;

/** @throws ConfigError naming the option when the address cannot be had */
export async function listen(parts: ListenParts): Promise<Listener> {
  const { app, timeouts, tls } = parts;
  const options: ServerOptions = {
    headersTimeout: timeouts.headersTimeoutMs,
    requestTimeout: timeouts.requestTimeoutMs,
    connectionsCheckingInterval: LOOK_FOR_SLOW_EVERY_MS,
    keepAliveTimeout: timeouts.keepAliveMs,
    keepAlive: true,
    keepAliveInitialDelay: PROBE_AFTER_MS,
  };
  const server = tls === undefined ? createServer(options, app) : secure(options, app, tls);
  server.on('checkContinue', (request, response) => {
    if (!parts.asksForBody?.(request.url ?? '/')) response.writeContinue();
    app(request, response);
  });
  const answers = new WeakMap<Duplex, ServerResponse>();
  server.prependListener('request', ({ socket }, response) => answers.set(socket, response));
  server.on('clientError', (error, socket) => {
    // Into an answer that is under way nothing else may be written.
    const answer = answers.get(socket);
    if (answer?.headersSent && !answer.writableEnded) socket.destroy();
    else answerBrokenRequest(error, socket);
  });
  const address = await bind(server, parts.address, parts.option, parts.connections);
  return { address, close: (deadline) => close(server, deadline) };
}

function secure(options: ServerOptions, app: RequestListener, tls: TlsFiles): Server {
  const server = createTlsServer({ ...options, ...tls.pair }, app);
  tls.renewFor(server);
  return server;
}

async function close(server: Server, deadline: AbortSignal): Promise<void> {
  const cut = (): void => server.closeAllConnections();
  deadline.addEventListener('abort', cut, { once: true });
  // Node ends the connections that are idle when it closes; one whose answer is under way would be kept alive.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_EVERY_MS);
  try {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      if (deadline.aborted) cut();
    });
  } finally {
    clearInterval(sweep);
    deadline.removeEventListener('abort', cut);
  }
}
