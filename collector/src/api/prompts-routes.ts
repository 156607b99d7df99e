// The questions about prompts: which are alike, and what a cache would have saved. They read the calls of a range as
// the engine streams them.
// Invariant: the tenant comes from the key alone, and prices are those of that tenant.

import { askedTenant } from '@ai-cost-profiler/queries/one-tenant.ts';
import { instantOfMs } from '@ai-cost-profiler/queries/parameters.ts';
import { answerCacheable, type CachePrices } from '@ai-cost-profiler/queries/prompts/cacheable.ts';
import { readCacheableInput } from '@ai-cost-profiler/queries/prompts/cacheable-input.ts';
import { readSimilarInput } from '@ai-cost-profiler/queries/prompts/input.ts';
import { PromptThreads } from '@ai-cost-profiler/queries/prompts/prompt-threads.ts';
import { answerSimilar } from '@ai-cost-profiler/queries/prompts/similar.ts';
import type { InstantNs } from '@ai-cost-profiler/queries/range.ts';
import type { ByteStore, Reader } from '@ai-cost-profiler/queries/tenant-scope.ts';
import { type RequestHandler, Router } from 'express';
import type { Authenticate } from '../access.ts';
import { requestSignal } from './deadline.ts';
import { onlyMethods } from './errors.ts';
import { parametersOf } from './parameters-of.ts';
import { type ReadByteStore, readerByteStore } from './reader-store.ts';
import { sendAnswer } from './send-answer.ts';

export interface PromptsRoutesDeps {
  readonly store: ReadByteStore;
  readonly authenticate: Authenticate;
  /** The prices of a tenant, its own terms included. */
  readonly cachePricesOf: (tenant: string) => CachePrices;
  readonly now: () => Date;
}

interface Question {
  readonly store: ByteStore;
  readonly reader: Reader;
  readonly parameters: URLSearchParams;
  readonly pricesOf: (tenant: string) => CachePrices;
  readonly threads: PromptThreads;
  readonly signal: AbortSignal;
  readonly nowNs: InstantNs;
}

/** Each path and what it answers; the documentation is made from the same paths. */
const QUESTIONS = {
  '/api/v1/prompts/similar': ({ store, reader, parameters, threads, signal, nowNs }) =>
    answerSimilar(store, reader, { input: readSimilarInput(parameters, nowNs), threads, signal }),
  '/api/v1/prompts/cacheable': ({ store, reader, parameters, pricesOf, nowNs }) => {
    const input = readCacheableInput(parameters, nowNs);
    const prices = pricesOf(askedTenant(input.filters, reader.tenant));
    return answerCacheable(store, reader, { input, prices });
  },
} as const satisfies Record<string, (question: Question) => Promise<object>>;

export type PromptPath = keyof typeof QUESTIONS;

/** The routes, with their whole paths. */
export function promptsRoutes(deps: PromptsRoutesDeps): Router {
  const router = Router();
  const threads = new PromptThreads();
  for (const [path, answer] of Object.entries(QUESTIONS)) {
    router
      .route(path)
      .get(answerWith(deps, threads, answer))
      .all(onlyMethods('GET', 'HEAD'));
  }
  return router;
}

function answerWith(
  deps: PromptsRoutesDeps,
  threads: PromptThreads,
  answer: (question: Question) => Promise<object>,
): RequestHandler {
  return async (request, response) => {
    const { tenant, scopes } = deps.authenticate(request.headers, ['read', 'operator']);
    const body = await answer({
      store: readerByteStore(deps.store, response),
      reader: { tenant, operator: scopes.has('operator') },
      parameters: parametersOf(request),
      pricesOf: deps.cachePricesOf,
      threads,
      signal: requestSignal(response),
      nowNs: instantOfMs(deps.now().getTime()),
    });
    sendAnswer(request, response, body);
  };
}
