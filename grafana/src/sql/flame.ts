/**
 * Flame graphs: frames in depth-first order under exactly one root, which is there without any path too. Amounts are
 * whole billionths of a dollar, rounded once at the end of each path: so every frame is its own and its children's.
 */

/** Every frame is drawn in the browser: the heaviest paths, and the rest as one. */
const PATHS_MAX = 400;

export interface FlamePaths {
  /** A SELECT of `path`, an array of texts, and `spend`; with `isCompared` also `before`. Paths may repeat. */
  readonly paths: string;
  readonly isCompared: boolean;
  /** The label of the root where there is no path, of no cost either: what to do. */
  readonly empty: string;
  /** The label of a path's last text, here `frame[-1]`; itself, when not given. */
  readonly label?: string;
}

/** The query of a flame graph. What corrections took back beyond what was spent is left out. */
export function flameSql({ paths, isCompared, empty, label = 'frame[-1]' }: FlamePaths): string {
  const nanos = (column: string): string =>
    `toInt64(round(greatest(toFloat64(sum(${column})), 0) * 1e9))`;
  const [left, right] = isCompared
    ? [nanos('before'), nanos('spend')]
    : [nanos('spend'), 'toInt64(0)'];
  const other = isCompared
    ? ', sum(right_side) AS valueRight, sumIf(right_side, length(steps) = length(frame)) AS selfRight'
    : '';
  return `
  WITH kept AS (
    SELECT if(place <= ${PATHS_MAX}, whole_path, ['(other)']) AS steps, sum(l) AS left_side, sum(r) AS right_side
    FROM (
      SELECT path AS whole_path, ${left} AS l, ${right} AS r, row_number() OVER (ORDER BY l + r DESC, path) AS place
      FROM (${paths})
      GROUP BY path
    )
    GROUP BY steps
  )
  SELECT length(frame) AS level, sum(left_side) AS value, sumIf(left_side, length(steps) = length(frame)) AS self${other},
    if(empty(frame), if((SELECT count() FROM kept) = 0, '${empty}', 'all'), ${label}) AS label
  FROM (SELECT steps, left_side, right_side FROM kept WHERE left_side + right_side > 0 UNION ALL SELECT [], 0, 0)
  ARRAY JOIN arrayMap(n -> arraySlice(steps, 1, n), range(0, length(steps) + 1)) AS frame
  GROUP BY frame
  ORDER BY frame`;
}
