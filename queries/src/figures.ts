/**
 * The figures every cost answer carries: counts, quantities and money, summed as integers and shown
 * as JSON. Invariant: sums are exact; a cost of which nothing is known is null, never "0".
 */
import {
  divideHalfEven,
  formatDecimal,
  MONEY_SCALE,
  parseDecimal,
} from '@ai-cost-profiler/clickhouse/money.ts';
import {
  COUNTED_UNITS,
  type CountedUnit,
  INPUT_BUCKETS,
  type InputBucket,
  MEASURED_UNITS,
  type MeasuredUnit,
  OUTPUT_BUCKETS,
  type OutputBucket,
} from '@ai-cost-profiler/clickhouse/usage.ts';
import { z } from 'zod';
import { CACHE_PRICED_CALLS, CACHE_SAVED_SCHEMA, showCacheSaved } from './cache-savings.ts';
import { join, name, type Sql, sql, wholeNumbers } from './sql.ts';

const MEASURED_SCALE_DIGITS = 9;

const COUNT_COLUMNS = [
  'calls',
  'unpriced_calls',
  'sampled_calls',
  'cache_priced_calls',
  ...INPUT_BUCKETS,
  ...OUTPUT_BUCKETS,
  ...COUNTED_UNITS,
] as const;
/** Answers show the whole estimate in the place of what was sampled out. */
const SHOWN_MONEY = ['list_usd', 'cost_usd', 'cost_low_usd', 'cost_high_usd'] as const;
const MONEY_COLUMNS = [...SHOWN_MONEY, 'sampled_out_usd', 'cache_saved_usd'] as const;

type CountColumn =
  | 'calls'
  | 'unpriced_calls'
  | 'sampled_calls'
  | 'cache_priced_calls'
  | InputBucket
  | OutputBucket
  | CountedUnit;
type MoneyColumn = (typeof MONEY_COLUMNS)[number];
export type FigureColumn = CountColumn | MeasuredUnit | MoneyColumn;

/** Every summed column, in the order of answers. */
export const FIGURE_COLUMNS: readonly FigureColumn[] = [
  ...COUNT_COLUMNS,
  ...MEASURED_UNITS,
  ...MONEY_COLUMNS,
];

/** Columns of one type: a statement adds them as one list, because each sum of its own is planned anew. */
const LISTS = {
  counts: COUNT_COLUMNS,
  measured: MEASURED_UNITS,
  money: MONEY_COLUMNS,
} as const satisfies Record<string, readonly FigureColumn[]>;
const LIST_NAMES = ['counts', 'measured', 'money'] as const;

/** Lists of sums as the store answers them: digits in text, `[1,NULL,3]`, so that no format setting can round them. */
export type FigureText = Readonly<Record<(typeof LIST_NAMES)[number], string>>;

/** Sums as integers: counts in ones, measured units in 1e-9, money in 1e-18 USD. */
export type Sums = Readonly<Record<FigureColumn, bigint>>;

const SCALES = new Map<FigureColumn, number>([
  ...MEASURED_UNITS.map((column) => [column, MEASURED_SCALE_DIGITS] as const),
  ...MONEY_COLUMNS.map((column) => [column, MONEY_SCALE] as const),
]);

/** A record of these columns, each with its value. */
function mapEach<Column extends FigureColumn, T>(
  columns: readonly Column[],
  value: (column: Column) => T,
): Record<Column, T> {
  const record: Partial<Record<Column, T>> = {};
  for (const column of columns) record[column] = value(column);
  // Each has its value now, which the compiler does not follow.
  return record as Record<Column, T>;
}

const mapColumns = <T>(value: (column: FigureColumn) => T): Record<FigureColumn, T> =>
  mapEach(FIGURE_COLUMNS, value);

/** The sum of nothing. */
export const ZERO_SUMS: Sums = mapColumns(() => 0n);

/** What the sums of no rows are. */
const NO_ROWS = '[]';

export function readSums(row: FigureText): Sums {
  if (row.counts === NO_ROWS) return ZERO_SUMS;
  const sums = new Map<FigureColumn, bigint>();
  for (const list of LIST_NAMES) {
    const values = row[list].slice(1, -1).split(',');
    LISTS[list].forEach((column, index) => {
      const value = values[index];
      if (value === undefined) throw new RangeError(`${list} is "${row[list]}": no ${column}`);
      sums.set(column, readSum(value, SCALES.get(column)));
    });
  }
  return mapColumns((column) => sums.get(column)!);
}

/** Most sums of a row are 0, and reading a decimal takes longer than all else that is done with one. */
function readSum(text: string, scale: number | undefined): bigint {
  if (text === '0' || text === 'NULL') return 0n;
  return scale === undefined ? BigInt(text) : parseDecimal(text, scale);
}

export function addSums(a: Sums, b: Sums): Sums {
  return mapColumns((column) => a[column] + b[column]);
}

export function sumOf(list: readonly Sums[]): Sums {
  return list.reduce(addSums, ZERO_SUMS);
}

export function subtractSums(a: Sums, b: Sums): Sums {
  return mapColumns((column) => a[column] - b[column]);
}

/** `sum(…) AS sum_<column>` for each figure; `coalesce` because the ledger keeps NULL for absent. */
export function columnSums(): Sql {
  return join(
    FIGURE_COLUMNS.map((c) => sql`sum(coalesce(${name(c)}, 0)) AS ${name(`sum_${c}`)}`),
    ', ',
  );
}

/** `[sum(…), …] AS sum_<list>`: columns are added one by one, which is fastest where rows are many. */
export function innerSums(): Sql {
  const listed = (list: (typeof LIST_NAMES)[number]) =>
    join(
      LISTS[list].map((column) => sql`sum(${name(column)})`),
      ', ',
    );
  return join(
    LIST_NAMES.map((list) => sql`[${listed(list)}] AS ${name(`sum_${list}`)}`),
    ', ',
  );
}

/** Sums of sums, list by list, as text. */
export function outerSums(): Sql {
  return join(
    LIST_NAMES.map((list) => sql`toString(sumForEach(${name(`sum_${list}`)})) AS ${name(list)}`),
    ', ',
  );
}

/** The cost among the sums of sums; NULL where nothing of it is known. */
export const OUTER_COST: Sql = sql`sumForEach(sum_money)[${wholeNumbers([BigInt(MONEY_COLUMNS.indexOf('cost_usd') + 1)])}]`;

/**
 * A whole number in JSON: a number while a double holds it exactly (below 2^53), digits in a string
 * beyond, because most JSON readers would round it silently.
 */
export type Count = number | string;

export type Figures = Record<CountColumn, Count> &
  Record<MeasuredUnit, string> &
  Record<Exclude<MoneyColumn, 'sampled_out_usd'> | 'estimated_usd', string | null>;

/** A count in an answer. */
export const COUNT_SCHEMA = z
  .union([z.int(), z.string().regex(/^-?\d+$/)])
  .describe('Whole number; a string of digits from 2^53 on.');
const MEASURED_SCHEMA = z.string().describe('Plain decimal.');
export const MONEY_SCHEMA = z
  .string()
  .nullable()
  .describe('US dollars, plain decimal, exact; null when no call of the group has a price.');
const ESTIMATE_SCHEMA = z
  .string()
  .nullable()
  .describe(
    'US dollars, plain decimal: cost_usd and what the calls that upstream sampling dropped are estimated to have cost. Null when no call of the group was sampled.',
  );

/** The figures as a Zod shape: what answers carry, for documentation and for readers of answers. */
export const FIGURE_SHAPE: Record<keyof Figures, z.ZodType> = {
  ...mapEach(COUNT_COLUMNS, () => COUNT_SCHEMA),
  ...mapEach(MEASURED_UNITS, () => MEASURED_SCHEMA),
  ...mapEach(SHOWN_MONEY, () => MONEY_SCHEMA),
  cache_priced_calls: COUNT_SCHEMA.describe(CACHE_PRICED_CALLS),
  cache_saved_usd: CACHE_SAVED_SCHEMA,
  estimated_usd: ESTIMATE_SCHEMA,
};

/**
 * Whether there is nothing to say about the money: there are calls, none has a price, and nothing
 * else (an adjustment) was booked.
 */
export function costIsUnknown(sums: Pick<Sums, 'calls' | 'unpriced_calls' | 'cost_usd'>): boolean {
  return sums.calls > 0n && sums.calls === sums.unpriced_calls && sums.cost_usd === 0n;
}

/** A whole number as an answer shows it. */
export function showCount(value: bigint): Count {
  const shown = Number(value);
  return Number.isSafeInteger(shown) ? shown : value.toString();
}

/** Sums as an answer shows them. */
export function showFigures(sums: Sums): Figures {
  const unknown = costIsUnknown(sums);
  const usd = (atto: bigint): string | null => (unknown ? null : formatDecimal(atto, MONEY_SCALE));
  return {
    ...mapEach(COUNT_COLUMNS, (column) => showCount(sums[column])),
    ...mapEach(MEASURED_UNITS, (unit) => formatDecimal(sums[unit], MEASURED_SCALE_DIGITS)),
    ...mapEach(SHOWN_MONEY, (column) => usd(sums[column])),
    cache_saved_usd: showCacheSaved(sums),
    estimated_usd: sums.sampled_calls === 0n ? null : usd(sums.cost_usd + sums.sampled_out_usd),
  };
}

/** part / total of cost to 18 places, half-even; null when either is unknown or the total is 0. */
export function showShare(part: Sums, total: Sums): string | null {
  if (costIsUnknown(part) || total.cost_usd === 0n) return null;
  return formatDecimal(
    divideHalfEven(part.cost_usd * 10n ** BigInt(MONEY_SCALE), total.cost_usd),
    MONEY_SCALE,
  );
}
