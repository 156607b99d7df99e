/**
 * How many rows the engine reads for a question: the statements of the question itself, as the API asks them, each with
 * what the engine tells of it in its answer (`statistics.rows_read` of the format JSON).
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

/** What the format JSON answers. */
interface Told {
  readonly data: readonly unknown[];
  readonly statistics: { readonly rows_read: number };
}

/** Of a breakdown or a time series; undefined for any other question. */
export async function rowsRead(
  collector: CollectorUnderTest,
  tenant: string,
  path: string,
): Promise<RowsRead | undefined> {
  const [question, query] = path.split('?');
  const parameters = new URLSearchParams(query);
  const read = { ofCosts: 0, ofProvisional: 0 };
  const store: Store = {
    database: 'aicost',
    query: async <Row>(sql: string, params: Record<string, unknown>) => {
      const { data, statistics } = await ask(collector, sql, params);
      read[sql.includes('settle_marks') ? 'ofProvisional' : 'ofCosts'] += statistics.rows_read;
      return data as Row[];
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

/** As a URL spells a text, and an array of texts. */
function parameterText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) throw new Error(`neither text nor array: ${String(value)}`);
  return `[${value.map((one) => quoteString(String(one))).join(',')}]`;
}

async function ask(
  collector: CollectorUnderTest,
  sql: string,
  params: Record<string, unknown>,
): Promise<Told> {
  const asked = new URLSearchParams({ default_format: 'JSON' });
  for (const [name, value] of Object.entries(JSON_SETTINGS)) asked.set(name, String(value));
  for (const [name, value] of Object.entries(params)) {
    asked.set(`param_${name}`, parameterText(value));
  }
  return JSON.parse(await collector.sql(sql, asked)) as Told;
}
