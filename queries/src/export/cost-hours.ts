/**
 * `costs`: the sums of each hour (UTC) by every dimension of the rollups, in the figures of the breakdown. Whole
 * hours come from the rollup, the edges of the range from the ledger, and so do hours that were added to since the
 * export began; a filter that no rollup knows takes all from it.
 */
import { ROLLUP_DIMENSIONS } from '@ai-cost-profiler/clickhouse/rollup-dimensions.ts';
import { dimensionsOf } from '../cost-rows.ts';
import { type Coverage, coverRange, HOUR_SECONDS } from '../coverage.ts';
import {
  type Dimension,
  filterSql,
  keyColumns,
  keyNames,
  ledgerSourceFor,
  rollupFor,
} from '../dimensions.ts';
import { columnSums, FIGURE_COLUMNS, type FigureColumn } from '../figures.ts';
import { inRangeSql } from '../instant-sql.ts';
import { NS_PER_SECOND } from '../range.ts';
import { bound, join, name, type Sql, sql } from '../sql.ts';
import type { TenantScope } from '../tenant-scope.ts';
import {
  type ChangedHours,
  isChangedSql,
  readChangedHours,
  refuseLater,
  spanOf,
} from './changed-hours.ts';
import { type ExportSlice, type ExportTable, heldOnly, plain, text } from './export-table.ts';

const KEYS: readonly Dimension[] = ['tenant', ...ROLLUP_DIMENSIONS];
const MONEY = /_usd$/;
/** There are calls and none has a price, nor was anything else booked: what they cost is unknown, not 0. */
const UNKNOWN = sql`calls > 0 AND calls = unpriced_calls AND cost_usd = 0`;

function shown(column: FigureColumn): Sql {
  if (column === 'cache_saved_usd')
    return sql`if(calls > 0 AND cache_priced_calls = 0 AND cache_saved_usd = 0, NULL, cache_saved_usd)`;
  return MONEY.test(column) ? sql`if(${UNKNOWN}, NULL, ${name(column)})` : name(column);
}

/** How the hours of a range are covered, for whoever asks whether its ledger entries are still there. */
export function coverHours({ range, filters }: Pick<ExportSlice, 'range' | 'filters'>): Coverage {
  const isHourly = rollupFor(dimensionsOf([], filters)) === 'cost_hourly';
  return coverRange(range, isHourly ? HOUR_SECONDS : null);
}

export const COST_HOURS: ExportTable = {
  source: 'cost_hourly',
  nullMembers: false,
  columns: [
    plain('hour'),
    ...KEYS.map((dimension, index) => text(dimension, name(`k${index}`))),
    ...FIGURE_COLUMNS.filter((column) => column !== 'sampled_out_usd').map((column) =>
      plain(column, shown(column)),
    ),
    plain(
      'estimated_usd',
      sql`if(sampled_calls = 0 OR ${UNKNOWN}, NULL, cost_usd + sampled_out_usd)`,
    ),
  ],
  rows: (scope, slice) => sql`FROM (SELECT hour, ${join(keyNames(KEYS), ', ')}, ${SUMS_OF_SUMS}
    FROM (${parts(scope, slice)}) GROUP BY hour, ${join(keyNames(KEYS), ', ')}
    HAVING ${refuseLater(sql`max(is_later)`)})`,
  order: join([sql`hour`, ...keyNames(KEYS)], ', '),
};

/** Those of a slice that the rollup would answer for; none without a snapshot. */
export async function changedHoursOf(
  scope: TenantScope,
  slice: Omit<ExportSlice, 'changedHours'>,
): Promise<ChangedHours> {
  const { whole } = coverHours(slice);
  if (whole === null || slice.held === null) return [];
  return readChangedHours(scope, sql`${scope.from('cost_hourly')}${hoursSql(whole)}`, slice.held);
}

const SUMS_OF_SUMS = join(
  FIGURE_COLUMNS.map((column) => sql`sum(${name(`sum_${column}`)}) AS ${name(column)}`),
  ', ',
);

function parts(scope: TenantScope, slice: ExportSlice): Sql {
  const { held, changedHours } = slice;
  const coverage = coverHours(slice);
  const { whole, ledger } = coverage;
  const found: Sql[] = [];
  if (whole !== null) {
    const source = 'cost_hourly';
    const unchanged = sql` AND NOT ${isChangedSql(sql`hour`, changedHours)}`;
    const where = sql`${scope.from(source)}${hoursSql(whole)}${unchanged}${filterSql(slice.filters, source)}`;
    const later = held === null ? sql`false` : sql`max(NOT ${held})`;
    found.push(grouped({ hour: sql`hour`, keys: keyColumns(KEYS, source), where, later }));
  }
  if (ledger || changedHours.length > 0) {
    const source = ledgerSourceFor(dimensionsOf([], slice.filters));
    const where = sql`${scope.from('ledger')}${edges(slice, coverage)}${filterSql(slice.filters, source)}${heldOnly(slice)}`;
    const hour = sql`toDateTime(toStartOfHour(start_time), 'UTC')`;
    found.push(grouped({ hour, keys: keyColumns(KEYS, source), where, later: sql`false` }));
  }
  return join(found, ' UNION ALL ');
}

/** What the rollup does not answer for. */
function edges({ range, changedHours }: ExportSlice, { whole, ledger }: Coverage): Sql {
  if (whole === null) return inRangeSql(range);
  const inner = { fromNs: whole.from * NS_PER_SECOND, toNs: whole.to * NS_PER_SECOND };
  const changed = isChangedSql(sql`start_time`, changedHours);
  return sql`${inRangeSql(ledger ? range : spanOf(changedHours))} AND (NOT (true${inRangeSql(inner)}) OR ${changed})`;
}

interface Grouping {
  readonly hour: Sql;
  readonly keys: readonly Sql[];
  readonly where: Sql;
  /** Whether a sum holds more than the snapshot. */
  readonly later: Sql;
}

function grouped({ hour, keys, where, later }: Grouping): Sql {
  const names = join(keyNames(KEYS), ', ');
  return sql`SELECT ${hour} AS hour, ${join(keys, ', ')}, ${columnSums()}, ${later} AS is_later ${where} GROUP BY hour, ${names}`;
}

function hoursSql({ from, to }: NonNullable<Coverage['whole']>): Sql {
  return sql` AND hour >= ${hourSql(from)} AND hour < ${hourSql(to)}`;
}

function hourSql(second: bigint): Sql {
  return sql`toDateTime(${bound('UInt32', second)}, 'UTC')`;
}
