// `/api/v1/budgets…` and `/api/v1/alerts`: scope read to see, admin to change, always of the key's own tenant.
// Invariant: a budget of another tenant looks like one that does not exist.
import { answerAlerts, readAlertsInput } from '@ai-cost-profiler/queries/alerts/alerts.ts';
import {
  BUDGET_BODY,
  type Budget,
  type BudgetBody,
  type BudgetRow,
} from '@ai-cost-profiler/queries/budgets/definition.ts';
import { answerBudgetStatus } from '@ai-cost-profiler/queries/budgets/status.ts';
import { readStatusLimit } from '@ai-cost-profiler/queries/budgets/status-input.ts';
import { createCursors } from '@ai-cost-profiler/queries/cursor.ts';
import { instantOfMs } from '@ai-cost-profiler/queries/parameters.ts';
import { Router } from 'express';
import type { Authenticate } from '../access.ts';
import type { TenantActor } from '../webhook-rows.ts';
import { onlyMethods } from './errors.ts';
import { parametersOf } from './parameters-of.ts';
import { jsonBody, readBody } from './read-body.ts';
import { type ReadStore, readerStore } from './reader-store.ts';
import { actorOf, asTenantActor } from './tenant-actor.ts';

/** What can be done with budgets. Each throws Problem not_found for a budget of another tenant. */
export interface BudgetOperations {
  list(tenant: string): readonly BudgetRow[];
  show(tenant: string, id: string): { readonly row: BudgetRow; readonly budget: Budget };
  create(by: TenantActor, body: BudgetBody): Promise<BudgetRow>;
  change(by: TenantActor, id: string, body: BudgetBody): Promise<BudgetRow>;
  remove(by: TenantActor, id: string): Promise<BudgetRow>;
}

export interface BudgetsRoutesDeps {
  readonly authenticate: Authenticate;
  readonly budgets: BudgetOperations;
  readonly store: ReadStore;
  /** What cursors are signed with. */
  readonly cursorSecret: () => Uint8Array;
  readonly now: () => Date;
}

export const BUDGETS_PATH = '/api/v1/budgets';
export const ALERTS_PATH = '/api/v1/alerts';
const BODY_BYTES_MAX = 64 * 1024;

/** The routes, with their whole paths. */
export function budgetsRoutes(deps: BudgetsRoutesDeps): Router {
  const router = Router();
  const { authenticate, budgets } = deps;
  router.use([BUDGETS_PATH, ALERTS_PATH], asTenantActor(authenticate));
  router
    .route(BUDGETS_PATH)
    .get((_request, response) => {
      response.json({ rows: budgets.list(actorOf(response).tenant) });
    })
    .post(jsonBody(BODY_BYTES_MAX), async (request, response) => {
      const made = await budgets.create(actorOf(response), readBody(BUDGET_BODY, request));
      response.status(201).json(made);
    })
    .all(onlyMethods('GET', 'HEAD', 'POST'));
  router
    .route(`${BUDGETS_PATH}/:id`)
    .get((request, response) => {
      response.json(budgets.show(actorOf(response).tenant, request.params.id).row);
    })
    .put(jsonBody(BODY_BYTES_MAX), async (request, response) => {
      const body = readBody(BUDGET_BODY, request);
      response.json(await budgets.change(actorOf(response), request.params.id, body));
    })
    .delete(async (request, response) => {
      response.json(await budgets.remove(actorOf(response), request.params.id));
    })
    .all(onlyMethods('GET', 'HEAD', 'PUT', 'DELETE'));
  questionRoutes(router, deps);
  return router;
}

function questionRoutes(router: Router, deps: BudgetsRoutesDeps): void {
  const { budgets, store, now } = deps;
  const cursors = createCursors(deps.cursorSecret);
  router
    .route(`${BUDGETS_PATH}/:id/status`)
    .get(async (request, response) => {
      const { tenant } = actorOf(response);
      const limit = readStatusLimit(parametersOf(request));
      const { budget } = budgets.show(tenant, request.params.id);
      const reader = { tenant, operator: false };
      const nowNs = instantOfMs(now().getTime());
      const asked = { budget, nowNs, limit };
      response.json(await answerBudgetStatus(readerStore(store, response), reader, asked));
    })
    .all(onlyMethods('GET', 'HEAD'));
  router
    .route(ALERTS_PATH)
    .get(async (request, response) => {
      const { tenant } = actorOf(response);
      const asking = { cursors, tenant, nowNs: instantOfMs(now().getTime()) };
      const input = readAlertsInput(parametersOf(request), asking);
      const reader = { tenant, operator: false };
      response.json(await answerAlerts(readerStore(store, response), reader, input));
    })
    .all(onlyMethods('GET', 'HEAD'));
}
