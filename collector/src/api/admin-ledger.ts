/** `/api/v1/admin/settle`: work on the whole ledger, for operators, with its progress as NDJSON. */
import { type RequestHandler, Router } from 'express';
import type { Authenticate } from '../access.ts';
import type { Logger } from '../log.ts';
import { onlyMethods } from './errors.ts';
import { answerLongWork } from './ndjson.ts';

/** Work on the ledger: resolves with what it did, in the names of the API. */
export type LedgerWork = (show: (progress: object) => void) => Promise<object>;

export interface AdminLedgerDeps {
  readonly authenticate: Authenticate;
  readonly log: Logger;
  /** Settles everything now, idle or not. */
  readonly settle: LedgerWork;
}

/** The routes, with their whole paths. */
export function adminLedgerRoutes(deps: AdminLedgerDeps): Router {
  const router = Router();
  const post = (work: LedgerWork): RequestHandler => {
    return async (request, response) => {
      deps.authenticate(request.headers, ['operator']);
      await answerLongWork(response, { run: work, log: deps.log });
    };
  };
  router.route('/api/v1/admin/settle').post(post(deps.settle)).all(onlyMethods('POST'));
  return router;
}
