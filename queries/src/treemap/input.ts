/** What can be asked of a treemap, and how the URL spells it. */
import { z } from 'zod';
import type { Dimension, Filter } from '../dimensions.ts';
import { InputProblem } from '../input-problem.ts';
import {
  bySchema,
  rangeShape,
  readParameters,
  readRange,
  wholeNumberSchema,
} from '../parameters.ts';
import type { InstantNs, Range } from '../range.ts';

const CHILDREN_PRESET = 50;
const CHILDREN_MAX = 1_000;

export interface TreemapInput {
  readonly range: Range;
  /** Two or three, from the root on. */
  readonly by: readonly Dimension[];
  readonly filters: readonly Filter[];
  /** Children of each node at most; the rest is its `other`. */
  readonly limit: number;
  /** When it was asked. */
  readonly nowNs: InstantNs;
}

/** The parameters of `GET /api/v1/costs/treemap`, without the filters by dimension. */
export function treemapParameters(nowNs: InstantNs) {
  return z.object({
    ...rangeShape(nowNs),
    by: bySchema('model,feature').describe('Two or three dimensions, from the root on.'),
    limit: wholeNumberSchema(CHILDREN_PRESET, 1, CHILDREN_MAX).describe(
      `Children of each node at most, up to ${CHILDREN_MAX}; the rest is its \`other\`.`,
    ),
  });
}

/** Reads a query string. Throws InputProblem. */
export function readTreemapInput(parameters: URLSearchParams, nowNs: InstantNs): TreemapInput {
  const { values, filters } = readParameters(treemapParameters(nowNs), parameters);
  const { by, limit } = values;
  if (by.length < 2 || by.length > 3) {
    const expected = 'two or three dimensions separated by commas, such as feature,model';
    throw new InputProblem([{ field: 'by', value: parameters.get('by'), expected }]);
  }
  return { range: readRange(values, parameters), by, filters, limit, nowNs };
}
