// `POST /api/v1/admin/import`: rows of a usage history, for operators, since they may be of any tenant. They go the way
// of every span; the same rows may be sent again.
import { type RequestHandler, Router } from 'express';
import type { Authenticate } from '../access.ts';
import { IMPORT_BODY, type ImportRows } from '../import-rows.ts';
import { onlyMethods } from './errors.ts';
import { jsonBody, readBody } from './read-body.ts';

export interface AdminImportDeps {
  readonly authenticate: Authenticate;
  readonly importRows: ImportRows;
}

export const IMPORT_PATH = '/api/v1/admin/import';
const BODY_BYTES_MAX = 16 * 1024 * 1024;

/** The route, with its whole path. */
export function adminImportRoutes({ authenticate, importRows }: AdminImportDeps): Router {
  const router = Router();
  // The key is checked before the body is read.
  const operator: RequestHandler = (request, _response, next) => {
    authenticate(request.headers, ['operator']);
    next();
  };
  router
    .route(IMPORT_PATH)
    .post(operator, jsonBody(BODY_BYTES_MAX), async (request, response) => {
      response.json(await importRows(readBody(IMPORT_BODY, request)));
    })
    .all(onlyMethods('POST'));
  return router;
}
