// The questions about costs: breakdown, timeseries, unpriced, status. Each route reads its input by the
// question's own schema and answers for the tenant of the key.
// Invariant: the tenant comes from the key alone, and a query is stopped when nobody waits for it any more.
import { answerBreakdown } from '@ai-cost-profiler/queries/breakdown/breakdown.ts';
import { readBreakdownInput } from '@ai-cost-profiler/queries/breakdown/input.ts';
import { instantOfMs, refuseParameters } from '@ai-cost-profiler/queries/parameters.ts';
import type { InstantNs } from '@ai-cost-profiler/queries/range.ts';
import { answerStatus } from '@ai-cost-profiler/queries/status/status.ts';
import type { Store as QueryStore, Reader } from '@ai-cost-profiler/queries/tenant-scope.ts';
import { readTimeseriesInput } from '@ai-cost-profiler/queries/timeseries/input.ts';
import { answerTimeseries } from '@ai-cost-profiler/queries/timeseries/timeseries.ts';
import { answerUnpriced, readUnpricedInput } from '@ai-cost-profiler/queries/unpriced/unpriced.ts';
import { type RequestHandler, Router } from 'express';
import type { Authenticate } from '../access.ts';
import { onlyMethods } from './errors.ts';
import { parametersOf } from './parameters-of.ts';
import { type ReadStore, readerStore } from './reader-store.ts';
import { sendAnswer } from './send-answer.ts';

export interface CostsRoutesDeps {
  readonly store: ReadStore;
  readonly authenticate: Authenticate;
  readonly now: () => Date;
}

interface Question {
  readonly store: QueryStore;
  readonly reader: Reader;
  readonly parameters: URLSearchParams;
  readonly nowNs: InstantNs;
}

/** Each path and what it answers; the documentation is made from the same paths. */
const QUESTIONS = {
  '/api/v1/costs/breakdown': ({ store, reader, parameters, nowNs }) =>
    answerBreakdown(store, reader, readBreakdownInput(parameters, nowNs)),
  '/api/v1/costs/timeseries': ({ store, reader, parameters, nowNs }) =>
    answerTimeseries(store, reader, readTimeseriesInput(parameters, nowNs)),
  '/api/v1/unpriced': ({ store, reader, parameters, nowNs }) =>
    answerUnpriced(store, reader, readUnpricedInput(parameters, nowNs)),
  '/api/v1/status': ({ store, reader, parameters, nowNs }) => {
    refuseParameters(parameters);
    return answerStatus(store, reader, nowNs);
  },
} as const satisfies Record<string, (question: Question) => Promise<object>>;

export type QuestionPath = keyof typeof QUESTIONS;

/** The routes, with their whole paths. */
export function costsRoutes(deps: CostsRoutesDeps): Router {
  const router = Router();
  for (const [path, answer] of Object.entries(QUESTIONS)) {
    router.route(path).get(answerWith(deps, answer)).all(onlyMethods('GET', 'HEAD'));
  }
  return router;
}

function answerWith(
  deps: CostsRoutesDeps,
  answer: (question: Question) => Promise<object>,
): RequestHandler {
  return async (request, response) => {
    const principal = deps.authenticate(request.headers, ['read', 'operator']);
    const reader = { tenant: principal.tenant, operator: principal.scopes.has('operator') };
    const store = readerStore(deps.store, response);
    const nowNs = instantOfMs(deps.now().getTime());
    const body = await answer({ store, reader, parameters: parametersOf(request), nowNs });
    sendAnswer(request, response, body);
  };
}
