/**
 * Which calls have no cost, and why: what a person looks at to add a price or to mend an
 * instrumentation. Invariant: sums come from the ledger, call by call, so that a call that was priced later, by
 * whatever entry, is gone from here.
 */
import { INPUT_BUCKETS, OUTPUT_BUCKETS } from '@ai-cost-profiler/clickhouse/usage.ts';
import { z } from 'zod';
import { coverRange } from '../coverage.ts';
import { type Filter, filterSql } from '../dimensions.ts';
import { refuseExpired } from '../expired-ledger.ts';
import { COUNT_SCHEMA, type Count, showCount } from '../figures.ts';
import { inRangeSql } from '../instant-sql.ts';
import { rangeShape, readParameters, readRange, wholeNumberSchema } from '../parameters.ts';
import { PROVISIONAL_SHAPE, type Provisional, readProvisional } from '../provisional.ts';
import { formatInstant, type InstantNs, type Range } from '../range.ts';
import { bound, name, type Sql, sql, sumOfColumns } from '../sql.ts';
import { openTenantScope, type Reader, type Store, type TenantScope } from '../tenant-scope.ts';
import { unpricedCallsSql } from '../unpriced-calls.ts';
import { mendOf } from './mend.ts';

export interface UnpricedInput {
  readonly range: Range;
  readonly filters: readonly Filter[];
  readonly limit: number;
  /** When it was asked. */
  readonly nowNs: InstantNs;
}

const ROWS_PRESET = 100;
const ROWS_MAX = 10_000;

/** The parameters of `GET /api/v1/unpriced`, without the filters by dimension. */
export function unpricedParameters(nowNs: InstantNs) {
  return z.object({ ...rangeShape(nowNs), limit: wholeNumberSchema(ROWS_PRESET, 1, ROWS_MAX) });
}

/** Reads a query string. Throws InputProblem. */
export function readUnpricedInput(parameters: URLSearchParams, nowNs: InstantNs): UnpricedInput {
  const { values, filters } = readParameters(unpricedParameters(nowNs), parameters);
  return { range: readRange(values, parameters), filters, limit: values.limit, nowNs };
}

const COUNTS = {
  /** Calls without a cost. */
  calls: COUNT_SCHEMA,
  /** Their tokens, as far as usage was told. */
  input_tokens: COUNT_SCHEMA,
  output_tokens: COUNT_SCHEMA,
};
type UnpricedCounts = Record<keyof typeof COUNTS, Count>;

const TEXTS = ['provider', 'model', 'reason', 'detail'] as const;
type UnpricedTexts = Record<(typeof TEXTS)[number], string | null>;

export type UnpricedRow = UnpricedTexts & UnpricedCounts & { readonly mend: string };

export interface UnpricedAnswer extends Provisional {
  /** Most calls first. */
  readonly rows: readonly UnpricedRow[];
  readonly other: UnpricedCounts;
  readonly totals: UnpricedCounts;
  readonly from: string;
  readonly to: string;
}

const TEXT_SCHEMA = z.string().nullable();

/** An answer as a Zod schema, for documentation. */
export const UNPRICED_ANSWER = z.object({
  rows: z.array(
    z.object({
      provider: TEXT_SCHEMA,
      model: TEXT_SCHEMA,
      reason: TEXT_SCHEMA,
      detail: TEXT_SCHEMA,
      ...COUNTS,
      mend: z
        .string()
        .describe('The command that would price such calls, or who else can mend it.'),
    }),
  ),
  other: z.object(COUNTS).describe('The groups beyond the limit, summed: rows + other = totals.'),
  totals: z.object(COUNTS),
  from: z.string(),
  to: z.string(),
  ...PROVISIONAL_SHAPE,
});

type StoredRow = Readonly<Record<(typeof TEXTS)[number] | keyof typeof COUNTS, string>> & {
  readonly is_total: string;
};

/** Answers for one reader. Throws ForbiddenQuestion, ExpiredQuestion, and what the store throws. */
export async function answerUnpriced(
  store: Store,
  reader: Reader,
  input: UnpricedInput,
): Promise<UnpricedAnswer> {
  const scope = openTenantScope(store, reader, { by: [], filters: input.filters });
  const [stored, provisional] = await Promise.all([
    scope.query<StoredRow>(unpricedSql(scope, input)),
    readProvisional(scope, { ...input, by: [] }),
  ]);
  const coverage = coverRange(input.range, null);
  await refuseExpired(scope, { coverage, dimensions: null, nowNs: input.nowNs });
  const groups = stored.filter((row) => row.is_total === '0');
  const totals = stored.find((row) => row.is_total === '1');
  const sumShown = (column: keyof UnpricedCounts) =>
    groups.reduce((sum, row) => sum + BigInt(row[column]), 0n);
  const showEach = (value: (column: keyof UnpricedCounts) => bigint): UnpricedCounts => ({
    calls: showCount(value('calls')),
    input_tokens: showCount(value('input_tokens')),
    output_tokens: showCount(value('output_tokens')),
  });
  return {
    rows: groups.map((row) => {
      const texts = showTexts(row);
      return { ...texts, ...showEach((c) => BigInt(row[c])), mend: mendOf(texts) };
    }),
    other: showEach((column) => BigInt(totals?.[column] ?? 0) - sumShown(column)),
    totals: showEach((column) => BigInt(totals?.[column] ?? 0)),
    from: formatInstant(input.range.fromNs),
    to: formatInstant(input.range.toNs),
    ...provisional,
  };
}

function showTexts(row: StoredRow): UnpricedTexts {
  return {
    provider: row.provider || null,
    model: row.model || null,
    reason: row.reason || null,
    detail: row.detail || null,
  };
}

/**
 * Call by call first: what corrects a call has no reason and no tokens of its own. What is told of a call is what its
 * newest entry without a price says.
 */
function unpricedSql(scope: TenantScope, input: UnpricedInput): Sql {
  const entries = sql`${scope.from('ledger')}${inRangeSql(input.range)}${filterSql(input.filters, 'ledger')}`;
  const newest = (column: Sql) => sql`argMaxIf(${column}, recorded_at, unpriced_calls > 0)`;
  const calls = sql`SELECT ${newest(sql`provider`)} AS p, ${newest(sql`model`)} AS m,
    ${newest(sql`unpriced_reason`)} AS r, ${newest(sql`unpriced_detail`)} AS d, sum(unpriced_calls) AS n,
    sum(${sumOfColumns(INPUT_BUCKETS)}) AS i, sum(${sumOfColumns(OUTPUT_BUCKETS)}) AS o
    ${entries} AND (${scope.traceKey}, span_id) IN (${unpricedCallsSql(scope, entries)})
    GROUP BY ${scope.traceKey}, span_id`;
  return sql`SELECT toString(grouping(p)) AS is_total,
    toString(p) AS ${name('provider')}, toString(m) AS ${name('model')}, toString(r) AS reason, toString(d) AS detail,
    toString(sum(n)) AS calls, toString(sum(i)) AS input_tokens, toString(sum(o)) AS output_tokens
    FROM (${calls})
    GROUP BY GROUPING SETS ((p, m, r, d), ())
    ORDER BY is_total DESC, sum(n) DESC, p, m, r, d
    LIMIT ${bound('UInt64', input.limit + 1)}`;
}
