/**
 * How many rows the engine reads for a question: the statements of the question itself, as the API asks them, with what
 * the engine says of each.
 */
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
      const { rows, rowsRead } = await ask<Row>(collector, sql, params);
      read[sql.includes('settle_marks') ? 'ofProvisional' : 'ofCosts'] += rowsRead;
      return rows;
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

async function ask<Row>(
  collector: CollectorUnderTest,
  sql: string,
  params: Record<string, unknown>,
): Promise<{ rows: Row[]; rowsRead: number }> {
  const settings = { ...JSON_SETTINGS, wait_end_of_query: 1, default_format: 'JSONEachRow' };
  const values = Object.entries(params).map(([name, value]) => {
    if (typeof value !== 'string') throw new Error(`${name} is no text: ${String(value)}`);
    return [`param_${name}`, value] as const;
  });
  const asked = new URLSearchParams([
    ...Object.entries(settings).map(([name, value]) => [name, String(value)] as [string, string]),
    ...values.map(([name, value]) => [name, value] as [string, string]),
  ]);
  const { text, summary } = await collector.sqlWithSummary(sql, asked);
  const lines = text.split('\n').filter((line) => line !== '');
  return {
    rows: lines.map((line) => JSON.parse(line) as Row),
    rowsRead: Number(summary['read_rows']),
  };
}
