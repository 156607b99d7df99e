/**
 * A port for the collector that outlives its restarts. Not one of those the system hands out: while the collector is
 * down, a sender's own connection could be given that very port, and the restarted collector would find it in use.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Random } from './random.ts';

/** Below the ports that Linux gives to connections (32768 and up). */
const LEAST = 20_000;
const MOST = 29_999;
const TRIES_MAX = 50;

/** A port of 127.0.0.1 on which nobody listens now. */
export async function findFreePort(random: Random): Promise<number> {
  for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
    const port = random.between(LEAST, MOST);
    const server = createServer();
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      return port;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) {
        throw error;
      }
    } finally {
      server.close();
    }
  }
  throw new Error(`no free port between ${LEAST} and ${MOST} in ${TRIES_MAX} tries`);
}
