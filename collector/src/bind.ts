// Binds a server of any kind to its address. A port in use is a mistake of configuration, and names its option.
import type { Server } from 'node:net';
import { ConfigError } from './config-error.ts';
import type { ListenAddress } from './option-values.ts';

/** A server that listens. */
export interface Listener {
  /** What it is bound to, with the port the system chose where 0 was asked. */
  readonly address: ListenAddress;
  /** Takes no new connection, lets running requests finish until `deadline` fires, then cuts them. */
  close(deadline: AbortSignal): Promise<void>;
}

/** How many connections a listener has at a time, and what is told of them. */
export interface ConnectionLimit {
  /** Beyond it a connection is closed as soon as it comes. */
  readonly connectionsMax: number;
  readonly onRefused: () => void;
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
 * @returns what it is bound to
 * @throws ConfigError naming the option when the address cannot be had
 */
export async function bind(
  server: Server,
  address: ListenAddress,
  option: string,
  limit: ConnectionLimit,
): Promise<ListenAddress> {
  server.maxConnections = limit.connectionsMax;
  server.on('drop', limit.onRefused);
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: Error): void => reject(bindError(error, address, option));
    server.once('error', refuse);
    server.listen(address.port, address.host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  return { host: address.host, port };
}

function bindError(error: NodeJS.ErrnoException, address: ListenAddress, option: string): Error {
  const reason = REASONS[error.code ?? ''];
  if (reason === undefined) return error;
  return new ConfigError(`${option} is "${showAddress(address)}": ${reason}.`, { cause: error });
}

/** `host:port`, IPv6 in brackets. */
export function showAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only this machine can reach the address. */
export function isLoopback({ host }: ListenAddress): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
