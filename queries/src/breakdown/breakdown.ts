/**
 * What was spent in a range, by any dimensions: the rows that cost most, the rest as one sum, and
 * the total. Invariant: rows + other = totals, because one statement reads both and `other` is the
 * difference of integers.
 */
import { z } from 'zod';
import { type CostQuestion, costRows, coverFor, dimensionsOf } from '../cost-rows.ts';
import type { TotalledDay } from '../coverage.ts';
import { readTotalledDays } from '../day-totals/valid-builds.ts';
import { keyNames, leading } from '../dimensions.ts';
import { refuseExpired } from '../expired-ledger.ts';
import {
  FIGURE_SHAPE,
  type Figures,
  type FigureText,
  innerSums,
  OUTER_COST,
  outerSums,
  readSums,
  type Sums,
  showFigures,
  showShare,
  subtractSums,
  sumOf,
  ZERO_SUMS,
} from '../figures.ts';
import { type GroupKeys, readKeys } from '../group-keys.ts';
import { PROVISIONAL_SHAPE, type Provisional, readProvisional } from '../provisional.ts';
import { formatInstant } from '../range.ts';
import { bound, join, name, type Sql, sql } from '../sql.ts';
import { openTenantScope, type Reader, type Store, type TenantScope } from '../tenant-scope.ts';
import type { BreakdownInput } from './input.ts';

export type CostSums = Figures & { readonly share: string | null };
export type BreakdownRow = CostSums & GroupKeys;

export interface BreakdownAnswer extends Provisional {
  readonly rows: readonly BreakdownRow[];
  /** What the rows do not show; sums of nothing are 0. */
  readonly other: CostSums;
  readonly totals: CostSums;
  readonly from: string;
  readonly to: string;
}

const SUMS_SCHEMA = z.object({
  ...FIGURE_SHAPE,
  share: z
    .string()
    .nullable()
    .describe('Part of the total cost, 18 places half-even; null when the total is 0 or unknown.'),
});

/** An answer as a Zod schema, for documentation. */
export const BREAKDOWN_ANSWER = z.object({
  rows: z
    .array(SUMS_SCHEMA.catchall(z.string().nullable()))
    .describe('Each with the dimensions asked for; a missing one is null. Most expensive first.'),
  other: SUMS_SCHEMA.describe('The groups beyond the limit, summed: rows + other = totals.'),
  totals: SUMS_SCHEMA,
  from: z.string(),
  to: z.string(),
  ...PROVISIONAL_SHAPE,
});

type StoredRow = FigureText & { readonly is_total: string } & Readonly<
    Record<`k${number}`, string>
  >;

/** Answers a breakdown for one reader. Throws ForbiddenQuestion, ExpiredQuestion, and what the store throws. */
export async function answerBreakdown(
  store: Store,
  reader: Reader,
  input: BreakdownInput,
): Promise<BreakdownAnswer> {
  const scope = openTenantScope(store, reader, input);
  const dimensions = dimensionsOf(input.by, input.filters);
  const [stored, provisional] = await Promise.all([
    readTotalledDays(scope, input.range, dimensions).then((days) =>
      scope.query<StoredRow>(breakdownSql(scope, input, days)),
    ),
    readProvisional(scope, input),
  ]);
  const { coverage } = questionOf(input, []);
  await refuseExpired(scope, { coverage, dimensions, nowNs: input.nowNs });
  const groups = stored
    .filter((row) => row.is_total === '0')
    .map((row) => ({ keys: readKeys(row, input.by, 'k'), sums: readSums(row) }));
  const total = stored.find((row) => row.is_total === '1');
  const totals = total === undefined ? ZERO_SUMS : readSums(total);
  const shown = sumOf(groups.map((group) => group.sums));
  const show = (sums: Sums): CostSums => ({
    ...showFigures(sums),
    share: showShare(sums, totals),
  });
  return {
    rows: groups.map((group) => ({ ...group.keys, ...show(group.sums) })),
    other: show(subtractSums(totals, shown)),
    totals: show(totals),
    from: formatInstant(input.range.fromNs),
    to: formatInstant(input.range.toNs),
    ...provisional,
  };
}

function breakdownSql(
  scope: TenantScope,
  input: BreakdownInput,
  days: readonly TotalledDay[],
): Sql {
  const rows = costRows(scope, questionOf(input, days));
  const keys = keyNames(input.by);
  if (keys.length === 0) {
    // Without dimensions the one group is the total.
    const both = sql`SELECT arrayJoin(['0', '1']) AS is_total, * FROM (SELECT ${outerSums()}`;
    return sql`${both} FROM (${rows}))`;
  }
  const order = join([sql`is_total DESC`, sql`coalesce(${OUTER_COST}, 0) DESC`, ...keys], ', ');
  const sets = sql`GROUPING SETS ((${join(keys, ', ')}), ())`;
  return sql`SELECT toString(grouping(${name('k0')})) AS is_total, ${leading(keys)}${outerSums()} FROM (${rows}) GROUP BY ${sets} ORDER BY ${order} LIMIT ${bound('UInt64', input.limit + 1)}`;
}

function questionOf(input: BreakdownInput, days: readonly TotalledDay[]): CostQuestion {
  const coverage = coverFor(input.range, dimensionsOf(input.by, input.filters), [], days);
  const { by, filters } = input;
  return { by, filters, coverage, bucketed: false, sums: innerSums() };
}
