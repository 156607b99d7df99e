/** What can be asked about similar prompts, and how the URL spells it. */
import { z } from 'zod';
import type { Filter } from '../dimensions.ts';
import { rangeShape, readParameters, readRange, wholeNumberSchema } from '../parameters.ts';
import type { InstantNs, Range } from '../range.ts';

export interface SimilarInput {
  readonly range: Range;
  readonly filters: readonly Filter[];
  /** Estimated Jaccard similarity of runs of three words, from which on prompts are near-identical. */
  readonly threshold: number;
  readonly limit: number;
  readonly nowNs: InstantNs;
}

const ROWS_PRESET = 50;
const ROWS_MAX = 1000;
const THRESHOLD = /^(?:0\.[5-9]\d{0,3}|1(?:\.0{1,4})?)$/;

/** The parameters of `GET /api/v1/prompts/similar`, without the filters by dimension. */
export function similarParameters(nowNs: InstantNs) {
  return z.object({
    ...rangeShape(nowNs),
    threshold: z
      .string()
      .default('0.7')
      .refine((text) => THRESHOLD.test(text), 'a decimal from 0.5 to 1 with at most four places')
      .transform(Number)
      .describe(
        'How similar prompts of a group are at least: Jaccard similarity of runs of three words, a decimal from 0.5 to 1.',
      ),
    limit: wholeNumberSchema(ROWS_PRESET, 1, ROWS_MAX),
  });
}

/** Reads a query string. Throws InputProblem. */
export function readSimilarInput(parameters: URLSearchParams, nowNs: InstantNs): SimilarInput {
  const { values, filters } = readParameters(similarParameters(nowNs), parameters);
  const { threshold, limit } = values;
  return { range: readRange(values, parameters), filters, threshold, limit, nowNs };
}
