// `/api/v1/admin/tenants…`: which tenants there are, their state and limits, and deletions. Scope operator: a tenant
// does not set its own. A change holds here at once, and within 10 s in every other collector.
import { type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import type { Authenticate, KeyActor } from '../access.ts';
import type { Logger } from '../log.ts';
import type { TenantOperations } from '../tenant-rows.ts';
import { onlyMethods } from './errors.ts';
import { answerLongWork } from './ndjson.ts';
import { jsonBody, readBody } from './read-body.ts';

type Show = (progress: object) => void;

type Work = (show: Show) => Promise<object>;

interface TenantAsked {
  readonly tenant: string;
  readonly confirm: string;
}

/** Deletions: checked at once, done when the answer is called, and gone on with when nobody waits any more. */
export interface ErasureOperations {
  /** @throws Problem not_found, parameter_invalid, tenant_conflict */
  deleteTenant(actor: KeyActor, asked: TenantAsked): Work;
  /** @throws Problem not_found, parameter_invalid */
  deletePerson(actor: KeyActor, asked: TenantAsked & { readonly user: string }): Work;
}

export interface AdminTenantsDeps {
  readonly authenticate: Authenticate;
  readonly log: Logger;
  readonly tenants: TenantOperations;
  readonly erasures: ErasureOperations;
}

export const TENANTS_PATH = '/api/v1/admin/tenants';
const BODY_BYTES_MAX = 4 * 1024;

/** Body of `PUT …/limits/{limit}`; null is "no limit". */
export const limitBodySchema = z.strictObject({
  value: z.number({ error: 'expected a number, or null for no limit' }).nullable(),
});

/** Body of `POST …/tenants`. */
export const tenantBodySchema = z.strictObject({
  tenant: z.string().describe('1 to 63 of a-z, 0-9, "-" and "_", never one that was deleted.'),
});

const confirm = z.string().describe("The tenant's name again.");

/** Body of `POST …/tenants/{tenant}/delete`. */
export const deleteTenantBodySchema = z.strictObject({ confirm });

/** Body of `POST …/tenants/{tenant}/users/delete`: in the body, for paths are logged. */
export const deleteUserBodySchema = z.strictObject({
  user: z
    .string()
    .min(1)
    .max(1024)
    .refine((user) => !/^\((deleted|over limit)\)$/.test(user), { error: 'expected a user' })
    .describe('As `user` tells it, byte for byte.'),
  confirm,
});

const actorIn = (response: Response): KeyActor => response.locals['actor'] as KeyActor;

/** The routes, with their whole paths. */
export function adminTenantRoutes(deps: AdminTenantsDeps): Router {
  const { authenticate, tenants } = deps;
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
    .post(jsonBody(BODY_BYTES_MAX), async (request, response) => {
      const { tenant } = readBody(tenantBodySchema, request);
      response.status(201).json(await tenants.create(actorIn(response), tenant));
    })
    .all(onlyMethods('GET', 'HEAD', 'POST'));
  addStateRoutes(router, deps);
  addLimitRoutes(router, deps);
  addDeletions(router, deps);
  return router;
}

function addStateRoutes(router: Router, { tenants }: AdminTenantsDeps): void {
  const setState =
    (state: 'active' | 'suspended'): RequestHandler<{ tenant: string }> =>
    async (request, response) => {
      response.json(await tenants.setState(actorIn(response), request.params.tenant, state));
    };
  router
    .route(`${TENANTS_PATH}/:tenant/suspend`)
    .post(setState('suspended'))
    .all(onlyMethods('POST'));
  router.route(`${TENANTS_PATH}/:tenant/resume`).post(setState('active')).all(onlyMethods('POST'));
}

function addLimitRoutes(router: Router, { tenants }: AdminTenantsDeps): void {
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
}

function addDeletions(router: Router, { erasures, log }: AdminTenantsDeps): void {
  router
    .route(`${TENANTS_PATH}/:tenant/delete`)
    .post(jsonBody(BODY_BYTES_MAX), (request, response) => {
      const body = readBody(deleteTenantBodySchema, request);
      const asked = { tenant: request.params.tenant, ...body };
      return answerLongWork(response, {
        run: erasures.deleteTenant(actorIn(response), asked),
        log,
      });
    })
    .all(onlyMethods('POST'));
  router
    .route(`${TENANTS_PATH}/:tenant/users/delete`)
    .post(jsonBody(BODY_BYTES_MAX), (request, response) => {
      const body = readBody(deleteUserBodySchema, request);
      const asked = { tenant: request.params.tenant, ...body };
      return answerLongWork(response, {
        run: erasures.deletePerson(actorIn(response), asked),
        log,
      });
    })
    .all(onlyMethods('POST'));
}
