// Counts the limits that questions run into; what is sent is counted where it is taken (receive/take-request.ts).
import type { ErrorRequestHandler } from 'express';
import { limitOfProblem } from '../limit-table.ts';
import type { Metrics } from '../metrics.ts';
import { Problem } from '../problems.ts';

/** Four parameters, by whose count Express tells it from other handlers. */
export function countLimits(
  metrics: Pick<Metrics, 'aicost_limit_hits_total'>,
): ErrorRequestHandler {
  return (error: unknown, request, _response, next) => {
    const limit = error instanceof Problem ? limitOfProblem(error) : undefined;
    if (limit !== undefined && request.path.startsWith('/api/')) {
      metrics.aicost_limit_hits_total.inc({ limit });
    }
    next(error);
  };
}
