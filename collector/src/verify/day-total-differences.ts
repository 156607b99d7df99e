/**
 * Totals of days against cost_hourly: of each tenant's day the build that questions would use, every numeric column by
 * every dimension, exact. A build that is not valid is used by nobody, and may say what it likes.
 */
import { WHOLE_ROW, WRITER_ROWS } from '@ai-cost-profiler/clickhouse/day-totals.ts';
import { ROLLUP_DIMENSIONS } from '@ai-cost-profiler/clickhouse/rollup-dimensions.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { SUMMED_COLUMNS } from '@ai-cost-profiler/clickhouse/summed-columns.ts';
import { DAY_SECONDS } from '@ai-cost-profiler/queries/coverage.ts';
import { openAllTenants } from '@ai-cost-profiler/queries/day-totals/upkeep.ts';
import { readTenantBuilds } from '@ai-cost-profiler/queries/day-totals/valid-builds.ts';
import { CHECK_OPTIONS } from './check-options.ts';
import type { Difference } from './report.ts';

type Row = Record<string, string>;

/** The first difference of a UTC day (YYYY-MM-DD); days without a valid build have none. */
export async function findDayTotalDifference(
  store: Store,
  day: string,
): Promise<Difference | null> {
  const start = BigInt(Date.parse(day)) / 1000n;
  const run = { from: start, to: start + DAY_SECONDS };
  for (const { tenant, build } of await readTenantBuilds(openAllTenants(store), run)) {
    const row = await firstDifference(store, { tenant, day, build: String(build) });
    if (row !== undefined) return explain(tenant, day, row);
  }
  return null;
}

/** The row in which any column differs, with what cost_hourly says and what the totals say. */
async function firstDifference(
  store: Store,
  params: { tenant: string; day: string; build: string },
): Promise<Row | undefined> {
  const { database } = store;
  // One reading for all dimensions: (name, value) of each, and of the whole.
  const keys = [
    ...ROLLUP_DIMENSIONS.map((name) => `('${name}', toString(hourly.${name}))`),
    `('${WHOLE_ROW}', '')`,
    `('${WRITER_ROWS}', toString(hourly.writer_id))`,
  ];
  const expected = SUMMED_COLUMNS.map((name) => `sum(hourly.${name}) AS e_${name}`);
  const found = SUMMED_COLUMNS.map((name) => `sum(totals.${name}) AS f_${name}`);
  const zeros = (prefix: string) => SUMMED_COLUMNS.map((name) => `0 AS ${prefix}_${name}`);
  const [row] = await store.query<Row>(
    `SELECT dimension, value, ${SUMMED_COLUMNS.map((name) => `sum(b.e_${name}) AS expected_${name}, sum(b.f_${name}) AS found_${name}`).join(', ')}
     FROM (
       SELECT key.1 AS dimension, key.2 AS value, ${[...expected, ...zeros('f')].join(', ')}
       FROM ${database}.cost_hourly AS hourly ARRAY JOIN [${keys.join(', ')}] AS key
       WHERE tenant = {tenant:String} AND toDate(hour) = {day:Date} GROUP BY dimension, value
       UNION ALL
       SELECT toString(totals.dimension) AS dimension, toString(totals.value) AS value, ${[...zeros('e'), ...found].join(', ')}
       FROM ${database}.cost_day_totals AS totals
       WHERE tenant = {tenant:String} AND day = {day:Date} AND build = {build:UInt64} GROUP BY dimension, value) AS b
     GROUP BY dimension, value
     HAVING ${SUMMED_COLUMNS.map((name) => `expected_${name} != found_${name}`).join(' OR ')}
     ORDER BY dimension, value LIMIT 1`,
    params,
    CHECK_OPTIONS,
  );
  return row;
}

function explain(tenant: string, day: string, row: Row): Difference {
  const column = SUMMED_COLUMNS.find((name) => row[`expected_${name}`] !== row[`found_${name}`])!;
  const { dimension = '', value = '' } = row;
  const dimensions = dimension === WHOLE_ROW ? {} : { [dimension]: value };
  const cause =
    'The totals of the day are not what cost_hourly sums to, although both say that they hold the same batches: a row was changed, doubled or lost. Totals can be deleted at any time; they are made again.';
  const values = { expected: row[`expected_${column}`]!, found: row[`found_${column}`]! };
  return { where: 'cost_day_totals', tenant, day, dimensions, column, ...values, cause };
}
