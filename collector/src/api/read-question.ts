// What every question is asked with: the reader whom the key names, the parameters, and a store whose queries end with
// the request.
import { instantOfMs } from '@ai-cost-profiler/queries/parameters.ts';
import type { InstantNs } from '@ai-cost-profiler/queries/range.ts';
import type { Store as QueryStore, Reader } from '@ai-cost-profiler/queries/tenant-scope.ts';
import type { Request, Response } from 'express';
import type { Authenticate } from '../access.ts';
import { parametersOf } from './parameters-of.ts';
import { type ReadStore, readerStore } from './reader-store.ts';

export interface QuestionDeps {
  readonly store: ReadStore;
  readonly authenticate: Authenticate;
  readonly now: () => Date;
}

export interface AskedQuestion {
  readonly store: QueryStore;
  readonly reader: Reader;
  readonly parameters: URLSearchParams;
  readonly nowNs: InstantNs;
}

/** Throws the Problem of a key that may not ask. */
export function readQuestion(
  deps: QuestionDeps,
  request: Request,
  response: Response,
): AskedQuestion {
  const principal = deps.authenticate(request.headers, ['read', 'operator']);
  return {
    store: readerStore(deps.store, response),
    reader: { tenant: principal.tenant, operator: principal.scopes.has('operator') },
    parameters: parametersOf(request),
    nowNs: instantOfMs(deps.now().getTime()),
  };
}
