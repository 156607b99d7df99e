// The express app: what every request goes through, the routes, and how each failure ends.
// Invariant: nothing is answered without a request id, and no error leaves as anything but a declared problem.
import express, { type Express, type RequestHandler, type Router } from 'express';
import type { Authenticate, KeyOperations } from '../access.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { ReadAdmission } from '../read-admission.ts';
import { requestIds } from '../request-id.ts';
import { accessLog } from './access-log.ts';
import { adminKeyRoutes } from './admin-keys.ts';
import { cors } from './cors.ts';
import { countLimits } from './count-limits.ts';
import { deadline } from './deadline.ts';
import { type AnswerOtlpProblem, answerErrors, notFound } from './errors.ts';
import { healthRoutes, type ReadinessPart } from './health.ts';
import { readFence } from './read-fence.ts';

export interface AppDeps {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly authenticate: Authenticate;
  readonly keys: KeyOperations;
  /** How often keys may ask, and how much at once. */
  readonly reads: ReadAdmission;
  /** `createSignalRoute(…)` of each signal, by its name; they read their own bodies. */
  readonly signalRoutes: Readonly<Record<string, RequestHandler>>;
  /** Origins whose pages may send OTLP; none: no header of CORS is sent. */
  readonly corsOrigins: readonly string[];
  /** Errors of the other paths under /v1/, such as a signal that is not served. */
  readonly answerOtlpProblem: AnswerOtlpProblem;
  readonly parts: readonly ReadinessPart[];
  /** Refuses what an operation does not declare: `declaredRequests(…)`. */
  readonly declaredRequests: RequestHandler;
  /** Further routers, their routes with whole paths such as `/api/v1/costs/breakdown`; /api has a deadline. */
  readonly routers: readonly Router[];
  /** Brings gauges up to date before /metrics is printed. */
  readonly collectGauges: () => Promise<void>;
  readonly isDraining: () => boolean;
  readonly newRequestId: () => string;
  readonly now: () => Date;
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number;
  /** How long an API request may take. */
  readonly requestTimeoutMs: number;
}

const CHECK_TIMEOUT_MS = 2_000;

/** Makes the app; nothing listens yet. */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(requestIds(deps.newRequestId));
  app.use(accessLog(deps.log, deps.metrics, deps.nowMs));
  app.use(politeHeaders(deps.isDraining));
  if (deps.corsOrigins.length > 0) app.use('/v1', cors(deps.corsOrigins));
  for (const [signal, route] of Object.entries(deps.signalRoutes)) app.all(`/v1/${signal}`, route);
  app.use(healthRoutes({ ...deps, checkTimeoutMs: CHECK_TIMEOUT_MS }));
  app.use('/api', deadline(deps.requestTimeoutMs), readFence(deps));
  app.use(deps.declaredRequests);
  app.use(adminKeyRoutes(deps));
  for (const router of deps.routers) app.use(router);
  app.use(notFound());
  app.use(countLimits(deps.metrics));
  app.use(answerErrors(deps.log, deps.answerOtlpProblem));
  return app;
}

function politeHeaders(isDraining: () => boolean): RequestHandler {
  return (_request, response, next) => {
    response.set('x-content-type-options', 'nosniff');
    // A kept-alive connection would otherwise hold the drain up until its client thinks of closing it.
    if (isDraining()) response.set('connection', 'close');
    next();
  };
}
