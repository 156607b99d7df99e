// `GET /api/v1/live`: server-sent events of the key's tenant, until the client goes, its key does, or the collector.
import { matcherOf, readLiveInput } from '@ai-cost-profiler/queries/live/input.ts';
import { type RequestHandler, Router } from 'express';
import type { Authenticate } from '../access.ts';
import type { LiveFeed } from '../live-feed.ts';
import { liftDeadline } from './deadline.ts';
import { onlyMethods } from './errors.ts';
import { parametersOf } from './parameters-of.ts';

export interface LiveRoutesDeps {
  readonly authenticate: Authenticate;
  readonly live: LiveFeed;
}

export const LIVE_PATH = '/api/v1/live';
const SCOPES = ['read', 'operator'] as const;

const HEAD = {
  'content-type': 'text/event-stream; charset=utf-8',
  // A proxy must neither keep, compress nor hold back what is to be seen at once.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  // Nothing else comes on it, and so it ends with the stream.
  connection: 'close',
};

export function liveRoutes(deps: LiveRoutesDeps): Router {
  const router = Router();
  const none = onlyMethods('GET');
  // Express takes HEAD for GET, and there is no end of which a head could tell.
  const noHead: RequestHandler = (request, response, next) =>
    request.method === 'HEAD' ? none(request, response, next) : next();
  router.route(LIVE_PATH).get(noHead, stream(deps)).all(none);
  return router;
}

function stream({ authenticate, live }: LiveRoutesDeps): RequestHandler {
  return (request, response) => {
    const { headers } = request;
    const principal = authenticate(headers, SCOPES);
    const reader = { tenant: principal.tenant, operator: principal.scopes.has('operator') };
    const input = readLiveInput(parametersOf(request), reader);
    const { keyId } = principal;
    live.checkRoom(keyId);
    liftDeadline(response);
    response.socket?.setNoDelay(true);
    response.writeHead(200, HEAD);
    const given = headers['last-event-id'];
    live.open({
      tenant: input.tenant,
      keyId,
      filter: input.filterKey,
      matches: matcherOf(input.filters),
      lastEventId: typeof given === 'string' && given !== '' ? given : input.lastEventId,
      answer: response,
      isAllowed: () => isAllowed(() => authenticate(headers, SCOPES)),
    });
  };
}

function isAllowed(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
