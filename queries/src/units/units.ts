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
import { CACHE_PRICED_CALLS, CACHE_SAVED_SCHEMA, showCacheSaved } from '../cache-savings.ts';
import { coverRange } from '../coverage.ts';
import {
  type Dimension,
  type Filter,
  filterSql,
  keyColumns,
  keyNames,
  leading,
} from '../dimensions.ts';
import { refuseExpired } from '../expired-ledger.ts';
import { COUNT_SCHEMA, costIsUnknown, MONEY_SCHEMA, showCount } from '../figures.ts';
import { inRangeSql } from '../instant-sql.ts';
import { rangeShape, readParameters, readRange, wholeNumberSchema } from '../parameters.ts';
import { PROVISIONAL_SHAPE, readProvisional } from '../provisional.ts';
import { formatInstant, type InstantNs, type Range } from '../range.ts';
import { bound, name, type Sql, sql } from '../sql.ts';
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

const QUOTIENT = z
  .string()
  .nullable()
  .describe(
    'US dollars, 18 places half-even: the cost of the calls that have one, divided by these calls, by the traces that have a cost; of the calls that tell a user, by the users.',
  );
const FIGURES = z.object({
  calls: COUNT_SCHEMA,
  unpriced_calls: COUNT_SCHEMA.describe('Without a price: no part of any cost here.'),
  traces: COUNT_SCHEMA,
  users: COUNT_SCHEMA.describe(
    'Different users that have calls or a cost, as far as calls tell one.',
  ),
  cost_usd: MONEY_SCHEMA,
  cache_priced_calls: COUNT_SCHEMA.describe(CACHE_PRICED_CALLS),
  cache_saved_usd: CACHE_SAVED_SCHEMA,
  cost_usd_per_call: QUOTIENT,
  cost_usd_per_trace: QUOTIENT,
  cost_usd_per_user: QUOTIENT,
  trace_cost_usd: z
    .object({
      p50: MONEY_SCHEMA,
      p90: MONEY_SCHEMA,
      p95: MONEY_SCHEMA,
      p99: MONEY_SCHEMA,
      max: MONEY_SCHEMA,
    })
    .describe('Of the traces that have a cost, each with what of it is of the row: exact.'),
});
type UnitFigures = z.output<typeof FIGURES>;

const UNIT_VALUE = z.string().nullable().optional();
const ROW = FIGURES.extend({
  user: UNIT_VALUE,
  session: UNIT_VALUE,
  feature: UNIT_VALUE,
  prompt: UNIT_VALUE,
  agent: UNIT_VALUE,
  model: UNIT_VALUE,
} satisfies Record<Exclude<Unit, 'trace'>, typeof UNIT_VALUE>);

/** An answer. */
export const UNITS_ANSWER = z.object({
  rows: z
    .array(ROW)
    .describe(
      'Most expensive first, each with its unit alone (user, feature, …), null where calls have none; none per trace.',
    ),
  totals: FIGURES,
  from: z.string(),
  to: z.string(),
  ...PROVISIONAL_SHAPE,
});
export type UnitsAnswer = z.output<typeof UNITS_ANSWER>;

type StoredRow = Readonly<
  Record<
    | 'is_total'
    | 'unit'
    | 'cost'
    | 'cache_priced'
    | 'saved'
    | 'priced_traces'
    | 'calls'
    | 'unpriced_calls'
    | 'traces'
    | 'users',
    string
  > &
    // Of the calls that tell a user.
    Record<'user_calls' | 'user_unpriced' | 'user_cost', string>
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
  cache_priced: '0',
  saved: '0',
  priced_traces: '0',
  user_calls: '0',
  user_unpriced: '0',
  user_cost: '0',
  percentiles: [],
};

type CostSums = Parameters<typeof costIsUnknown>[0];

function sumsOf(calls: string, unpriced: string, cost: string): CostSums {
  const counts = { calls: BigInt(calls), unpriced_calls: BigInt(unpriced) };
  return { ...counts, cost_usd: parseDecimal(cost, MONEY_SCALE) };
}

function per(sums: CostSums, count: bigint): string | null {
  return costIsUnknown(sums) || count <= 0n
    ? null
    : formatUsd(divideHalfEven(sums.cost_usd, count));
}

function show(row: StoredRow): UnitFigures {
  const sums = sumsOf(row.calls, row.unpriced_calls, row.cost);
  const { calls, unpriced_calls: unpriced, cost_usd: cost } = sums;
  const ofUsers = sumsOf(row.user_calls, row.user_unpriced, row.user_cost);
  const priced = BigInt(row.priced_traces);
  const cachePriced = BigInt(row.cache_priced);
  const saved = parseDecimal(row.saved, MONEY_SCALE);
  const percentile = (index: number): string | null => {
    const text = row.percentiles[index];
    return priced === 0n || text === undefined ? null : formatUsd(parseDecimal(text, MONEY_SCALE));
  };
  return {
    calls: showCount(calls),
    unpriced_calls: showCount(unpriced),
    traces: showCount(BigInt(row.traces)),
    users: showCount(BigInt(row.users)),
    cost_usd: costIsUnknown(sums) ? null : formatUsd(cost),
    cache_priced_calls: showCount(cachePriced),
    cache_saved_usd: showCacheSaved({
      calls,
      cache_priced_calls: cachePriced,
      cache_saved_usd: saved,
    }),
    cost_usd_per_call: per(sums, calls - unpriced),
    cost_usd_per_trace: per(sums, priced),
    cost_usd_per_user: per(ofUsers, BigInt(row.users)),
    trace_cost_usd: {
      p50: percentile(0),
      p90: percentile(1),
      p95: percentile(2),
      p99: percentile(3),
      max: percentile(4),
    },
  };
}

/**
 * Rows and totals in one statement, which reads the entries of each once, by trace and by user; a trace that two
 * features share is two parts in the rows and one in the totals. Who has neither calls nor cost, because what was
 * booked was taken back, is no user.
 */
function unitsSql(scope: TenantScope, { range, per, filters, limit }: UnitsInput): Sql {
  const partsOf = (by: readonly Dimension[]): Sql => {
    const [columns, keys] = [keyColumns(by, 'ledger'), leading(keyNames(by))];
    return sql`SELECT ${leading(columns)}${scope.traceKey} AS trace_key, grouping(trace_key) AS is_user, ${name('user')} AS told,
      sum(calls) AS c, sum(unpriced_calls) AS u, sum(coalesce(cost_usd, 0)) AS m,
      sum(cache_priced_calls) AS p, sum(coalesce(cache_saved_usd, 0)) AS s, c > u OR m != 0 AS has_cost
      ${scope.from('ledger')}${inRangeSql(range)}${filterSql(filters, 'ledger')}
      GROUP BY GROUPING SETS ((${keys}trace_key), (${keys}told))`;
  };
  const known = sql`is_user = 1 AND told != ''`;
  const figures = sql`toString(sumIf(c, is_user = 0)) AS calls, toString(sumIf(u, is_user = 0)) AS unpriced_calls, toString(sumIf(m, is_user = 0)) AS cost,
    toString(sumIf(p, is_user = 0)) AS cache_priced, toString(sumIf(s, is_user = 0)) AS saved,
    toString(countIf(is_user = 0 AND (c != 0 OR m != 0))) AS traces, toString(countIf(is_user = 0 AND has_cost)) AS priced_traces,
    toString(countIf(${known} AND (c != 0 OR m != 0))) AS users, toString(sumIf(c, ${known})) AS user_calls,
    toString(sumIf(u, ${known})) AS user_unpriced, toString(sumIf(m, ${known})) AS user_cost,
    arrayMap(x -> toString(x), quantilesExactIf(0.5, 0.9, 0.95, 0.99, 1)(m, is_user = 0 AND has_cost)) AS percentiles`;
  const totals = sql`SELECT '1' AS is_total, '' AS unit, ${figures} FROM (${partsOf([])})`;
  if (per === 'trace') return totals;
  const rows = sql`SELECT '0' AS is_total, k0 AS unit, ${figures} FROM (${partsOf([per])}) GROUP BY k0
    ORDER BY sumIf(m, is_user = 0) DESC, k0 LIMIT ${bound('UInt64', limit)}`;
  return sql`SELECT * FROM (${totals}) UNION ALL SELECT * FROM (${rows})`;
}
