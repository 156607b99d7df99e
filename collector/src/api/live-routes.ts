// `GET /api/v1/live`: server-sent events of the key's tenant, until the client goes, its key does, or the collector.
import { matcherOf, readLiveInput } from '@ai-cost-profiler/queries/live/input.ts';
import { type RequestHandler, Router } from 'express';
import type { Authenticate } from '../access.ts';
import { limitOfProblem } from '../limit-table.ts';
import type { LiveFeed } from '../live-feed.ts';
import type { Metrics } from '../metrics.ts';
import { toProblem } from '../problems.ts';
import { liftDeadline } from './deadline.ts';
import { onlyMethods } from './errors.ts';

export interface LiveRoutesDeps {
  readonly authenticate: Authenticate;
  readonly live: LiveFeed;
  readonly metrics: Pick<Metrics, 'aicost_limit_hits_total'>;
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
  router.route(LIVE_PATH).head(none).get(stream(deps)).all(none);
  return router;
}

function stream({ authenticate, live, metrics }: LiveRoutesDeps): RequestHandler {
  return (request, response) => {
    const { headers, originalUrl } = request;
    const principal = authenticate(headers, SCOPES);
    const reader = { tenant: principal.tenant, operator: principal.scopes.has('operator') };
    const query = originalUrl.includes('?') ? originalUrl.slice(originalUrl.indexOf('?') + 1) : '';
    const input = readLiveInput(new URLSearchParams(query), reader);
    const { keyId } = principal;
    try {
      live.checkRoom(keyId);
    } catch (error) {
      const limit = limitOfProblem(toProblem(error));
      if (limit !== undefined) metrics.aicost_limit_hits_total.inc({ limit });
      throw error;
    }
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
