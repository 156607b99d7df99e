// Bounds how often a key asks the API, and leads its tenant's queries to their places.
// Invariant: only a key that is right is counted; who has none learns nothing here that its route would not tell.
import type { RequestHandler, Response } from 'express';
import type { Authenticate, HeaderValues, Principal } from '../access.ts';
import { SCOPES } from '../access.ts';
import { Problem } from '../problems.ts';
import type { GiveBackPlace, ReadAdmission } from '../read-admission.ts';

export interface ReadFenceDeps {
  readonly authenticate: Authenticate;
  readonly reads: ReadAdmission;
}

type TakePlace = (signal: AbortSignal) => Promise<GiveBackPlace>;

/** For everything under /api. A request without a right key passes: its route refuses it. */
export function readFence({ authenticate, reads }: ReadFenceDeps): RequestHandler {
  return (request, response, next) => {
    const principal = principalOf(authenticate, request.headers);
    if (principal !== undefined) {
      response.set(reads.enter(principal));
      const take: TakePlace = (signal) => reads.place(principal.tenant, signal);
      response.locals['takeQueryPlace'] = take;
    }
    next();
  };
}

function principalOf(authenticate: Authenticate, headers: HeaderValues): Principal | undefined {
  try {
    return authenticate(headers, SCOPES);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

/** Whether the request came past the fence with a key that is right, whatever it may do. */
export const hasRightKey = (response: Response): boolean =>
  response.locals['takeQueryPlace'] !== undefined;

/** Waits for a place among the queries of who asks; at once, for a request that came past no fence. */
export function takeQueryPlace(response: Response, signal: AbortSignal): Promise<GiveBackPlace> {
  const take: TakePlace | undefined = response.locals['takeQueryPlace'];
  return take === undefined ? Promise.resolve(() => undefined) : take(signal);
}
