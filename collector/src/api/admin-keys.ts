// `/api/v1/admin/keys`: create, list, rotate and revoke. Scope admin inside the own tenant, operator across.
// Invariant: a secret leaves in the answer that makes it, once, and that answer is never cached.
import { type Request, Router } from 'express';
import { z } from 'zod';
import { type Authenticate, type KeyActor, type KeyOperations, SCOPES } from '../access.ts';
import { toKeyRow, toMadeKey } from '../key-row.ts';
import { durationSchema } from '../option-values.ts';
import { onlyMethods } from './errors.ts';
import { jsonBody, readBody } from './read-body.ts';

export interface AdminKeysDeps {
  readonly authenticate: Authenticate;
  readonly keys: KeyOperations;
  readonly now: () => Date;
}

const BODY_BYTES_MAX = 64 * 1024;

/** The body of `POST /api/v1/admin/keys`. */
export const CREATE_KEY_BODY = z.strictObject({
  tenant: z
    .string()
    .optional()
    .describe("Absent: the asking key's own; another one needs the scope operator."),
  scopes: z.array(z.enum(SCOPES)).min(1, { error: 'expected at least one scope' }),
  name: z.string().nullable().default(null).describe('For people.'),
  sql: z
    .boolean()
    .default(false)
    .describe(
      'Make a read-only ClickHouse user of the tenant too, whose password the key is (ClickHouse servers only).',
    ),
});

/** The body of `POST /api/v1/admin/keys/{id}/rotate`; it may be left out. */
export const ROTATE_KEY_BODY = z
  .strictObject({
    overlap: durationSchema.optional().describe('How long both are valid, such as 24h.'),
  })
  .default({});

function actorOf(deps: AdminKeysDeps, request: Request): KeyActor {
  const principal = deps.authenticate(request.headers, ['admin', 'operator']);
  return { name: `key:${principal.keyId}`, tenant: principal.tenant, scopes: principal.scopes };
}

const PATH = '/api/v1/admin/keys';

/** The routes, with their whole paths, so that a metric can name them whatever happens. */
export function adminKeyRoutes(deps: AdminKeysDeps): Router {
  const router = Router();
  const body = jsonBody(BODY_BYTES_MAX);
  router.use(PATH, (request, response, next) => {
    // The key is checked before the body is read.
    response.locals['actor'] = actorOf(deps, request);
    response.set('cache-control', 'no-store');
    next();
  });
  const actorIn = (response: { locals: Record<string, unknown> }) =>
    response.locals['actor'] as KeyActor;
  router
    .route(PATH)
    .get((_request, response) => {
      const rows = deps.keys.list(actorIn(response)).map((key) => toKeyRow(key, deps.now()));
      response.json({ rows });
    })
    .post(body, async (request, response) => {
      const actor = actorIn(response);
      const wanted = readBody(CREATE_KEY_BODY, request);
      const tenant = wanted.tenant ?? actor.tenant ?? '';
      const { scopes, name, sql: sqlUser } = wanted;
      const made = await deps.keys.create(actor, { scopes, name, sqlUser, tenant });
      response.status(201).json(toMadeKey(made, deps.now()));
    })
    .all(onlyMethods('GET', 'HEAD', 'POST'));
  router
    .route(`${PATH}/:id/rotate`)
    .post(body, async (request, response) => {
      const { overlap } = readBody(ROTATE_KEY_BODY, request);
      const made = await deps.keys.rotate(actorIn(response), request.params.id, overlap ?? 0);
      response.status(201).json(toMadeKey(made, deps.now()));
    })
    .all(onlyMethods('POST'));
  router
    .route(`${PATH}/:id`)
    .delete(async (request, response) => {
      const revoked = await deps.keys.revoke(actorIn(response), request.params.id);
      response.json(toKeyRow(revoked, deps.now()));
    })
    .all(onlyMethods('DELETE'));
  return router;
}
