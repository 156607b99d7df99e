// Opens and closes the HTTP listener. A port in use is a mistake of configuration, and names its option.
import { createServer, type RequestListener, type Server } from 'node:http';
import { ConfigError } from '../config-error.ts';
import type { ListenAddress } from '../option-values.ts';

export interface HttpListener {
  readonly server: Server;
  /** What it is bound to, with the port the system chose where 0 was asked. */
  readonly address: ListenAddress;
  /** Takes no new connection, lets running requests finish until `deadline` fires, then cuts them. */
  close(deadline: AbortSignal): Promise<void>;
}

export interface ListenerTimeouts {
  /** For the head of a request. */
  readonly headersTimeoutMs: number;
  /** For a whole request, its body included. */
  readonly requestTimeoutMs: number;
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'the address is in use; a collector may run already; expected a free one, or port 0 for any',
  EADDRNOTAVAIL: 'this machine has no such address; expected one of its own',
  EACCES: 'the port needs more rights; expected a port above 1023',
  ENOTFOUND: 'the host has no address; expected one that resolves',
};

/**
 * @param option the name of the option that holds the address, for the error
 * @throws ConfigError naming the option when the address cannot be had
 */
export async function listen(
  app: RequestListener,
  address: ListenAddress,
  option: string,
  timeouts: ListenerTimeouts,
): Promise<HttpListener> {
  const server = createServer(
    { headersTimeout: timeouts.headersTimeoutMs, requestTimeout: timeouts.requestTimeoutMs },
    app,
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(bindError(error, address, option)));
    server.listen(address.port, address.host, resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  return {
    server,
    address: { host: address.host, port },
    close: (deadline) => close(server, deadline),
  };
}

function bindError(error: NodeJS.ErrnoException, address: ListenAddress, option: string): Error {
  const reason = REASONS[error.code ?? ''];
  if (reason === undefined) return error;
  return new ConfigError(`${option} is "${showAddress(address)}": ${reason}.`, { cause: error });
}

/** `host:port`, IPv6 in brackets. */
function showAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

async function close(server: Server, deadline: AbortSignal): Promise<void> {
  const cut = (): void => server.closeAllConnections();
  deadline.addEventListener('abort', cut, { once: true });
  try {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      if (deadline.aborted) cut();
    });
  } finally {
    deadline.removeEventListener('abort', cut);
  }
}
