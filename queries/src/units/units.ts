/**
 * What one unit costs: a call, a trace, a user, by whom or what it was for, with percentiles of the cost of a trace.
 * Invariant: sums and percentiles are exact (each is the cost of one of the traces); a quotient is rounded once.
 */
import {
  divideHalfEven,
  formatUsd,
  MONEY_SCALE,
  parseDecimal,
} from '@ai-cost-profiler/clickhouse/money.ts';
import { z } from 'zod';
import { coverRange } from '../coverage.ts';
import { type Dimension, type Filter, filterSql, keyColumns } from '../dimensions.ts';
import { refuseExpired } from '../expired-ledger.ts';
import { COUNT_SCHEMA, type Count, costIsUnknown, MONEY_SCHEMA, showCount } from '../figures.ts';
import { inRangeSql } from '../instant-sql.ts';
import { rangeShape, readParameters, readRange, wholeNumberSchema } from '../parameters.ts';
import { PROVISIONAL_SHAPE, type Provisional, readProvisional } from '../provisional.ts';
import { formatInstant, type InstantNs, type Range } from '../range.ts';
import { bound, join, name, type Sql, sql } from '../sql.ts';
import { openTenantScope, type Reader, type Store, type TenantScope } from '../tenant-scope.ts';

/** `trace`: of the whole range, without rows. */
const UNITS = ['user', 'session', 'feature', 'prompt', 'agent', 'model', 'trace'] as const;
export type Unit = (typeof UNITS)[number];

const ROWS_PRESET = 100;
const ROWS_MAX = 10_000;

export interface UnitsInput {
  readonly range: Range;
  readonly per: Unit;
  readonly filters: readonly Filter[];
  readonly limit: number;
  /** When it was asked. */
  readonly nowNs: InstantNs;
}

/** The parameters of `GET /api/v1/costs/units`, without the filters by dimension. */
export function unitsParameters(nowNs: InstantNs) {
  return z.object({
    ...rangeShape(nowNs),
    per: z
      .enum(UNITS)
      .default('user')
      .describe('Whose cost a row is; trace: totals only, over all traces.'),
    limit: wholeNumberSchema(ROWS_PRESET, 1, ROWS_MAX),
  });
}

/** Reads a query string. Throws InputProblem. */
export function readUnitsInput(parameters: URLSearchParams, nowNs: InstantNs): UnitsInput {
  const { values, filters } = readParameters(unitsParameters(nowNs), parameters);
  const { per, limit } = values;
  return { range: readRange(values, parameters), per, filters, limit, nowNs };
}

const COUNTS = ['calls', 'unpriced_calls', 'traces', 'users'] as const;
const QUOTIENTS = ['per_call', 'per_trace', 'per_user'] as const;
const PERCENTILES = ['p50', 'p90', 'p95', 'p99', 'max'] as const;

export type UnitFigures = Readonly<Record<(typeof COUNTS)[number], Count>> & {
  readonly cost_usd: string | null;
  readonly cost_usd_per_call: string | null;
  readonly cost_usd_per_trace: string | null;
  readonly cost_usd_per_user: string | null;
  readonly trace_cost_usd: Readonly<Record<(typeof PERCENTILES)[number], string | null>>;
};

export type UnitRow = UnitFigures & { readonly [U in Unit]?: string | null };

export interface UnitsAnswer extends Provisional {
  /** Most expensive first; none per trace. */
  readonly rows: readonly UnitRow[];
  readonly totals: UnitFigures;
  readonly from: string;
  readonly to: string;
}

const QUOTIENT = z
  .string()
  .nullable()
  .describe(
    'US dollars, 18 places half-even: the cost of the calls that have one, divided by these calls, by the traces that have a cost, by the users.',
  );
const FIGURES = z.object({
  calls: COUNT_SCHEMA,
  unpriced_calls: COUNT_SCHEMA.describe('Without a price: no part of any cost here.'),
  traces: COUNT_SCHEMA,
  users: COUNT_SCHEMA.describe('Different users, as far as calls tell one.'),
  cost_usd: MONEY_SCHEMA,
  ...Object.fromEntries(QUOTIENTS.map((quotient) => [`cost_usd_${quotient}`, QUOTIENT])),
  trace_cost_usd: z
    .object(Object.fromEntries(PERCENTILES.map((percentile) => [percentile, MONEY_SCHEMA])))
    .describe('Of the traces that have a cost, each with what of it is of the row: exact.'),
});

/** An answer as a Zod schema, for documentation. */
export const UNITS_ANSWER = z.object({
  rows: z
    .array(FIGURES.catchall(z.string().nullable()))
    .describe('Each with its unit (user, feature, …); null where calls have none.'),
  totals: FIGURES,
  from: z.string(),
  to: z.string(),
  ...PROVISIONAL_SHAPE,
});

type StoredRow = Readonly<
  Record<'is_total' | 'unit' | 'cost' | 'priced_traces' | (typeof COUNTS)[number], string>
> & { readonly percentiles: readonly string[] };

/** Answers for one reader. Throws ForbiddenQuestion, ExpiredQuestion, and what the store throws. */
export async function answerUnits(
  store: Store,
  reader: Reader,
  input: UnitsInput,
): Promise<UnitsAnswer> {
  const { range, per, filters, nowNs } = input;
  const scope = openTenantScope(store, reader, { by: [], filters });
  const [stored, provisional] = await Promise.all([
    scope.query<StoredRow>(unitsSql(scope, input)),
    // Of the ledger, as no rollup tells traces.
    readProvisional(scope, { range, by: ['session'], filters, nowNs }),
  ]);
  await refuseExpired(scope, { coverage: coverRange(range, null), dimensions: null, nowNs });
  const total = stored.find((row) => row.is_total === '1');
  return {
    rows: stored
      .filter((row) => row.is_total === '0')
      .map((row) => ({ [per]: row.unit || null, ...show(row) })),
    totals: show(total ?? NOTHING),
    from: formatInstant(range.fromNs),
    to: formatInstant(range.toNs),
    ...provisional,
  };
}

const NOTHING: StoredRow = {
  is_total: '1',
  unit: '',
  calls: '0',
  unpriced_calls: '0',
  traces: '0',
  users: '0',
  cost: '0',
  priced_traces: '0',
  percentiles: [],
};

function show(row: StoredRow): UnitFigures {
  const [calls, unpriced] = [BigInt(row.calls), BigInt(row.unpriced_calls)];
  const cost = parseDecimal(row.cost, MONEY_SCALE);
  const priced = BigInt(row.priced_traces);
  const isUnknown = costIsUnknown({ calls, unpriced_calls: unpriced, cost_usd: cost });
  const per = (count: bigint): string | null =>
    isUnknown || count <= 0n ? null : formatUsd(divideHalfEven(cost, count));
  const percentile = (index: number): string | null => {
    const text = row.percentiles[index];
    return priced === 0n || text === undefined ? null : formatUsd(parseDecimal(text, MONEY_SCALE));
  };
  return {
    calls: showCount(calls),
    unpriced_calls: showCount(unpriced),
    traces: showCount(BigInt(row.traces)),
    users: showCount(BigInt(row.users)),
    cost_usd: isUnknown ? null : formatUsd(cost),
    cost_usd_per_call: per(calls - unpriced),
    cost_usd_per_trace: per(priced),
    cost_usd_per_user: per(BigInt(row.users)),
    trace_cost_usd: {
      p50: percentile(0),
      p90: percentile(1),
      p95: percentile(2),
      p99: percentile(3),
      max: percentile(4),
    },
  };
}

/** Rows and totals in one statement; a trace that two features share is two parts in the rows and one in the totals. */
function unitsSql(scope: TenantScope, { range, per, filters, limit }: UnitsInput): Sql {
  const tracesOf = (by: readonly Dimension[]): Sql => {
    const unit = by.length === 0 ? sql`'' AS k0` : join(keyColumns(by, 'ledger'), ', ');
    return sql`SELECT ${unit}, ${scope.traceKey} AS trace_key, sum(calls) AS c, sum(unpriced_calls) AS u,
      sum(coalesce(cost_usd, 0)) AS m, groupUniqArrayIf(${name('user')}, ${name('user')} != '') AS trace_users,
      c > u OR m != 0 AS has_cost
      ${scope.from('ledger')}${inRangeSql(range)}${filterSql(filters, 'ledger')} GROUP BY k0, trace_key`;
  };
  const figures = sql`toString(sum(c)) AS calls, toString(sum(u)) AS unpriced_calls, toString(sum(m)) AS cost,
    toString(countIf(c != 0 OR m != 0)) AS traces, toString(countIf(has_cost)) AS priced_traces, toString(uniqExactArray(trace_users)) AS users,
    arrayMap(x -> toString(x), quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(m, has_cost)) AS percentiles`;
  const totals = sql`SELECT '1' AS is_total, '' AS unit, ${figures} FROM (${tracesOf([])})`;
  if (per === 'trace') return totals;
  const rows = sql`SELECT '0' AS is_total, k0 AS unit, ${figures} FROM (${tracesOf([per])}) GROUP BY k0
    ORDER BY sum(m) DESC, k0 LIMIT ${bound('UInt64', limit)}`;
  return sql`SELECT * FROM (${totals}) UNION ALL SELECT * FROM (${rows})`;
}
