// `/api/v1/admin/tenants…`: which tenants there are, and their limits. Scope operator: a tenant does not set its own.
// A change holds here at once, and within 10 s in every other collector.
import { type Response, Router } from 'express';
import { z } from 'zod';
import type { Authenticate, KeyActor } from '../access.ts';
import type { TenantOperations } from '../tenant-rows.ts';
import { onlyMethods } from './errors.ts';
import { jsonBody, readBody } from './read-body.ts';

export interface AdminTenantsDeps {
  readonly authenticate: Authenticate;
  readonly tenants: TenantOperations;
}

export const TENANTS_PATH = '/api/v1/admin/tenants';
const BODY_BYTES_MAX = 4 * 1024;

/** Body of `PUT …/limits/{limit}`; null is "no limit". */
export const limitBodySchema = z.strictObject({
  value: z.number({ error: 'expected a number, or null for no limit' }).nullable(),
});

const actorIn = (response: Response): KeyActor => response.locals['actor'] as KeyActor;

/** The routes, with their whole paths. */
export function adminTenantRoutes({ authenticate, tenants }: AdminTenantsDeps): Router {
  const router = Router();
  router.use(TENANTS_PATH, (request, response, next) => {
    // The key is checked before the body is read.
    const { keyId, tenant, scopes } = authenticate(request.headers, ['operator']);
    response.locals['actor'] = { name: `key:${keyId}`, tenant, scopes } satisfies KeyActor;
    response.set('cache-control', 'no-store');
    next();
  });
  router
    .route(TENANTS_PATH)
    .get((_request, response) => {
      response.json({ rows: tenants.list() });
    })
    .all(onlyMethods('GET', 'HEAD'));
  router
    .route(`${TENANTS_PATH}/:tenant/limits`)
    .get((request, response) => {
      response.json({ rows: tenants.show(request.params.tenant) });
    })
    .all(onlyMethods('GET', 'HEAD'));
  router
    .route(`${TENANTS_PATH}/:tenant/limits/:limit`)
    .put(jsonBody(BODY_BYTES_MAX), async (request, response) => {
      const { value } = readBody(limitBodySchema, request);
      response.json(await tenants.set(actorIn(response), request.params, value));
    })
    .delete(async (request, response) => {
      response.json(await tenants.unset(actorIn(response), request.params));
    })
    .all(onlyMethods('PUT', 'DELETE'));
  return router;
}
