// `/healthz`, `/readyz` and `/metrics`: what the process says about itself, part by part, and truthfully.
import { type RequestHandler, Router } from 'express';
import type { Metrics } from '../metrics.ts';
import { Problem } from '../problems.ts';
import type { HealthAnswer, PartRow, ReadinessAnswer } from '../readiness.ts';
import { onlyMethods } from './errors.ts';

/** How one part is right now. `detail` is for people and holds no secret. */
export interface PartState {
  readonly ok: boolean;
  readonly detail: string;
}

export interface ReadinessPart {
  readonly name: string;
  readonly neededFor: PartRow['needed_for'];
  readonly check: () => PartState | Promise<PartState>;
}

export interface HealthDeps {
  readonly parts: readonly ReadinessPart[];
  readonly metrics: Metrics;
  /** True from the first signal on: a balancer should send elsewhere while running requests finish. */
  readonly isDraining: () => boolean;
  readonly checkTimeoutMs: number;
  /** Brings gauges up to date before /metrics is printed. */
  readonly collectGauges: () => Promise<void>;
}

async function stateOf(part: ReadinessPart, timeoutMs: number): Promise<PartRow> {
  const { name, neededFor } = part;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<PartState>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, detail: 'does not answer' }), timeoutMs);
  });
  try {
    const { ok, detail } = await Promise.race([part.check(), late]);
    return { name, needed_for: neededFor, ok, detail };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { name, needed_for: neededFor, ok: false, detail };
  } finally {
    clearTimeout(timer);
  }
}

function readyz(deps: HealthDeps): RequestHandler {
  return async (request, response) => {
    const asked = request.query['for'];
    if (asked !== undefined && asked !== 'ingest' && asked !== 'query') {
      throw new Problem(
        'parameter_invalid',
        `for is ${JSON.stringify(asked)}; expected ingest or query.`,
      );
    }
    const parts = await Promise.all(deps.parts.map((part) => stateOf(part, deps.checkTimeoutMs)));
    const isReady =
      !deps.isDraining() &&
      parts.every(
        ({ ok, needed_for: neededFor }) =>
          ok || neededFor === 'complete' || (neededFor === 'query' && asked !== 'query'),
      );
    const answer: ReadinessAnswer = { ready: isReady, draining: deps.isDraining(), parts };
    response.status(isReady ? 200 : 503).json(answer);
  };
}

/** The three routes. None needs a key: none tells anything about a tenant. */
export function healthRoutes(deps: HealthDeps): Router {
  const router = Router();
  const only = onlyMethods('GET', 'HEAD');
  router.use((_request, response, next) => {
    response.set('cache-control', 'no-store');
    next();
  });
  router
    .route('/healthz')
    .get((_request, response) => void response.json({ status: 'ok' } satisfies HealthAnswer))
    .all(only);
  router.route('/readyz').get(readyz(deps)).all(only);
  router
    .route('/metrics')
    .get(async (_request, response) => {
      await deps.collectGauges();
      const text = await deps.metrics.registry.metrics();
      response.set('content-type', deps.metrics.registry.contentType).send(text);
    })
    .all(only);
  return router;
}
