/**
 * What was spent of a budget, for all of its keys at once: one statement sums the period and every burn window, whole
 * hours and days from the rollups, edges from the ledger, and takes away what settle has not looked at.
 */
import { DELETED_USER } from '@ai-cost-profiler/clickhouse/deleted-user.ts';
import { formatUsd, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { type CostQuestion, costRows, coverFor, dimensionsOf } from '../cost-rows.ts';
import type { TotalledDay } from '../coverage.ts';
import { readTotalledDays } from '../day-totals/valid-builds.ts';
import {
  type Dimension,
  filterSql,
  keyColumns,
  keyNames,
  leading,
  ledgerSourceFor,
  rollupFor,
} from '../dimensions.ts';
import { refuseExpired } from '../expired-ledger.ts';
import { inRangeSql, instantSql } from '../instant-sql.ts';
import { openTracesSql } from '../provisional.ts';
import { formatInstant, type InstantNs, type Range } from '../range.ts';
import { bound, join, name, type Sql, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { type Budget, filtersOf } from './definition.ts';
import type { Moment } from './moment.ts';

/** What was spent under one key, or in all. */
export interface Spending {
  /** Value of the dimension of `each`; '' where the budget has none. */
  readonly key: string;
  readonly isTotal: boolean;
  readonly calls: bigint;
  readonly unpricedCalls: bigint;
  readonly spentAtto: bigint;
  /** As `burnRanges` of the moment. */
  readonly burnAtto: readonly bigint[];
}

export const NOTHING_SPENT: Spending = {
  key: '',
  isTotal: true,
  calls: 0n,
  unpricedCalls: 0n,
  spentAtto: 0n,
  burnAtto: [],
};

export interface SpendingQuestion {
  readonly scope: TenantScope;
  readonly budget: Budget;
  readonly moment: Moment;
  readonly nowNs: InstantNs;
  readonly limit: number;
  /**
   * How many of the keys that spent most; beside them at most `limit` of those in a state that somebody is told of.
   * Null: `limit` keys, in whatever state.
   */
  readonly topKeys: number | null;
}

type StoredRow = Readonly<
  Record<'is_total' | 'k0' | 'calls' | 'unpriced_calls' | 'cost_0', string>
> &
  Readonly<Record<string, string>>;

/**
 * The total of all, and then keys, those that spent most first: one more than was asked for where there are more.
 * Throws ExpiredQuestion, and what the store throws.
 */
export async function readSpending(question: SpendingQuestion): Promise<Spending[]> {
  const { scope, budget, moment, nowNs } = question;
  const ranges = rangesOf(moment);
  const dimensions = dimensionsOf(byOf(budget), filtersOf(budget));
  const days = await readTotalledDays(scope, moment.spentRange, dimensions);
  const stored = await scope.query<StoredRow>(spendingSql({ ...question, days }));
  for (const range of ranges) {
    const coverage = coverFor(range, dimensions, []);
    const asked = `the budget counts from ${formatInstant(range.fromNs)} to ${formatInstant(range.toNs)}`;
    await refuseExpired(scope, { coverage, dimensions, nowNs, asked });
  }
  return stored.map((row) => ({
    key: row.k0,
    isTotal: row.is_total === '1',
    calls: BigInt(row.calls),
    unpricedCalls: BigInt(row.unpriced_calls),
    spentAtto: parseUsd(row.cost_0),
    burnAtto: moment.burnRanges.map((_, at) => parseUsd(row[`cost_${at + 1}`] ?? '0')),
  }));
}

interface Summed extends SpendingQuestion {
  /** What has totals of the period; burn windows use the same. */
  readonly days: readonly TotalledDay[];
}

const byOf = ({ each }: Budget): readonly Dimension[] => (each === null ? [] : [each]);

/** The period first, then the burn windows: places are the numbers of `w`. */
const rangesOf = (moment: Moment): readonly Range[] => [moment.spentRange, ...moment.burnRanges];

const SUMS = sql`sum(calls) AS sum_calls, sum(unpriced_calls) AS sum_unpriced_calls, sum(coalesce(cost_usd, 0)) AS sum_cost_usd`;

/** Tells a call from every other one of a tenant. */
const CALL_KEY = sql`murmurHash3_128(trace_id, span_id)`;

const place = (at: number): Sql => bound('UInt32', at);

/** Rows `w`, the key, and signed sums; a key may come several times. */
function partsOf({ scope, budget, moment, days }: Summed): Sql {
  const [by, filters] = [byOf(budget), filtersOf(budget)];
  const keys = keyNames(by);
  const parts = rangesOf(moment).flatMap((range, at) => {
    const coverage = coverFor(range, dimensionsOf(by, filters), [], days);
    const asked: CostQuestion = { by, filters, coverage, bucketed: false, sums: SUMS };
    const known = sql`SELECT ${place(at)} AS w, * FROM (${costRows(scope, asked)})`;
    if (moment.markNs === null) return [known];
    const open = openRows(scope, asked, range, moment.markNs);
    return [
      known,
      sql`SELECT ${place(at)} AS w, ${leading(keys)}-sum_calls, -sum_unpriced_calls, -sum_cost_usd FROM (${open})`,
    ];
  });
  return join(parts, ' UNION ALL ');
}

/**
 * Of traces that still go on, the calls that were booked after the mark. What was booked by then counts, with every
 * correction since: a trace may go on for hours, and a correction that was left out would count a call twice.
 */
function openRows(scope: TenantScope, asked: CostQuestion, range: Range, markNs: InstantNs): Sql {
  const { by, filters } = asked;
  const open = openTracesSql(scope, instantSql(markNs));
  const booked = sql`SELECT ${CALL_KEY} ${scope.from('ledger')} AND recorded_at <= ${instantSql(markNs)}${open}`;
  const source = ledgerSourceFor(dimensionsOf(by, filters));
  const keys = keyNames(by);
  const grouping = keys.length === 0 ? sql`` : sql` GROUP BY ${join(keys, ', ')}`;
  return sql`SELECT ${leading(keyColumns(by, source))}${SUMS} ${scope.from('ledger')}${inRangeSql(range)}${filterSql(filters, source)}${open} AND ${CALL_KEY} NOT IN (${booked})${grouping}`;
}

function spendingSql(question: Summed): Sql {
  const { budget, moment, limit, topKeys } = question;
  const keys = keyNames(byOf(budget));
  const costs = rangesOf(moment).map(
    (_, at) => sql`sumIf(sum_cost_usd, w = ${place(at)}) AS ${name(`spent_${at}`)}`,
  );
  const shown = rangesOf(moment).map(
    (_, at) => sql`toString(${name(`spent_${at}`)}) AS ${name(`cost_${at}`)}`,
  );
  const sums = join(
    [sql`sumIf(sum_calls, w = 0) AS n`, sql`sumIf(sum_unpriced_calls, w = 0) AS u`, ...costs],
    ', ',
  );
  const grouped = groupedSql(keys, sums, partsOf(question));
  const isKey = keySql(question);
  const placed = sql`SELECT *, ${isKey} AS is_key, row_number() OVER (PARTITION BY is_key ORDER BY spent_0 DESC, k0) AS place FROM (${grouped})`;
  const isTold =
    topKeys === null
      ? sql`true`
      : sql`place <= ${bound('UInt64', topKeys)} OR ${join(alertingSql(moment), ' OR ')}`;
  // The total, and one more.
  const rowsMax = limit + (topKeys ?? 0) + 2;
  return sql`SELECT toString(whole) AS is_total, k0, toString(n) AS calls, toString(u) AS unpriced_calls, ${join(shown, ', ')}
    FROM (${placed}) WHERE whole = 1 OR is_key AND (${isTold})
    ORDER BY whole DESC, spent_0 DESC, k0 LIMIT ${bound('UInt64', rowsMax)}`;
}

/** Without `each` the one group is the total, and the only key. */
function groupedSql(keys: readonly Sql[], sums: Sql, parts: Sql): Sql {
  if (keys.length === 0) {
    return sql`SELECT arrayJoin([0, 1]) AS whole, '' AS k0, * FROM (SELECT ${sums} FROM (${parts}))`;
  }
  return sql`SELECT grouping(k0) AS whole, k0, ${sums} FROM (${parts}) GROUP BY GROUPING SETS ((k0), ())`;
}

/** Which rows are of a key. Calls without a value, beyond the limit of values, or of deleted persons are of none. */
function keySql({ budget }: SpendingQuestion): Sql {
  const conditions = [sql`whole = 0`];
  if (budget.each !== null) {
    const dimensions = dimensionsOf(byOf(budget), filtersOf(budget));
    conditions.push(sql`k0 != ''`, sql`k0 != ${bound('String', DELETED_USER)}`);
    if (rollupFor(dimensions) !== null) conditions.push(sql`k0 != '(over limit)'`);
  }
  return sql`(${join(conditions, ' AND ')})`;
}

function alertingSql({ amountAtto, warnAtto, burnLimits }: Moment): Sql[] {
  const usd = (atto: bigint) => bound('Decimal(38, 18)', formatUsd(atto));
  const burning = burnLimits.map(
    ({ fast, slow }) =>
      sql`(${name(`spent_${fast.at + 1}`)} >= ${usd(fast.limitAtto)} AND ${name(`spent_${slow.at + 1}`)} >= ${usd(slow.limitAtto)})`,
  );
  const warning = warnAtto === null ? [] : [sql`spent_0 >= ${usd(warnAtto)}`];
  return [sql`spent_0 > ${usd(amountAtto)}`, ...warning, ...burning];
}
