/**
 * What collectors told of themselves, a row a minute (`collector_health`). Counters are as they stood since a collector
 * began, so that what was counted lies between two rows of one.
 */
import { CHOSEN, within } from './window.ts';

/** Rows of the chosen range. */
export const HEALTH_ROWS = `collector_health AS t WHERE ${within('t.time', CHOSEN)}`;

/** Two rows and a half. */
const TOLD_SECONDS = 150;

/**
 * Of each collector that tells of itself at the end of the chosen range the newest row: `FROM …`. One that has told
 * nothing since another began on its host was replaced by that one, and is not counted beside it; where both run, the
 * elder is missing until its next row, a minute at most.
 */
export const NEWEST_HEALTH = `(
    SELECT *
    FROM (
      SELECT *, max(started_at) OVER (PARTITION BY host_name) AS last_began_at
      FROM (
        SELECT * FROM ${HEALTH_ROWS}
        AND t.time > (SELECT max(t.time) FROM ${HEALTH_ROWS}) - ${TOLD_SECONDS}
        ORDER BY t.time DESC
        LIMIT 1 BY t.writer_id
      )
    )
    WHERE time >= last_began_at
  )`;

/** A counter without labels, of a row `t`, under a name. */
export const named = (name: string, counter: string): string =>
  `map('${name}', coalesce(${counter}, 0))`;

/** A counter by one label, each of its values under its own name behind a prefix. */
export const byName = (counter: string, prefix = ''): string =>
  `mapApply((name, value) -> (concat('${prefix}', name), value), CAST(${counter}, 'Map(String, Float64)'))`;

const DAY_SECONDS = 86_400;

/**
 * A subquery with `at`, `name` and `amount`: what was counted between rows, without what was not. A day is read beside
 * the range, for the row before its first; of a collector that began earlier and told nothing since, what its first row
 * counts is of an unknown time and left out.
 */
export function countedBetween(counters: readonly string[]): string {
  const all = counters.length === 1 ? counters[0] : `mapConcat(${counters.join(', ')})`;
  return `(
    SELECT at, name, counted[name] - before[name] AS amount
    FROM (
      SELECT t.time AS at, ${all} AS counted, lagInFrame(counted) OVER own AS before, row_number() OVER own AS place,
        t.started_at >= ${CHOSEN.from} - ${DAY_SECONDS} AS is_whole
      FROM collector_health AS t
      WHERE ${within('t.time', { from: `${CHOSEN.from} - ${DAY_SECONDS}`, to: CHOSEN.to })}
      WINDOW own AS (PARTITION BY t.writer_id ORDER BY t.time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    )
    ARRAY JOIN mapKeys(counted) AS name
    WHERE at >= ${CHOSEN.from} AND (place > 1 OR is_whole) AND amount > 0
  )`;
}
