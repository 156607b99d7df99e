/** What is thrown, as what is answered. */
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import { Problem } from './problems.ts';

/**
 * Makes any thrown value a Problem. ClickHouse that is away or busy is told as that, for the same request may succeed
 * later; all else that is no problem already is `internal`. The text of either stays in the log.
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) {
    return error;
  }
  const isPassing = error instanceof StoreError && error.retryable;
  if (!isPassing) {
    return new Problem('internal', undefined, { cause: error });
  }
  const about = { cause: error, headers: { 'retry-after': '1' } };
  return error.answered
    ? new Problem('overloaded', 'ClickHouse is too busy for this question.', about)
    : new Problem('engine_unavailable', undefined, about);
}
