/** For tests: an app on a free port of loopback, bounded so that no test meets a bound it does not mean to. */
import type { RequestListener } from 'node:http';
import { type ListenParts, listen } from './api/listen.ts';
import type { Listener } from './bind.ts';

export function listenForTest(
  app: RequestListener,
  changed: Partial<ListenParts> = {},
): Promise<Listener> {
  return listen({
    app,
    address: { host: '127.0.0.1', port: 0 },
    option: '--http',
    timeouts: { headersTimeoutMs: 10_000, requestTimeoutMs: 10_000, keepAliveMs: 10_000 },
    connections: { connectionsMax: 100, onRefused: () => undefined },
    tls: undefined,
    ...changed,
  });
}
