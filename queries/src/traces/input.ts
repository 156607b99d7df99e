/** What can be asked of the list of traces, and how the URL spells it. */
import { parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { z } from 'zod';
import { CURSOR_SCHEMA, type CursorPurpose, type Cursors } from '../cursor.ts';
import type { Filter } from '../dimensions.ts';
import { refuseSeveralTenants } from '../one-tenant.ts';
import { rangeShape, readParameters, readRange, wholeNumberSchema } from '../parameters.ts';
import type { InstantNs, Range } from '../range.ts';
import { SNAPSHOTS_SCHEMA, type Snapshots } from './snapshots.ts';

const ROWS_PRESET = 50;
/** Their ids are bound in the URL of further statements, which an HTTP server takes up to 16 KB of. */
const ROWS_MAX = 200;

const SORTS = ['start', 'cost', 'duration', 'calls'] as const;
export type Sort = (typeof SORTS)[number];
const SORTS_EXPECTED = `one of ${SORTS.join(', ')}`;

const POSITION_SCHEMA = z.object({
  from: z.string().regex(/^\d{1,19}$/),
  to: z.string().regex(/^\d{1,19}$/),
  snapshots: SNAPSHOTS_SCHEMA,
  /** Of the last trace shown: what it is sorted by (ns, calls or USD), and its id. */
  value: z.string().regex(/^-?\d+(\.\d+)?$/),
  traceId: z.string(),
});

/** Where a page begins. */
export type Position = z.output<typeof POSITION_SCHEMA>;

export interface TracesInput {
  readonly range: Range;
  readonly sort: Sort;
  /** On calls. `tenant` has one value at most. */
  readonly filters: readonly Filter[];
  /** Whether a span of the trace must have ended in an error, or none may; null: either. */
  readonly error: boolean | null;
  /** A plain decimal; null: any. */
  readonly minCostUsd: string | null;
  readonly limit: number;
  /** Null: the first page. */
  readonly after: Position | null;
  readonly nowNs: InstantNs;
  /** Seals where the next page begins. */
  readonly seal: (next: Pick<Position, 'value' | 'traceId'> & { snapshots: Snapshots }) => string;
}

const minCostSchema = z
  .string()
  .optional()
  .transform((text, context): string | null => {
    if (text === undefined) return null;
    try {
      parseUsd(text);
      if (/^\d{1,12}(\.\d+)?$/.test(text)) return text;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    context.addIssue({
      code: 'custom',
      message: 'US dollars such as 0.25, with at most 18 decimal places and 12 digits before',
    });
    return z.NEVER;
  })
  .describe('Only traces whose calls cost at least this many US dollars; unknown costs are not.');

/** The parameters of `GET /api/v1/traces`, without the filters by dimension. */
export function tracesParameters(nowNs: InstantNs) {
  return z.object({
    ...rangeShape(nowNs),
    sort: z
      .enum(SORTS, { error: SORTS_EXPECTED })
      .default('start')
      .describe('Newest, most expensive, longest, or most calls first; then by trace id.'),
    error: z
      .enum(['true', 'false'], { error: 'true or false' })
      .optional()
      .describe('true: only traces of which a span ended in an error; false: all others.'),
    min_cost_usd: minCostSchema,
    limit: wholeNumberSchema(ROWS_PRESET, 1, ROWS_MAX),
    cursor: CURSOR_SCHEMA,
  });
}

interface Asking {
  readonly cursors: Cursors;
  /** Of the key. */
  readonly tenant: string;
  readonly nowNs: InstantNs;
}

/** Reads a query string. Throws InputProblem. */
export function readTracesInput(parameters: URLSearchParams, asking: Asking): TracesInput {
  const { cursors, tenant, nowNs } = asking;
  const { values, filters } = readParameters(tracesParameters(nowNs), parameters);
  // Two tenants may have traces of one id.
  refuseSeveralTenants(filters);
  const purpose: CursorPurpose = { question: 'traces', tenant, parameters };
  const { cursor } = values;
  const after = cursor === undefined ? null : cursors.open(purpose, cursor, POSITION_SCHEMA);
  // `now` of the first page, not of this one.
  const range =
    after === null
      ? readRange(values, parameters)
      : { fromNs: BigInt(after.from), toNs: BigInt(after.to) };
  return {
    range,
    sort: values.sort,
    filters,
    error: values.error === undefined ? null : values.error === 'true',
    minCostUsd: values.min_cost_usd,
    limit: values.limit,
    after,
    nowNs,
    seal: (next) =>
      cursors.seal(purpose, { from: String(range.fromNs), to: String(range.toNs), ...next }),
  };
}
