// `/api/v1/admin/prices/…`: a tenant's own price terms (scope admin inside the own tenant, operator across) and imports
// of a newer book (operator). Terms are never edited: they end, or are taken back, and stay in the list.
import { InputProblem } from '@ai-cost-profiler/queries/input-problem.ts';
import { type Request, type Response, Router } from 'express';
import type { Authenticate, KeyActor } from '../access.ts';
import { toImportRow, toTermsRow } from '../price-row.ts';
import { ADD_TERMS_BODY, type PriceOperations, type PriceTerms } from '../price-terms.ts';
import { onlyMethods } from './errors.ts';
import { parametersOf } from './parameters-of.ts';
import { instantTextOf } from './price-instants.ts';
import { jsonBody, readBody } from './read-body.ts';

export interface AdminPricesDeps {
  readonly authenticate: Authenticate;
  readonly prices: PriceOperations;
  readonly now: () => Date;
}

const TERMS_BYTES_MAX = 64 * 1024;
const IMPORT_BYTES_MAX = 64 * 1024 * 1024;
const OVERRIDES = '/api/v1/admin/prices/overrides';
const IMPORTS = '/api/v1/admin/prices/imports';

function queryValue(request: Request, name: string): string | null {
  const given = parametersOf(request).getAll(name);
  if (given.length <= 1) return given[0] ?? null;
  throw new InputProblem([{ field: name, value: given.join(', '), expected: 'one value' }]);
}

const actorIn = (response: Response): KeyActor => response.locals['actor'] as KeyActor;

/** The routes, with their whole paths. */
export function adminPriceRoutes(deps: AdminPricesDeps): Router {
  const { prices, now } = deps;
  const router = Router();
  router.use('/api/v1/admin/prices', (request, response, next) => {
    // The key is checked before the body is read.
    const principal = deps.authenticate(request.headers, ['admin', 'operator']);
    const { tenant, scopes } = principal;
    response.locals['actor'] = {
      name: `key:${principal.keyId}`,
      tenant,
      scopes,
    } satisfies KeyActor;
    response.set('cache-control', 'no-store');
    next();
  });
  router
    .route(OVERRIDES)
    .get((request, response) => {
      const actor = actorIn(response);
      const terms = prices.list(actor, queryValue(request, 'tenant'));
      const imports = prices.imports(actor);
      response.json({
        rows: [
          ...imports.map((kept) => toImportRow(kept, now())),
          ...terms.map((kept) => toTermsRow(kept, now())),
        ],
      });
    })
    .post(jsonBody(TERMS_BYTES_MAX), async (request, response) => {
      const { tenant, terms } = readBody(ADD_TERMS_BODY, request);
      const kept = await prices.add(actorIn(response), tenant, withInstants(terms, now()));
      response.status(201).json(toTermsRow(kept, now()));
    })
    .all(onlyMethods('GET', 'HEAD', 'POST'));
  router
    .route(`${OVERRIDES}/:id`)
    .delete(async (request, response) => {
      const at = instantTextOf('at', queryValue(request, 'at'), now());
      const kept = await prices.remove(actorIn(response), request.params.id, at);
      response.json('terms' in kept ? toTermsRow(kept, now()) : toImportRow(kept, now()));
    })
    .all(onlyMethods('DELETE'));
  router
    .route(IMPORTS)
    .post(jsonBody(IMPORT_BYTES_MAX), async (request, response) => {
      const kept = await prices.importBook(actorIn(response), request.body);
      response.status(201).json(toImportRow(kept, now()));
    })
    .all(onlyMethods('POST'));
  return router;
}

function withInstants(terms: PriceTerms, now: Date): PriceTerms {
  return {
    ...terms,
    valid_from: instantTextOf('terms.valid_from', terms.valid_from, now),
    valid_until: instantTextOf('terms.valid_until', terms.valid_until, now),
  };
}
