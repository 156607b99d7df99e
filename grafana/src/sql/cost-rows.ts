/**
 * Rows of costs in a window, to be summed: whole hours from the rollup, the edges from the ledger, so that a sum is
 * that of the API to the last digit at any instant.
 */
import { chosenRows, type Source } from './dimension.ts';
import { CHOSEN, startedWithin, type Window } from './window.ts';

export interface CostQuestion {
  /** Columns besides `at`, the instant: SQL of a source, by alias. */
  readonly columns?: Readonly<Record<string, (source: Source) => string>>;
  /** Summable columns of the tables; money and tokens that are unknown add nothing. */
  readonly figures: readonly string[];
  readonly window?: Window;
  /** Whether rows are put into steps of the panel's interval, which may be shorter than an hour. */
  readonly isStepped?: boolean;
  /** ` AND …` for which rows are wanted; what is chosen in the dashboard's variables, when not given. */
  readonly rows?: (source: Source) => string;
}

/** A subquery in parentheses with `at`, the columns and the figures. */
export function costRows(question: CostQuestion): string {
  const { window = CHOSEN, isStepped = false, rows = chosenRows } = question;
  const [first, last] = [
    `toStartOfHour(${window.from} + 3599, 'UTC')`,
    `toStartOfHour(${window.to}, 'UTC')`,
  ];
  const columns = (source: Source): string =>
    Object.entries(question.columns ?? {})
      .map(([alias, of]) => `${of(source)} AS ${alias}, `)
      .join('');
  const edges = `t.start_time < ${first} OR t.start_time >= ${last}`;
  const figures = question.figures;
  return `(
    SELECT ${columns('rollup')}t.hour AS at, ${figures.map((one) => `t.${one} AS ${one}`).join(', ')}
    FROM cost_hourly AS t
    WHERE t.hour >= ${first} AND t.hour < ${last}${isStepped ? ' AND $__interval_s >= 3600' : ''}
    ${rows('rollup')}
    UNION ALL
    SELECT ${columns('ledger')}toDateTime(t.start_time, 'UTC') AS at, ${figures.map((one) => `coalesce(t.${one}, 0) AS ${one}`).join(', ')}
    FROM ledger AS t
    WHERE ${startedWithin(window)} AND (${edges}${isStepped ? ' OR $__interval_s < 3600' : ''})
    ${rows('ledger')}
  )`;
}
