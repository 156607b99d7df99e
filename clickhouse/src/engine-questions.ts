/**
 * Questions about a statement by its query id, which the embedded engine answers outside of SQL,
 * because chdb gives statements ids of its own. Invariant: an answer or a StoreError within 5 s.
 */
import { request } from 'node:http';
import { toStoreError } from './store-error.ts';

const ANSWER_MS_MAX = 5_000;

/** Where the engine is: its socket, or its address. */
export interface EngineDoor {
  readonly socketPath: string | undefined;
  readonly url: string;
}

/** Whether the statement waits or runs. */
export async function askRunning(door: EngineDoor, queryId: string): Promise<boolean> {
  const answer = await ask<{ running: boolean }>(door, 'running', queryId);
  return answer.running;
}

/** Asks for the end of a statement; does not wait for it. */
export async function askKill(door: EngineDoor, queryId: string): Promise<void> {
  await ask(door, 'kill', queryId);
}

function ask<Answer>(door: EngineDoor, what: 'running' | 'kill', queryId: string): Promise<Answer> {
  const url = new URL(`/engine/${what}`, door.url);
  url.searchParams.set('query_id', queryId);
  return new Promise<Answer>((resolve, reject) => {
    const fail = (thrown: unknown) => reject(toStoreError(thrown, what));
    const asked = request(url, {
      method: 'POST',
      // A connection of its own: on the driver's agent, the driver would take this use of a socket for idle time, and
      // end the socket 2.5 s later in the middle of whatever it then carries.
      agent: false,
      ...(door.socketPath === undefined ? {} : { socketPath: door.socketPath }),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    asked.once('error', fail);
    asked.once('response', (response) => {
      response
        .toArray()
        .then((chunks) => resolve(JSON.parse(Buffer.concat(chunks).toString()) as Answer))
        .catch(fail);
    });
    asked.end();
  });
}
