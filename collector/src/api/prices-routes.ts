// `GET /api/v1/prices`: which entry of the price book prices a model at an instant, by the book of the key's tenant.
import { InputProblem } from '@ai-cost-profiler/queries/input-problem.ts';
import { Router } from 'express';
import { z } from 'zod';
import type { Authenticate } from '../access.ts';
import type { PriceOperations } from '../price-terms.ts';
import { Problem } from '../problems.ts';
import { onlyMethods } from './errors.ts';
import { parametersOf } from './parameters-of.ts';
import { instantNsOf } from './price-instants.ts';

export interface PricesRoutesDeps {
  readonly authenticate: Authenticate;
  readonly prices: Pick<PriceOperations, 'show'>;
  readonly now: () => Date;
}

export const PRICES_PATH = '/api/v1/prices';

/** The parameters, which are documented from here too. */
export const PRICES_PARAMETERS = z.object({
  model: z.string().min(1).max(512).describe('The model as a span tells it.'),
  provider: z
    .string()
    .max(128)
    .optional()
    .describe('The provider as a span tells it; without it, every provider of the book is asked.'),
  at: z.string().default('now').describe('The instant: RFC 3339, now, or now-<n>[mhdw].'),
});

function readQuestion(parameters: URLSearchParams) {
  for (const name of new Set(parameters.keys())) {
    const given = parameters.getAll(name);
    if (given.length === 1) continue;
    throw new InputProblem([{ field: name, value: given.join(', '), expected: 'one value' }]);
  }
  const result = PRICES_PARAMETERS.safeParse(Object.fromEntries(parameters));
  if (result.success) return result.data;
  const field = String(result.error.issues[0]?.path[0]);
  const shown = JSON.stringify(parameters.get(field)?.slice(0, 100) ?? 'missing');
  const expected = field === 'model' ? 'the name of a model' : 'a name';
  throw new Problem('parameter_invalid', `${field} is ${shown}; expected ${expected}.`);
}

/** The route, with its whole path. */
export function pricesRoutes({ authenticate, prices, now }: PricesRoutesDeps): Router {
  const router = Router();
  router
    .route(PRICES_PATH)
    .get(async (request, response) => {
      const { tenant } = authenticate(request.headers, ['read', 'operator']);
      const { model, provider, at } = readQuestion(parametersOf(request));
      const atNs = instantNsOf('at', at, now());
      const answer = await prices.show(tenant, { model, provider: provider ?? null, atNs });
      response.set('cache-control', 'no-store').json(answer);
    })
    .all(onlyMethods('GET', 'HEAD'));
  return router;
}
