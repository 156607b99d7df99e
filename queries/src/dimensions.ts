/**
 * What a cost can be grouped and filtered by, and the closed table of SQL for each. A missing
 * dimension is '' in the tables and null in answers; the filter for it is the empty value: `feature=`.
 */
import {
  GUARDED_DIMENSIONS,
  ROLLUP_DIMENSIONS,
} from '@ai-cost-profiler/clickhouse/rollup-dimensions.ts';
import { bound, join, name, type Sql, sql, wholeNumbers } from './sql.ts';

/** Every dimension with a fixed name, in the order errors and documentation list them. */
export const DIMENSIONS = [...ROLLUP_DIMENSIONS, 'user', 'session', 'tool', 'tenant'] as const;

type RollupDimension = (typeof ROLLUP_DIMENSIONS)[number];
export type FixedDimension = (typeof DIMENSIONS)[number];
export type TagDimension = `tag.${string}`;

/** The name of a dimension, as parameters and answers spell it. */
export type Dimension = FixedDimension | TagDimension;

/** Values of one dimension that a call may have, any of them. */
export interface Filter {
  readonly dimension: Dimension;
  readonly values: readonly string[];
}

/**
 * The rows a question reads: totals of days by one dimension, a rollup, the ledger shown as that rollup would, or the
 * ledger as is.
 */
export type Source =
  | 'cost_day_totals'
  | 'cost_hourly'
  | 'cost_daily'
  | 'ledger_as_rollup'
  | 'ledger';

const TAG_KEY_LENGTH_MAX = 256;

export const DIMENSION_EXPECTED = `one of ${DIMENSIONS.join(', ')} or tag.<key>`;

/** The dimension of that name, or undefined. */
export function parseDimension(text: string): Dimension | undefined {
  if (isTag(text)) {
    const length = text.length - 'tag.'.length;
    return length > 0 && length <= TAG_KEY_LENGTH_MAX ? text : undefined;
  }
  return DIMENSIONS.find((dimension) => dimension === text);
}

function isTag(text: string): text is TagDimension {
  return text.startsWith('tag.');
}

const COLUMNS: Readonly<Record<FixedDimension, Sql>> = {
  service: sql`service`,
  environment: sql`environment`,
  provider: sql`provider`,
  model: sql`model`,
  operation: sql`operation`,
  feature: sql`feature`,
  agent: sql`agent`,
  prompt: sql`prompt`,
  user: sql`user`,
  session: sql`session`,
  tool: sql`tool`,
  tenant: sql`tenant`,
};

/** Position in `over_limit`; -1 where a dimension has no bit. */
function overLimitBit(dimension: FixedDimension): number {
  return (GUARDED_DIMENSIONS as readonly FixedDimension[]).indexOf(dimension);
}

/** The SQL expression of a dimension in a source. */
function dimensionSql(dimension: Dimension, source: Source): Sql {
  // Whoever asks these rows has chosen those of this dimension.
  if (source === 'cost_day_totals') return sql`value`;
  if (isTag(dimension)) return sql`tags[${bound('String', dimension.slice('tag.'.length))}]`;
  const column = COLUMNS[dimension];
  const bit = overLimitBit(dimension);
  if (source !== 'ledger_as_rollup' || bit === -1) return column;
  // An edge must name a group as the whole hours beside it do, or the group falls apart.
  return sql`if(bitTest(over_limit, ${wholeNumbers([BigInt(bit)])}), '(over limit)', ${column})`;
}

/** ` AND …` for every filter; `tenant` is left to the tenant scope, which owns that column. */
export function filterSql(filters: readonly Filter[], source: Source): Sql {
  const conditions = filters
    .filter((filter) => filter.dimension !== 'tenant')
    .map(
      (filter) =>
        sql` AND ${dimensionSql(filter.dimension, source)} IN ${bound('Array(String)', filter.values)}`,
    );
  return join(conditions, '');
}

/** Which rollup knows all of these dimensions; null: only the ledger does. */
export function rollupFor(dimensions: readonly Dimension[]): 'cost_hourly' | 'cost_daily' | null {
  let rollup: 'cost_hourly' | 'cost_daily' = 'cost_hourly';
  for (const dimension of dimensions) {
    if (dimension === 'user') rollup = 'cost_daily';
    else if (isTag(dimension) || dimension === 'session' || dimension === 'tool') return null;
  }
  return rollup;
}

/** How the ledger names what a question depends on: as the rollup that knows all of it would, else as it stands. */
export function ledgerSourceFor(
  dimensions: readonly Dimension[],
): Extract<Source, 'ledger' | 'ledger_as_rollup'> {
  return rollupFor(dimensions) === null ? 'ledger' : 'ledger_as_rollup';
}

/** The dimension whose totals of days answer a question that depends on these; '': those of all; null: none do. */
export function totalsDimension(dimensions: readonly Dimension[]): RollupDimension | '' | null {
  const [first, ...others] = new Set(dimensions);
  if (first === undefined) return '';
  const known = ROLLUP_DIMENSIONS.find((dimension) => dimension === first);
  return others.length > 0 || known === undefined ? null : known;
}

/** Expressions with aliases k0, k1, …: an alias never contains what a user wrote. */
export function keyColumns(dimensions: readonly Dimension[], source: Source): readonly Sql[] {
  return dimensions.map(
    (dimension, index) => sql`toString(${dimensionSql(dimension, source)}) AS ${keyName(index)}`,
  );
}

/** The aliases of `keyColumns`. */
export function keyNames(dimensions: readonly Dimension[]): readonly Sql[] {
  return dimensions.map((_, index) => keyName(index));
}

function keyName(index: number): Sql {
  return name(`k${index}`);
}

/** `a, b, ` with a trailing comma for a list that more columns follow; nothing for an empty list. */
export function leading(columns: readonly Sql[]): Sql {
  return columns.length === 0 ? sql`` : sql`${join(columns, ', ')}, `;
}
