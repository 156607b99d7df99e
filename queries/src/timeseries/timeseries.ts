/**
 * What was spent in each interval of a range, by any dimensions. Invariant: a row for every interval
 * and every series shown, zero where nothing happened; rows + other = totals.
 */
import { z } from 'zod';
import { costRows, coverFor, dimensionsOf, withIntervalStarts } from '../cost-rows.ts';
import type { TotalledDay } from '../coverage.ts';
import { readTotalledDays } from '../day-totals/valid-builds.ts';
import { type Dimension, keyNames, leading } from '../dimensions.ts';
import { refuseExpired } from '../expired-ledger.ts';
import {
  addSums,
  FIGURE_SHAPE,
  type Figures,
  type FigureText,
  innerSums,
  outerSums,
  readSums,
  type Sums,
  showFigures,
  sumOf,
  ZERO_SUMS,
} from '../figures.ts';
import { type GroupKeys, readKeys } from '../group-keys.ts';
import { PROVISIONAL_SHAPE, type Provisional, readProvisional } from '../provisional.ts';
import { formatInstant, NS_PER_SECOND, type Range } from '../range.ts';
import { bound, join, name, type Sql, sql } from '../sql.ts';
import { openTenantScope, type Reader, type Store, type TenantScope } from '../tenant-scope.ts';
import type { TimeseriesInput } from './input.ts';

/** Half-open; the first and last interval are cut to the range, as their figures are. */
interface Bounds {
  readonly start: string;
  readonly end: string;
}
export type TimeseriesRow = Bounds & Figures & GroupKeys;

export interface TimeseriesAnswer extends Provisional {
  /** By interval, then the most expensive series first. */
  readonly rows: readonly TimeseriesRow[];
  /** One for each interval: the series beyond the limit, summed. Empty without `by`. */
  readonly other: readonly (Bounds & Figures)[];
  readonly totals: Figures;
  readonly from: string;
  readonly to: string;
  readonly interval: string;
  readonly tz: string;
}

const ROW_SCHEMA = z.object({ start: z.string(), end: z.string(), ...FIGURE_SHAPE });

/** An answer as a Zod schema, for documentation. */
export const TIMESERIES_ANSWER = z.object({
  rows: z
    .array(ROW_SCHEMA.catchall(z.string().nullable()))
    .describe('One for every interval and series, with the dimensions asked for; no gaps.'),
  other: z
    .array(ROW_SCHEMA)
    .describe('One for every interval: the series beyond the limit. Empty without `by`.'),
  totals: z.object(FIGURE_SHAPE),
  from: z.string(),
  to: z.string(),
  interval: z.string(),
  tz: z.string(),
  ...PROVISIONAL_SHAPE,
});

type StoredRow = FigureText &
  Readonly<Record<`g${number}`, string>> & { readonly start: string; readonly is_other: string };

interface Series {
  readonly keys: GroupKeys;
  total: Sums;
  readonly byStart: Map<string, Sums>;
}

/** Answers a time series for one reader. Throws ForbiddenQuestion, ExpiredQuestion, and what the store throws. */
export async function answerTimeseries(
  store: Store,
  reader: Reader,
  input: TimeseriesInput,
): Promise<TimeseriesAnswer> {
  const scope = openTenantScope(store, reader, input);
  const dimensions = dimensionsOf(input.by, input.filters);
  const [stored, provisional] = await Promise.all([
    readTotalledDays(scope, input.range, dimensions).then((days) =>
      scope.query<StoredRow>(timeseriesSql(scope, input, days)),
    ),
    readProvisional(scope, input),
  ]);
  const coverage = coverFor(input.range, dimensions, input.starts);
  await refuseExpired(scope, { coverage, dimensions, nowNs: input.nowNs });
  const others = new Map<string, Sums>();
  for (const row of stored) if (row.is_other === '1') others.set(row.start, readSums(row));
  const series = collectSeries(stored, input);
  const intervals = input.starts.map((start, index) => ({
    key: start.toString(),
    bounds: boundsOf(start, input.starts[index + 1], input.range),
  }));
  return {
    rows: intervals.flatMap(({ key, bounds }) =>
      series.map((one) => ({
        ...bounds,
        ...one.keys,
        ...showOrZero(one.byStart.get(key)),
      })),
    ),
    other:
      input.by.length === 0
        ? []
        : intervals.map(({ key, bounds }) => ({
            ...bounds,
            ...showOrZero(others.get(key)),
          })),
    totals: showFigures(sumOf([...series.map((one) => one.total), ...others.values()])),
    from: formatInstant(input.range.fromNs),
    to: formatInstant(input.range.toNs),
    interval: input.interval,
    tz: input.zone,
    ...provisional,
  };
}

const ZERO_FIGURES = showFigures(ZERO_SUMS);

/** Most cells of a long series by many groups are empty, and showing one is a dozen divisions. */
function showOrZero(sums: Sums | undefined): Figures {
  return sums === undefined ? ZERO_FIGURES : showFigures(sums);
}

function boundsOf(start: bigint, next: bigint | undefined, range: Range): Bounds {
  const first = start * NS_PER_SECOND <= range.fromNs;
  return {
    start: formatInstant(first ? range.fromNs : start * NS_PER_SECOND),
    end: formatInstant(next === undefined ? range.toNs : next * NS_PER_SECOND),
  };
}

/** Series by cost over the range, most expensive first; the statement sorted their keys already. */
function collectSeries(stored: readonly StoredRow[], input: TimeseriesInput): Series[] {
  const found = new Map<string, Series>();
  if (input.by.length === 0) found.set('[]', { keys: {}, total: ZERO_SUMS, byStart: new Map() });
  for (const row of stored) {
    if (row.is_other === '1') continue;
    const keys = readKeys(row, input.by, 'g');
    const identity = JSON.stringify(Object.values(keys));
    const series = found.get(identity) ?? { keys, total: ZERO_SUMS, byStart: new Map() };
    const sums = readSums(row);
    series.total = addSums(series.total, sums);
    series.byStart.set(row.start, sums);
    found.set(identity, series);
  }
  return [...found.values()].sort((a, b) => compare(b.total.cost_usd, a.total.cost_usd));
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function timeseriesSql(
  scope: TenantScope,
  input: TimeseriesInput,
  days: readonly TotalledDay[],
): Sql {
  const { by, filters, range, starts } = input;
  const coverage = coverFor(range, dimensionsOf(by, filters), starts, days);
  const rows = costRows(scope, { by, filters, coverage, bucketed: true, sums: innerSums() });
  const names = keyNames(by);
  const head = withIntervalStarts(starts);
  if (names.length === 0) {
    return sql`${head}SELECT toString(bucket) AS start, '0' AS is_other, ${outerSums()} FROM (${rows}) GROUP BY bucket`;
  }
  const folded = names.map((key, index) => sql`if(beyond, '', ${key}) AS ${name(`g${index}`)}`);
  const groups = join([sql`bucket`, sql`beyond`, ...shownNames(by)], ', ');
  const marked = sql`SELECT *, tuple(${join(names, ', ')}) NOT IN (${topSeriesSql(scope, input, days)}) AS beyond FROM (${rows})`;
  return sql`${head}SELECT toString(bucket) AS start, toString(beyond) AS is_other, ${leading(folded)}${outerSums()} FROM (${marked}) GROUP BY ${groups} ORDER BY ${groups}`;
}

function shownNames(by: readonly Dimension[]): readonly Sql[] {
  return by.map((_, index) => name(`g${index}`));
}

const SUM_COST = sql`sum(coalesce(cost_usd, 0)) AS sum_cost`;

function topSeriesSql(
  scope: TenantScope,
  input: TimeseriesInput,
  days: readonly TotalledDay[],
): Sql {
  const { by, filters, range, limit } = input;
  const coverage = coverFor(range, dimensionsOf(by, filters), [], days);
  const rows = costRows(scope, { by, filters, coverage, bucketed: false, sums: SUM_COST });
  const keys = join(keyNames(by), ', ');
  return sql`SELECT tuple(${keys}) FROM (${rows}) GROUP BY ${keys} ORDER BY sum(sum_cost) DESC, ${keys} LIMIT ${bound('UInt64', limit)}`;
}
