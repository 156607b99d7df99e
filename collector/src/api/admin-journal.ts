// `/api/v1/admin/journal`: what was set aside of the journal, for operators, and the way to put it back.
import { type RequestHandler, Router } from 'express';
import { z } from 'zod';
import type { Authenticate } from '../access.ts';
import type { SetAsideOperations } from '../set-aside-row.ts';
import { onlyMethods } from './errors.ts';
import { jsonBody, readBody } from './read-body.ts';

export interface AdminJournalDeps {
  readonly authenticate: Authenticate;
  readonly setAside: SetAsideOperations;
}

const BODY_BYTES_MAX = 64 * 1024;
const PATH = '/api/v1/admin/journal';

/** The body of `POST /api/v1/admin/journal/retry`. */
export const RETRY_BODY = z.strictObject({
  name: z
    .string()
    .min(1)
    .optional()
    .describe('The poison segment to put back; all of them, if not given.'),
});

/** The routes, with their whole paths. */
export function adminJournalRoutes({ authenticate, setAside }: AdminJournalDeps): Router {
  const router = Router();
  // The key is checked before the body is read.
  const operator: RequestHandler = (request, _response, next) => {
    authenticate(request.headers, ['operator']);
    next();
  };
  router
    .route(PATH)
    .get(operator, async (_request, response) => {
      response.json({ rows: await setAside.list() });
    })
    .all(onlyMethods('GET', 'HEAD'));
  router
    .route(`${PATH}/retry`)
    .post(operator, jsonBody(BODY_BYTES_MAX), async (request, response) => {
      const { name } = readBody(RETRY_BODY, request);
      response.json({ rows: await setAside.retry(name) });
    })
    .all(onlyMethods('POST'));
  return router;
}
