/**
 * The ledger against its rollups, one day at a time: every numeric column by every dimension, in SQL, exact. Where
 * one of the three tables stands alone against the other two, it is the one that is wrong.
 */

import type { StoreParams } from '@ai-cost-profiler/clickhouse/call-options.ts';
import {
  GUARDED_DIMENSIONS,
  ROLLUP_DIMENSIONS,
} from '@ai-cost-profiler/clickhouse/rollup-dimensions.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { SUMMED_COLUMNS } from '@ai-cost-profiler/clickhouse/summed-columns.ts';
import { CHECK_OPTIONS } from './check-options.ts';
import type { Difference } from './report.ts';

/** A rollup as a function of the ledger: its table, its time, and its dimensions. */
interface Rollup {
  readonly table: 'cost_hourly' | 'cost_daily';
  readonly time: 'hour' | 'day';
  /** Of the ledger's `start_time`. */
  readonly timeSql: string;
  readonly dimensions: readonly string[];
}

const HOURLY: Rollup = {
  table: 'cost_hourly',
  time: 'hour',
  timeSql: 'toStartOfHour(entry.start_time)',
  dimensions: ROLLUP_DIMENSIONS,
};
const DAILY: Rollup = {
  table: 'cost_daily',
  time: 'day',
  timeSql: 'toDate(entry.start_time)',
  dimensions: GUARDED_DIMENSIONS,
};

type Row = Record<string, string>;

/** A UTC day (YYYY-MM-DD), and the tenants whose entries of it have expired: their rollups stand alone. */
interface KeptDay {
  readonly day: string;
  readonly expired: readonly string[];
}

/** The first difference of a day between the ledger and cost_hourly, then cost_daily. */
export async function findRollupDifference(
  store: Store,
  kept: KeptDay,
): Promise<Difference | null> {
  const { day } = kept;
  const hourly = await firstDifference(store, kept, HOURLY);
  if (hourly !== undefined) {
    return explain(store, { day, rollup: HOURLY, row: hourly });
  }
  const daily = await firstDifference(store, kept, DAILY);
  return daily === undefined ? null : explain(store, { day, rollup: DAILY, row: daily });
}

/** As the views name a group: a value beyond the limit is `(over limit)` (migration 0001). */
function maskedDimensions(dimensions: readonly string[]): string[] {
  return dimensions.map((name) => {
    const bit = (GUARDED_DIMENSIONS as readonly string[]).indexOf(name);
    return `if(bitTest(entry.over_limit, ${bit}), '(over limit)', toString(entry.${name})) AS ${name}`;
  });
}

/** Rows of one day of a table, its columns summed by the rollup's key. */
function summed(store: Store, rollup: Rollup, source: 'ledger' | 'rollup'): string {
  const { table, time, timeSql, dimensions } = rollup;
  if (source === 'rollup') {
    const names = dimensions.map((name) => `toString(${table}.${name}) AS ${name}`);
    const sums = SUMMED_COLUMNS.map((name) => `-sum(${table}.${name}) AS ${name}`);
    return `SELECT ${table}.tenant AS tenant, toString(${table}.${time}) AS at, ${[...names, ...sums].join(', ')}
      FROM ${store.database}.${table} AS ${table} WHERE toDate(${table}.${time}) = {day:Date}
      GROUP BY tenant, at, ${dimensions.join(', ')}`;
  }
  const sums = SUMMED_COLUMNS.map((name) => `sum(ifNull(entry.${name}, 0)) AS ${name}`);
  return `SELECT entry.tenant AS tenant, toString(${timeSql}) AS at, ${[...maskedDimensions(dimensions), ...sums].join(', ')}
    FROM ${store.database}.ledger AS entry WHERE toDate(entry.start_time) = {day:Date}
    GROUP BY tenant, at, ${dimensions.join(', ')}`;
}

/** The key of a group in which any column differs, with every column's difference: ledger less rollup. */
async function firstDifference(
  store: Store,
  { day, expired }: KeptDay,
  rollup: Rollup,
): Promise<Row | undefined> {
  const keys = ['tenant', 'at', ...rollup.dimensions].join(', ');
  const differences = SUMMED_COLUMNS.map((name) => `sum(both.${name}) AS d_${name}`);
  const [row] = await store.query<Row>(
    `SELECT ${keys}, ${differences.join(', ')}
     FROM (${summed(store, rollup, 'ledger')} UNION ALL ${summed(store, rollup, 'rollup')}) AS both
     WHERE tenant NOT IN {expired:Array(String)}
     GROUP BY ${keys}
     HAVING ${SUMMED_COLUMNS.map((name) => `d_${name} != 0`).join(' OR ')}
     ORDER BY ${keys} LIMIT 1`,
    { day, expired },
    CHECK_OPTIONS,
  );
  return row;
}

interface Found {
  day: string;
  rollup: Rollup;
  row: Row;
}

/** Which of the three tables stands alone for this group, and what the others say. */
async function explain(store: Store, { day, rollup, row }: Found): Promise<Difference> {
  const column = SUMMED_COLUMNS.find((name) => row[`d_${name}`] !== '0')!;
  const dimensions = Object.fromEntries(rollup.dimensions.map((name) => [name, row[name] ?? '']));
  const group: Group = { tenant: row['tenant']!, at: row['at']!, day, dimensions };
  const [ledger, found] = await Promise.all([
    sumOf(store, rollup, { column, group, source: 'ledger' }),
    sumOf(store, rollup, { column, group, source: 'rollup' }),
  ]);
  const isLedger = rollup === HOURLY && (await doOthersAgree(store, { column, group }));
  const about = { tenant: group.tenant, day, dimensions, column };
  if (isLedger) {
    const cause = `cost_hourly and cost_daily agree with each other and not with the ledger, at ${group.at}: a row of the ledger was changed, doubled or lost after it was written.`;
    return { where: 'ledger', ...about, expected: found, found: ledger, cause };
  }
  const cause = `${rollup.table} differs from the ledger at ${group.at}: a batch is missing in it, is in it twice, or a row was changed. It can be filled again from the ledger.`;
  return { where: rollup.table, ...about, expected: ledger, found, cause };
}

interface Group {
  tenant: string;
  at: string;
  day: string;
  dimensions: Record<string, string>;
}

interface SumQuestion {
  column: string;
  group: Group;
  source: 'ledger' | 'rollup';
}

/** Whether cost_hourly and cost_daily say the same of the group's whole day. */
async function doOthersAgree(
  store: Store,
  { column, group }: { column: string; group: Group },
): Promise<boolean> {
  const wholeDay = { ...group, at: '' };
  const question: SumQuestion = { column, group: wholeDay, source: 'rollup' };
  const [hourly, daily] = await Promise.all([
    sumOf(store, HOURLY, question),
    sumOf(store, DAILY, question),
  ]);
  return hourly === daily;
}

/** The sum of one column of one group; with an empty `at`, of the whole day. */
async function sumOf(
  store: Store,
  rollup: Rollup,
  { column, group, source }: SumQuestion,
): Promise<string> {
  const names = Object.keys(group.dimensions);
  const params: StoreParams = { day: group.day, tenant: group.tenant, at: group.at };
  const values = Object.fromEntries(names.map((name) => [`d_${name}`, group.dimensions[name]]));
  const sign = source === 'rollup' ? '-' : '';
  const [row] = await store.query<{ total: string }>(
    `SELECT ${sign}sum(${column}) AS total FROM (${summed(store, rollup, source)})
     WHERE tenant = {tenant:String} AND ({at:String} = '' OR at = {at:String})
       ${names.map((name) => `AND ${name} = {d_${name}:String}`).join(' ')}`,
    { ...params, ...values },
    CHECK_OPTIONS,
  );
  return row?.total ?? '0';
}
