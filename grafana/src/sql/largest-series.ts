/** Amounts over time by a name, in few enough series to be told apart. */

const SERIES_MAX = 12;

export interface NamedRows {
  /** A subquery with the columns `at`, `name`, and what `amount` needs. */
  readonly rows: (isStepped: boolean) => string;
  /** An aggregate; spend, when not given. */
  readonly amount?: string;
}

/** The twelve largest names of the range, the rest as `(other)`. */
export function largestSeries({ rows, amount = 'sum(cost_usd)' }: NamedRows): string {
  return `
  WITH largest AS (
    SELECT name FROM ${rows(false)}
    GROUP BY name ORDER BY ${amount} DESC, name LIMIT ${SERIES_MAX}
  )
  SELECT $__timeInterval(at) AS time, if(name IN largest, name, '(other)') AS series, toFloat64(${amount}) AS Value
  FROM ${rows(true)}
  GROUP BY time, series
  ORDER BY time, series`;
}
