/**
 * Stacks whose frames are values of dimensions. Invariant: stacks and totals come from one statement, so that what is
 * cut off is known exactly.
 */
import { costRows, coverFor, dimensionsOf } from '../cost-rows.ts';
import { type Coverage, coverRange } from '../coverage.ts';
import { type Dimension, keyColumns, keyNames, ledgerSourceFor } from '../dimensions.ts';
import { bound, join, type Sql, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { SUM_DURATION, withDurations } from './durations.ts';
import { type AskedEntries, entriesSql } from './entries.ts';
import {
  FACT_NAMES,
  FACTS_SELECTED,
  type GroupText,
  groupFigures,
  groupSums,
  type Leaves,
  splitsCost,
  stacksOfGroup,
  weightsOf,
} from './group-figures.ts';
import type { PriceUsage } from './split-cost.ts';
import type { ReadSide } from './stacks.ts';
import { NO_WEIGHTS, type Weight } from './weights.ts';

/** Groups that are read at most; the lighter ones are told as a sum. */
const GROUPS_MAX = 20_000;

export interface DimensionQuestion {
  readonly entries: AskedEntries;
  readonly by: readonly Dimension[];
  readonly leaves: Leaves;
  /** Groups that weigh most are read first. */
  readonly weight: Weight;
  /** Whether durations are wanted: they are read from the spans. */
  readonly durations: boolean;
}

/** How the rollups cover a question; durations, releases, traces and prices are told by the ledger alone. */
export function coverageOf({ entries, by, leaves, durations }: DimensionQuestion): Coverage {
  const { range, version, traceId, filters } = entries;
  const isPlain = !durations && version === null && traceId === null && !splitsCost(leaves);
  return isPlain ? coverFor(range, dimensionsOf(by, filters), []) : coverRange(range, null);
}

/** Reads one side. */
export async function readDimensionStacks(
  scope: TenantScope,
  question: DimensionQuestion,
  price: PriceUsage,
): Promise<ReadSide> {
  const rows = await scope.query<GroupText>(stacksSql(scope, question));
  const total = rows.find((row) => row['is_total'] === '1');
  const found = rows.filter((row) => row['is_total'] === '0');
  const groups = found.slice(0, GROUPS_MAX);
  const { by, leaves } = question;
  return {
    stacks: groups.flatMap((row) => {
      const frames = by.map((dimension, index) => row[`k${index}`] || `(no ${dimension})`);
      return stacksOfGroup(frames, row, { leaves, price });
    }),
    totals: total === undefined ? NO_WEIGHTS : weightsOf(total, 'f_'),
    isCut: found.length > GROUPS_MAX,
  };
}

const ORDER_BY = {
  cost: sql`abs(sum(sum_cost))`,
  tokens: sql`abs(sum(sum_tokens))`,
  duration: sql`abs(sum(sum_duration))`,
  calls: sql`abs(sum(sum_calls))`,
} as const satisfies Record<Weight, Sql>;

function stacksSql(scope: TenantScope, question: DimensionQuestion): Sql {
  const { by, leaves, weight } = question;
  const facts = splitsCost(leaves) ? FACT_NAMES : [];
  const keys = [sql`one`, ...keyNames(by), ...facts];
  const detail = splitsCost(leaves)
    ? sql`, toString(min(at_ns)) AS f_at_ns, argMax(book, recorded) AS f_book`
    : sql``;
  const list = join(keys, ', ');
  return sql`SELECT toString(grouping(one)) AS is_total, ${list}, ${groupFigures(leaves)}, toString(sum(sum_duration)) AS f_duration${detail}
    FROM (${rowsSql(scope, question)}) GROUP BY GROUPING SETS ((${list}), ())
    ORDER BY is_total DESC, ${ORDER_BY[weight]} DESC, ${list} LIMIT ${bound('UInt64', GROUPS_MAX + 2)}`;
}

function rowsSql(scope: TenantScope, question: DimensionQuestion): Sql {
  const { entries, by, leaves, durations } = question;
  const coverage = coverageOf(question);
  const constant = sql`'' AS one, *`;
  if (coverage.whole !== null) {
    const sums = sql`${groupSums(leaves)}, toInt128(0) AS sum_duration`;
    const { filters } = entries;
    return sql`SELECT ${constant} FROM (${costRows(scope, { by, filters, coverage, bucketed: false, sums })})`;
  }
  const source = ledgerSourceFor(dimensionsOf(by, entries.filters));
  const columns = [...keyColumns(by, source)];
  const names = [...keyNames(by)];
  const sums = [groupSums(leaves)];
  if (splitsCost(leaves)) {
    columns.push(FACTS_SELECTED);
    names.push(...FACT_NAMES);
    sums.push(
      sql`min(toUnixTimestamp64Nano(start_time)) AS at_ns, argMax(toString(book_version), recorded_at) AS book, max(recorded_at) AS recorded`,
    );
  }
  sums.push(durations ? SUM_DURATION : sql`toInt128(0) AS sum_duration`);
  const from = durations
    ? withDurations(scope, entries, source)
    : entriesSql(scope, entries, source);
  const grouping = names.length === 0 ? sql`` : sql` GROUP BY ${join(names, ', ')}`;
  const list = join([...columns, ...sums], ', ');
  return sql`SELECT ${constant} FROM (SELECT ${list} ${from}${grouping})`;
}
