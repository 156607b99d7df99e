// `GET /api/v1/flamegraph`: one question in four formats.
import {
  answerFlamegraph,
  type FlamegraphBody,
} from '@ai-cost-profiler/queries/flamegraph/flamegraph.ts';
import { type Format, readFlamegraphInput } from '@ai-cost-profiler/queries/flamegraph/input.ts';
import type { PriceUsage } from '@ai-cost-profiler/queries/flamegraph/split-cost.ts';
import { type Response, Router } from 'express';
import { onlyMethods } from './errors.ts';
import { type QuestionDeps, readQuestion } from './read-question.ts';
import { sendAnswer } from './send-answer.ts';

/** The media type of each format. */
export const FLAMEGRAPH_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json',
  folded: 'text/plain',
  speedscope: 'application/vnd.speedscope+json',
  pprof: 'application/vnd.google.protobuf+gzip',
};

export interface FlamegraphRoutesDeps extends QuestionDeps {
  /** What buckets cost, for the leaves. */
  readonly price: PriceUsage;
}

/** The route, with its whole path. */
export function flamegraphRoutes(deps: FlamegraphRoutesDeps): Router {
  const router = Router();
  router
    .route('/api/v1/flamegraph')
    .get(async (request, response) => {
      const { store, reader, parameters, nowNs } = readQuestion(deps, request, response);
      const input = readFlamegraphInput(parameters, nowNs);
      const answer = await answerFlamegraph(store, reader, { input, price: deps.price });
      // The tag of an answer knows one range only.
      if (answer.format === 'json' && input.right === null) {
        sendAnswer(request, response, answer.body);
      } else {
        send(response, answer);
      }
    })
    .all(onlyMethods('GET', 'HEAD'));
  return router;
}

const FILE_NAMES = {
  folded: 'cost.folded',
  speedscope: 'cost.speedscope.json',
  pprof: 'cost.pb.gz',
};

function send(response: Response, answer: FlamegraphBody): void {
  response.set('cache-control', 'no-store');
  if (answer.format === 'json') {
    response.json(answer.body);
    return;
  }
  response.set('content-disposition', `attachment; filename="${FILE_NAMES[answer.format]}"`);
  response.type(FLAMEGRAPH_TYPES[answer.format]);
  const { body } = answer;
  response.send(answer.format === 'speedscope' ? JSON.stringify(body) : body);
}
