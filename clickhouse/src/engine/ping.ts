/**
 * Asks an engine whether it still answers. Invariant: it always settles within its time limit.
 */
import { request } from 'node:http';

/** Where an engine listens. */
export type EngineAddress =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number };

/** True when `/ping` answered 200 within `timeoutMs`. */
export function pingEngine(address: EngineAddress, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({
      ...address,
      path: '/ping',
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
    });
    asked.once('response', (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.once('error', () => resolve(false));
    asked.end();
  });
}
