/**
 * Sums: ledger, cost_hourly and cost_daily against the sums of the stored spans, in every column, by tenant, hour
 * (day), provider and model; the traces; and the watermarks that repair relies on.
 */
import { parseDecimal } from '@ai-cost-profiler/clickhouse/money.ts';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { PriceBook } from '@ai-cost-profiler/collector/price/price-book.ts';
import { expectCharge } from './expected-charge.ts';
import type { PriceVariant } from './price-variants.ts';
import { type Bill, isStored, type SentSpans } from './sent-spans.ts';
import { columnsOf, differencesOf, GroupSums, SUM_COLUMNS } from './sum-columns.ts';

const NS_PER_HOUR = 3_600_000_000_000n;
const HOURS_PER_DAY = 24n;
const DIMENSIONS = ['provider', 'model', 'feature', 'agent'];

export interface ExpectedSums {
  readonly byHour: GroupSums;
  readonly byDay: GroupSums;
  readonly byModel: GroupSums;
}

/** Prices as they are for each tenant when the tables are compared. */
export interface PricesNow {
  readonly book: PriceBook;
  readonly variantOf: (tenant: string) => PriceVariant;
}

/**
 * Sums of what is stored, by what the test knows of it. Groups are `tenant, hour, provider, model, feature, agent`, and
 * of days the user too.
 */
export function expectSums(book: SentSpans, prices: PricesNow): ExpectedSums {
  const sums = { byHour: new GroupSums(), byDay: new GroupSums(), byModel: new GroupSums() };
  for (const span of book.all()) {
    const { tenant, bill } = span;
    if (bill === undefined || !isStored(span)) {
      continue;
    }
    const values = columnsOf(expectCharge(prices.book, bill, prices.variantOf(tenant)));
    const hour = bill.startNs / NS_PER_HOUR;
    const name = dimensionsOf(bill);
    sums.byHour.add([tenant, hour, ...name].join(), values);
    sums.byDay.add([tenant, hour / HOURS_PER_DAY, ...name, bill.whom.user].join(), values);
    sums.byModel.add(`${tenant}, ${bill.model}`, values);
  }
  return sums;
}

function dimensionsOf({ provider, model, whom }: Bill): string[] {
  return [provider, model, whom.feature, whom.agent];
}

/** Differences of the three tables of money. */
export async function checkSums(store: Store, expected: ExpectedSums): Promise<string[]> {
  const hourOfLedger = `intDiv(toUnixTimestamp64Nano(start_time), ${NS_PER_HOUR})`;
  const [ledger, hourly, daily] = [
    await readSums(store, 'ledger', [hourOfLedger, ...DIMENSIONS]),
    await readSums(store, 'cost_hourly', ['intDiv(toUnixTimestamp(hour), 3600)', ...DIMENSIONS]),
    await readSums(store, 'cost_daily', ['toInt32(day)', ...DIMENSIONS, 'user']),
  ];
  return [
    ...differencesOf('ledger', expected.byHour, ledger),
    ...differencesOf('cost_hourly', expected.byHour, hourly),
    ...differencesOf('cost_daily', expected.byDay, daily),
  ];
}

/** Groups are the tenant and the expressions of `by`. */
async function readSums(store: Store, table: string, by: readonly string[]): Promise<GroupSums> {
  const columns = [...SUM_COLUMNS.keys()];
  const groups = ['tenant', ...by].map((sql, i) => `toString(${sql}) AS g_${i}`);
  const rows = await store.query<Record<string, string | null>>(
    `SELECT ${groups.join(', ')},
       ${columns.map((column) => `toString(sum(${column})) AS s_${column}`).join(', ')}
     FROM ${store.database}.${table} GROUP BY ALL`,
  );
  const sums = new GroupSums();
  for (const row of rows) {
    const values = new Map(
      [...SUM_COLUMNS].map(([column, scale]) => [
        column,
        parseDecimal(row[`s_${column}`] ?? '0', scale),
      ]),
    );
    sums.add(groups.map((_, i) => row[`g_${i}`]).join(), values);
  }
  return sums;
}

/** Each trace counts its spans and its calls. */
export async function checkTraces(store: Store): Promise<string[]> {
  const { database } = store;
  const rows = await store.query<Record<string, string>>(
    `SELECT tenant, trace_id, t.spans AS counted, s.spans AS stored, t.calls AS counted_calls, s.calls AS stored_calls
     FROM (SELECT tenant, trace_id, sum(spans) AS spans, sum(llm_spans) AS calls
           FROM ${database}.traces GROUP BY tenant, trace_id) AS t
     FULL JOIN (SELECT tenant, trace_id, toInt64(count()) AS spans, toInt64(countIf(role != 'not_llm')) AS calls
           FROM ${database}.spans GROUP BY tenant, trace_id) AS s
     USING (tenant, trace_id)
     WHERE t.spans != s.spans OR t.calls != s.calls LIMIT 20`,
  );
  return rows.map((row) => `traces: ${JSON.stringify(row)}`);
}

/** A batch is of one day and within the cap; each table's watermark of a writer is its last batch there. */
export async function checkWatermarks(store: Store): Promise<string[]> {
  const { database } = store;
  const batches = await store.query<Record<string, string>>(
    `SELECT writer_id, batch_seq, count() AS rows, uniqExact(toDate(start_time)) AS days FROM (
       SELECT writer_id, batch_seq, start_time FROM ${database}.spans
       UNION ALL SELECT writer_id, batch_seq, start_time FROM ${database}.ledger)
     GROUP BY writer_id, batch_seq HAVING rows > 100000 OR days > 1 LIMIT 20`,
  );
  const marks = await Promise.all(
    [
      ['traces', 'spans'],
      ['cost_hourly', 'ledger'],
      ['cost_daily', 'ledger'],
      ['cost_day_batches', 'ledger'],
    ].map(async ([rollup, table]) => {
      const rows = await store.query<Record<string, string>>(
        `SELECT writer_id, r.seq AS watermark, t.seq AS last
         FROM (SELECT writer_id, max(batch_seq) AS seq FROM ${database}.${rollup} GROUP BY writer_id) AS r
         FULL JOIN (SELECT writer_id, max(batch_seq) AS seq FROM ${database}.${table} GROUP BY writer_id) AS t
         USING (writer_id) WHERE r.seq != t.seq LIMIT 20`,
      );
      return rows.map((row) => `watermark of ${rollup} against ${table}: ${JSON.stringify(row)}`);
    }),
  );
  return [
    ...batches.map((row) => `a batch beyond its cap or of two days: ${JSON.stringify(row)}`),
    ...marks.flat(),
  ];
}

/** The largest batch, in rows and per table, and how many there are. */
export async function describeBatches(
  store: Store,
): Promise<{ batches: number; rowsMax: number; writers: number }> {
  const [row] = await store.query<Record<string, string>>(
    `SELECT count() AS batches, max(rows) AS rows_max, uniqExact(writer_id) AS writers FROM (
       SELECT writer_id, batch_seq, count() AS rows FROM (
         SELECT writer_id, batch_seq FROM ${store.database}.spans
         UNION ALL SELECT writer_id, batch_seq FROM ${store.database}.ledger)
       GROUP BY writer_id, batch_seq)`,
  );
  return {
    batches: Number(row?.['batches']),
    rowsMax: Number(row?.['rows_max']),
    writers: Number(row?.['writers']),
  };
}
