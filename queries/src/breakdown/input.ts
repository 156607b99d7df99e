/** What can be asked of a breakdown, and how the URL spells it. */
import { z } from 'zod';
import type { Dimension, Filter } from '../dimensions.ts';
import {
  bySchema,
  rangeShape,
  readParameters,
  readRange,
  wholeNumberSchema,
} from '../parameters.ts';
import type { InstantNs, Range } from '../range.ts';

const ROWS_PRESET = 100;
const ROWS_MAX = 10_000;

export interface BreakdownInput {
  readonly range: Range;
  readonly by: readonly Dimension[];
  readonly filters: readonly Filter[];
  /** Rows at most; what is beyond is summed in `other`. */
  readonly limit: number;
  /** When it was asked. */
  readonly nowNs: InstantNs;
}

/** The parameters of `GET /api/v1/costs/breakdown`, without the filters by dimension. */
export function breakdownParameters(nowNs: InstantNs) {
  return z.object({
    ...rangeShape(nowNs),
    by: bySchema(''),
    limit: wholeNumberSchema(ROWS_PRESET, 1, ROWS_MAX),
  });
}

/** Reads a query string. Throws InputProblem. */
export function readBreakdownInput(parameters: URLSearchParams, nowNs: InstantNs): BreakdownInput {
  const { values, filters } = readParameters(breakdownParameters(nowNs), parameters);
  const { by, limit } = values;
  return { range: readRange(values, parameters), by, filters, limit, nowNs };
}
