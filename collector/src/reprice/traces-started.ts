/** Traces with a span or an entry that started in a range, a bounded number of one tenant at a time. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { RepriceRange } from './live-charges.ts';

const TRACES_PER_STEP = 500;

export interface TracesOfTenant {
  readonly tenant: string;
  readonly traceIds: readonly string[];
}

export async function* tracesStarted(
  store: Store,
  { fromNs, toNs, tenant }: RepriceRange,
): AsyncGenerator<TracesOfTenant> {
  const inRange = `start_time >= fromUnixTimestamp64Nano({from:Int64}, 'UTC')
    AND start_time < fromUnixTimestamp64Nano({to:Int64}, 'UTC')
    ${tenant === undefined ? '' : 'AND tenant = {tenant:String}'}`;
  const from = (table: string) =>
    `SELECT tenant, trace_id, start_time FROM ${store.database}.${table} WHERE ${inRange}`;
  const rows = store.queryStream<{ tenant: string; trace_id: string }>(
    `SELECT tenant, trace_id FROM (${from('spans')} UNION ALL ${from('ledger')})
     GROUP BY tenant, trace_id ORDER BY tenant, min(start_time), trace_id`,
    { from: String(fromNs), to: String(toNs), ...(tenant === undefined ? {} : { tenant }) },
    {
      timeoutMs: 3_600_000,
      settings: {
        max_threads: 1,
        max_bytes_before_external_group_by: '300000000',
        max_bytes_before_external_sort: '300000000',
      },
    },
  );
  let step: string[] = [];
  let of = '';
  for await (const row of rows) {
    if (step.length >= TRACES_PER_STEP || (step.length > 0 && row.tenant !== of)) {
      yield { tenant: of, traceIds: step };
      step = [];
    }
    of = row.tenant;
    step.push(row.trace_id);
  }
  if (step.length > 0) {
    yield { tenant: of, traceIds: step };
  }
}
