/**
 * How many rows the engine reads for a question: the statements of the question itself, as the API asks them, with how
 * far the engine's own counter goes on at each. To be asked while nothing else goes on; the least of several counts,
 * because the collector asks something of its own now and then.
 */
import { quoteString } from '@ai-cost-profiler/clickhouse/sql-text.ts';
import { JSON_SETTINGS } from '@ai-cost-profiler/clickhouse/store-settings.ts';
import { answerBreakdown } from '@ai-cost-profiler/queries/breakdown/breakdown.ts';
import { readBreakdownInput } from '@ai-cost-profiler/queries/breakdown/input.ts';
import type { Store } from '@ai-cost-profiler/queries/tenant-scope.ts';
import { readTimeseriesInput } from '@ai-cost-profiler/queries/timeseries/input.ts';
import { answerTimeseries } from '@ai-cost-profiler/queries/timeseries/timeseries.ts';
import type { CollectorUnderTest } from '../collector-under-test.ts';

export interface RowsRead {
  /** Of the tables that tell the cost. */
  readonly ofCosts: number;
  /** To tell what of it is provisional: spans that have just come, whichever the range. */
  readonly ofProvisional: number;
}

const TIMES = 3;

/** Of a breakdown or a time series; undefined for any other question. */
export async function rowsRead(
  collector: CollectorUnderTest,
  tenant: string,
  path: string,
): Promise<RowsRead | undefined> {
  const reads: RowsRead[] = [];
  for (let time = 0; time < TIMES; time++) {
    const read = await readOnce(collector, tenant, path);
    if (read === undefined) return undefined;
    reads.push(read);
  }
  return {
    ofCosts: Math.min(...reads.map(({ ofCosts }) => ofCosts)),
    ofProvisional: Math.min(...reads.map(({ ofProvisional }) => ofProvisional)),
  };
}

async function readOnce(
  collector: CollectorUnderTest,
  tenant: string,
  path: string,
): Promise<RowsRead | undefined> {
  const [question, query] = path.split('?');
  const parameters = new URLSearchParams(query);
  const read = { ofCosts: 0, ofProvisional: 0 };
  // One statement after the other, although they are asked at once: each has the counter for itself.
  let last: Promise<unknown> = Promise.resolve();
  const store: Store = {
    database: 'aicost',
    query: <Row>(sql: string, params: Record<string, unknown>) => {
      const answer = last.then(async () => {
        const before = await counter(collector);
        const between = await counter(collector);
        const rows = await ask<Row>(collector, sql, params);
        const after = await counter(collector);
        // What reading the counter reads itself counts too.
        const own = after - between - (between - before);
        read[sql.includes('settle_marks') ? 'ofProvisional' : 'ofCosts'] += own;
        return rows;
      });
      last = answer;
      return answer;
    },
  };
  const reader = { tenant, operator: false };
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  if (question === 'costs/breakdown') {
    await answerBreakdown(store, reader, readBreakdownInput(parameters, nowNs));
  } else if (question === 'costs/timeseries') {
    await answerTimeseries(store, reader, readTimeseriesInput(parameters, nowNs));
  } else return undefined;
  return read;
}

/** Rows that all statements have read of tables since the engine began. */
async function counter(collector: CollectorUnderTest): Promise<number> {
  return Number(
    await collector.sql("SELECT value FROM system.events WHERE event = 'SelectedRows' FORMAT TSV"),
  );
}

/** As a URL spells a text, and an array of texts. */
function parameterText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) throw new Error(`neither text nor array: ${String(value)}`);
  return `[${value.map((one) => quoteString(String(one))).join(',')}]`;
}

async function ask<Row>(
  collector: CollectorUnderTest,
  sql: string,
  params: Record<string, unknown>,
): Promise<Row[]> {
  const asked = new URLSearchParams({ default_format: 'JSONEachRow' });
  for (const [name, value] of Object.entries(JSON_SETTINGS)) asked.set(name, String(value));
  for (const [name, value] of Object.entries(params)) {
    asked.set(`param_${name}`, parameterText(value));
  }
  const lines = (await collector.sql(sql, asked)).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row);
}
