/**
 * Asks an engine how it is: memory, CPU, and what its lanes hold. Invariant: undefined where it gave no whole answer in
 * time, never a guess.
 */
import { request } from 'node:http';
import type { EngineAddress } from './ping.ts';

/** What `/engine/status` tells. */
export interface EngineStatus {
  readonly version: string;
  readonly lanes: Readonly<Record<string, { readonly running: number; readonly waiting: number }>>;
  readonly pid: number;
  readonly rss_bytes: number;
  /** User and system time of the process so far. */
  readonly cpu_seconds: number;
}

/** How the engine is; undefined when it did not say so within `timeoutMs`. */
export function askEngineStatus(
  address: EngineAddress,
  timeoutMs: number,
): Promise<EngineStatus | undefined> {
  return new Promise((resolve) => {
    const asked = request({
      ...address,
      path: '/engine/status',
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
    });
    asked.once('response', (response) => {
      response
        .toArray()
        .then((chunks) => resolve(JSON.parse(Buffer.concat(chunks).toString()) as EngineStatus))
        .catch(() => resolve(undefined));
    });
    asked.once('error', () => resolve(undefined));
    asked.end();
  });
}
