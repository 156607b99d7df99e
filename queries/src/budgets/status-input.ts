/** What can be asked of how a budget stands, and how the URL spells it. */
import { z } from 'zod';
import { InputProblem } from '../input-problem.ts';
import { readParameters, wholeNumberSchema } from '../parameters.ts';

const KEYS_PRESET = 100;
const KEYS_MAX = 10_000;

/** The parameters of `GET /api/v1/budgets/{id}/status`. */
export const STATUS_PARAMETERS = z.object({ limit: wholeNumberSchema(KEYS_PRESET, 1, KEYS_MAX) });

/** How many keys at most. Throws InputProblem, also for a filter: the budget says which calls count. */
export function readStatusLimit(parameters: URLSearchParams): number {
  const { values, filters } = readParameters(STATUS_PARAMETERS, parameters);
  const [filter] = filters;
  if (filter === undefined) return values.limit;
  const value = filter.values[0] ?? null;
  throw new InputProblem([{ field: filter.dimension, value, expected: 'no parameter but limit' }]);
}
