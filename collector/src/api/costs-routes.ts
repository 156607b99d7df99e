// The questions about costs: breakdown, timeseries, treemap, units, unpriced, status. Each route reads its input by the
// question's own schema and answers for the tenant of the key.
// Invariant: the tenant comes from the key alone, and a query is stopped when nobody waits for it any more.
import { answerBreakdown } from '@ai-cost-profiler/queries/breakdown/breakdown.ts';
import { readBreakdownInput } from '@ai-cost-profiler/queries/breakdown/input.ts';
import { type Cursors, createCursors } from '@ai-cost-profiler/queries/cursor.ts';
import { answerStatus } from '@ai-cost-profiler/queries/status/status.ts';
import { readTimeseriesInput } from '@ai-cost-profiler/queries/timeseries/input.ts';
import { answerTimeseries } from '@ai-cost-profiler/queries/timeseries/timeseries.ts';
import { readTraceInput } from '@ai-cost-profiler/queries/trace/input.ts';
import { answerTrace } from '@ai-cost-profiler/queries/trace/trace.ts';
import { readTracesInput } from '@ai-cost-profiler/queries/traces/input.ts';
import { answerTraces } from '@ai-cost-profiler/queries/traces/traces.ts';
import { readTreemapInput } from '@ai-cost-profiler/queries/treemap/input.ts';
import { answerTreemap } from '@ai-cost-profiler/queries/treemap/treemap.ts';
import { answerUnits, readUnitsInput } from '@ai-cost-profiler/queries/units/units.ts';
import { answerUnpriced, readUnpricedInput } from '@ai-cost-profiler/queries/unpriced/unpriced.ts';
import { type RequestHandler, Router } from 'express';
import { onlyMethods } from './errors.ts';
import { type AskedQuestion, type QuestionDeps, readQuestion } from './read-question.ts';
import { sendAnswer } from './send-answer.ts';

export interface CostsRoutesDeps extends QuestionDeps {
  /** What cursors are signed with. */
  readonly cursorSecret: () => Uint8Array;
}

/** A question as it came: who asks what, of which store, and when. */
interface Question extends AskedQuestion {
  readonly cursors: Cursors;
  /** What stands in the path where its pattern has a name in braces. */
  readonly path: Readonly<Record<string, unknown>>;
}

/** Each path and what it answers; the documentation is made from the same paths. */
const QUESTIONS = {
  '/api/v1/costs/breakdown': ({ store, reader, parameters, nowNs }) =>
    answerBreakdown(store, reader, readBreakdownInput(parameters, nowNs)),
  '/api/v1/costs/timeseries': ({ store, reader, parameters, nowNs }) =>
    answerTimeseries(store, reader, readTimeseriesInput(parameters, nowNs)),
  '/api/v1/traces': ({ store, reader, parameters, cursors, nowNs }) => {
    const asking = { cursors, tenant: reader.tenant, nowNs };
    return answerTraces(store, reader, readTracesInput(parameters, asking));
  },
  '/api/v1/traces/{trace_id}': ({ store, reader, path, parameters, nowNs }) =>
    answerTrace(store, reader, readTraceInput(path, parameters, nowNs)),
  '/api/v1/costs/treemap': ({ store, reader, parameters, nowNs }) =>
    answerTreemap(store, reader, readTreemapInput(parameters, nowNs)),
  '/api/v1/costs/units': ({ store, reader, parameters, nowNs }) =>
    answerUnits(store, reader, readUnitsInput(parameters, nowNs)),
  '/api/v1/unpriced': ({ store, reader, parameters, nowNs }) =>
    answerUnpriced(store, reader, readUnpricedInput(parameters, nowNs)),
  '/api/v1/status': ({ store, reader, nowNs }) => answerStatus(store, reader, nowNs),
} as const satisfies Record<string, (question: Question) => Promise<object>>;

export type QuestionPath = keyof typeof QUESTIONS;

/** The routes, with their whole paths. */
export function costsRoutes(deps: CostsRoutesDeps): Router {
  const router = Router();
  for (const [path, answer] of Object.entries(QUESTIONS)) {
    router
      .route(path.replaceAll(/\{(\w+)\}/g, ':$1'))
      .get(answerWith(deps, answer))
      .all(onlyMethods('GET', 'HEAD'));
  }
  return router;
}

function answerWith(
  deps: CostsRoutesDeps,
  answer: (question: Question) => Promise<object>,
): RequestHandler {
  const cursors = createCursors(deps.cursorSecret);
  return async (request, response) => {
    const asked = readQuestion(deps, request, response);
    sendAnswer(request, response, await answer({ ...asked, path: request.params, cursors }));
  };
}
