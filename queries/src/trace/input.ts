/** What can be asked of one trace, and how the URL spells it. */
import { z } from 'zod';
import type { Filter } from '../dimensions.ts';
import { InputProblem } from '../input-problem.ts';
import { readParameters } from '../parameters.ts';
import type { InstantNs } from '../range.ts';

export interface TraceInput {
  /** Lower-case hex. */
  readonly traceId: string;
  /** Nothing, or the tenant that an operator asks for. */
  readonly filters: readonly Filter[];
  readonly nowNs: InstantNs;
}

/** The parameters of `GET /api/v1/traces/{trace_id}`. */
export const TRACE_PARAMETERS = z.object({
  tenant: z.string().optional().describe('Whose trace; operator keys only. Default: of the key.'),
});

/** What the path names. */
export const TRACE_PATH = z.object({
  trace_id: z
    .string()
    .regex(/^[0-9a-fA-F]{32}$/)
    .describe('32 hexadecimal digits.'),
});

/** Reads the path and a query string. Throws InputProblem. */
export function readTraceInput(
  path: object,
  parameters: URLSearchParams,
  nowNs: InstantNs,
): TraceInput {
  const { values, filters } = readParameters(TRACE_PARAMETERS, parameters);
  const [other] = filters;
  if (other !== undefined) {
    const value = other.values.join(', ');
    throw new InputProblem([
      { field: other.dimension, value, expected: 'no filter: a trace is shown whole' },
    ]);
  }
  const named = TRACE_PATH.safeParse(path);
  if (!named.success) {
    const value = 'trace_id' in path ? String(path.trace_id) : null;
    throw new InputProblem([{ field: 'trace_id', value, expected: '32 hexadecimal digits' }]);
  }
  const { tenant } = values;
  return {
    traceId: named.data.trace_id.toLowerCase(),
    filters: tenant === undefined ? [] : [{ dimension: 'tenant', values: [tenant] }],
    nowNs,
  };
}
