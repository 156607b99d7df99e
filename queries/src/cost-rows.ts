/**
 * The rows every cost question sums: whole days from their totals where those hold, other whole units from the
 * rollup, the rest from the ledger, one column set. Invariant: each ledger entry of the range is counted once,
 * whatever its instant.
 */
import {
  type Coverage,
  coverRange,
  DAY_SECONDS,
  HOUR_SECONDS,
  type TotalledDay,
  useTotals,
} from './coverage.ts';
import {
  type Dimension,
  type Filter,
  filterSql,
  keyColumns,
  keyNames,
  leading,
  ledgerSourceFor,
  rollupFor,
  type Source,
  totalsDimension,
} from './dimensions.ts';
import { inRangeSql, instantSql } from './instant-sql.ts';
import { NS_PER_SECOND, type Range } from './range.ts';
import { bound, join, type Sql, sql, wholeNumbers } from './sql.ts';
import type { TenantScope } from './tenant-scope.ts';

export interface CostQuestion {
  readonly by: readonly Dimension[];
  readonly filters: readonly Filter[];
  readonly coverage: Coverage;
  /** Whether rows carry `bucket`, the element of INTERVAL_STARTS they fall in. */
  readonly bucketed: boolean;
  /** What to sum, as sum_* columns. */
  readonly sums: Sql;
}

/** `WITH … ` before a bucketed statement: starts in seconds, ascending, none after the first row. */
export function withIntervalStarts(starts: readonly bigint[]): Sql {
  return sql`WITH [${wholeNumbers(starts)}] AS interval_starts `;
}

/** The rollup that a question can use, and the range split for it. `days`: those of `readTotalledDays`. */
export function coverFor(
  range: Range,
  dimensions: readonly Dimension[],
  boundaries: readonly bigint[],
  days: readonly TotalledDay[] = [],
): Coverage {
  const rollup = rollupFor(dimensions);
  if (rollup === null) return coverRange(range, null);
  if (rollup === 'cost_daily') return coverRange(range, DAY_SECONDS, boundaries);
  return useTotals(coverRange(range, HOUR_SECONDS, boundaries), days, boundaries);
}

/** Every dimension a question depends on. */
export function dimensionsOf(
  by: readonly Dimension[],
  filters: readonly Filter[],
): readonly Dimension[] {
  return [...by, ...filters.map((filter) => filter.dimension)];
}

/**
 * A statement whose rows are partial sums: columns `bucket` (when bucketed), k0, k1, … and sum_*.
 * A group may come once from each table; the caller sums again.
 */
export function costRows(scope: TenantScope, question: CostQuestion): Sql {
  const { coverage } = question;
  const dimensions = dimensionsOf(question.by, question.filters);
  const [rollup, totalled] = [rollupFor(dimensions), totalsDimension(dimensions)];
  const parts: Sql[] = [];
  if (coverage.days.length > 0 && totalled !== null) {
    const rows = sql`${scope.from('cost_day_totals')} AND dimension = ${bound('String', totalled)}`;
    parts.push(groupRows(question, 'cost_day_totals', sql`${rows}${buildCondition(coverage)}`));
  }
  if (coverage.rollup.length > 0 && rollup !== null) {
    const table = scope.from(rollup);
    parts.push(groupRows(question, rollup, sql`${table}${unitCondition(coverage, rollup)}`));
  }
  if (coverage.ledger) {
    const source = ledgerSourceFor(dimensionsOf(question.by, question.filters));
    parts.push(
      groupRows(question, source, sql`${scope.from('ledger')}${ledgerCondition(coverage)}`),
    );
  }
  return join(parts, ' UNION ALL ');
}

const UNIT_SECONDS = {
  cost_day_totals: sql`toUnixTimestamp(toDateTime(day, 'UTC'))`,
  cost_hourly: sql`toUnixTimestamp(hour)`,
  cost_daily: sql`toUnixTimestamp(toDateTime(day, 'UTC'))`,
  ledger: sql`toUnixTimestamp(start_time)`,
  ledger_as_rollup: sql`toUnixTimestamp(start_time)`,
} as const satisfies Record<Source, Sql>;

function groupRows(question: CostQuestion, source: Source, from: Sql): Sql {
  const { by, filters, bucketed, sums } = question;
  const keys = [...keyColumns(by, source)];
  const names = [...keyNames(by)];
  if (bucketed) {
    keys.unshift(sql`roundDown(toInt64(${UNIT_SECONDS[source]}), interval_starts) AS bucket`);
    names.unshift(sql`bucket`);
  }
  const grouping = names.length === 0 ? sql`` : sql` GROUP BY ${join(names, ', ')}`;
  return sql`SELECT ${leading(keys)}${sums} ${from}${filterSql(filters, source)}${grouping}`;
}

/** Each day is named with its build: another between may have no valid one, and any several. */
function buildCondition({ days }: Coverage): Sql {
  const numbers = days.map(({ start }) => start / DAY_SECONDS);
  const builds = days.map(
    ({ build }, index) => sql`(${wholeNumbers([numbers[index]!])}, ${wholeNumbers([build])})`,
  );
  const date = (number: bigint) => sql`toDate(${wholeNumbers([number])})`;
  const hull = sql` AND day >= ${date(numbers[0]!)} AND day <= ${date(numbers.at(-1)!)}`;
  return sql`${hull} AND (toUInt16(day), build) IN (${join(builds, ', ')})`;
}

const UNIT_COLUMNS = { cost_hourly: sql`hour`, cost_daily: sql`day` } as const;

/** Ranges of the key, so that the engine reads no more than these. */
function unitCondition(coverage: Coverage, rollup: 'cost_hourly' | 'cost_daily'): Sql {
  const column = UNIT_COLUMNS[rollup];
  const runs = coverage.rollup.map(
    ({ from, to }) =>
      sql`(${column} >= ${unitStart(from, rollup)} AND ${column} < ${unitStart(to, rollup)})`,
  );
  const within = sql` AND (${join(runs, ' OR ')})`;
  const except = coverage.whole?.except ?? [];
  if (except.length === 0) return within;
  return sql`${within} AND ${UNIT_SECONDS[rollup]} NOT IN (${wholeNumbers(except)})`;
}

function unitStart(second: bigint, rollup: 'cost_hourly' | 'cost_daily'): Sql {
  const time = sql`toDateTime(${wholeNumbers([second])}, 'UTC')`;
  return rollup === 'cost_daily' ? sql`toDate(${time})` : time;
}

function ledgerCondition(coverage: Coverage): Sql {
  const { range, whole } = coverage;
  const inRange = inRangeSql(range);
  if (whole === null) return inRange;
  const [first, last] = [whole.from * NS_PER_SECOND, whole.to * NS_PER_SECOND];
  const edges = sql`start_time < ${instantSql(first)} OR start_time >= ${instantSql(last)}`;
  if (whole.except.length === 0) return sql`${inRange} AND (${edges})`;
  // Written over toDateTime(start_time), the ledger's key, so that the engine reads these units only.
  const unit = sql`intDiv(toUnixTimestamp(toDateTime(start_time)), ${bound('UInt32', whole.unitSeconds)})`;
  const cut = wholeNumbers(whole.except.map((start) => start / whole.unitSeconds));
  return sql`${inRange} AND (${edges} OR ${unit} IN (${cut}))`;
}
