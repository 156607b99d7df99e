// `/api/v1/webhooks…`: where alerts are sent. Scope read to see, admin to change, always of the key's own tenant.
// Invariant: a secret leaves in the answer that makes it, once, and that answer is never cached.
import { Router } from 'express';
import { z } from 'zod';
import type { Authenticate } from '../access.ts';
import type { WebhookOperations } from '../webhook-rows.ts';
import { onlyMethods } from './errors.ts';
import { jsonBody, readBody } from './read-body.ts';
import { actorOf, asTenantActor } from './tenant-actor.ts';

export interface WebhooksRoutesDeps {
  readonly authenticate: Authenticate;
  readonly webhooks: WebhookOperations;
}

export const WEBHOOKS_PATH = '/api/v1/webhooks';
const BODY_BYTES_MAX = 8 * 1024;

export const WEBHOOK_BODY = z.strictObject({
  name: z.string().max(100).default('').describe('For people.'),
  url: z.string().describe('Where messages are sent by POST: https, and a public address.'),
});

export const WEBHOOK_ROW = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  created_at: z.string(),
  created_by: z.string(),
});
export const MADE_WEBHOOK = WEBHOOK_ROW.extend({
  secret: z
    .string()
    .describe('whsec_ and base64, as Standard Webhooks writes it; shown this once.'),
});

/** The routes, with their whole paths. */
export function webhooksRoutes({ authenticate, webhooks }: WebhooksRoutesDeps): Router {
  const router = Router();
  router.use(WEBHOOKS_PATH, asTenantActor(authenticate));
  router
    .route(WEBHOOKS_PATH)
    .get((_request, response) => {
      response.json({ rows: webhooks.list(actorOf(response).tenant) });
    })
    .post(jsonBody(BODY_BYTES_MAX), async (request, response) => {
      const wanted = readBody(WEBHOOK_BODY, request);
      response.status(201).json(await webhooks.create(actorOf(response), wanted));
    })
    .all(onlyMethods('GET', 'HEAD', 'POST'));
  router
    .route(`${WEBHOOKS_PATH}/:id`)
    .get((request, response) => {
      response.json(webhooks.show(actorOf(response).tenant, request.params.id));
    })
    .delete(async (request, response) => {
      response.json(await webhooks.remove(actorOf(response), request.params.id));
    })
    .all(onlyMethods('GET', 'HEAD', 'DELETE'));
  return router;
}
