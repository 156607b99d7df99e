/** Asks the engine what a panel would ask, with macros and variables as Grafana and its plugin fill them in. */
import { text } from 'node:stream/consumers';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { StoreSettings } from '@ai-cost-profiler/clickhouse/store-settings.ts';
import type { DashboardJson } from './dashboard-model.ts';
import type { Frame } from './frame.ts';
import { ALL, type Chosen, interpolate, type Variables } from './interpolate.ts';
import { type AskedTime, expandMacros } from './macros.ts';

/** The variables of a dashboard as it opens, some of them chosen otherwise. */
export function variablesOf(dashboard: DashboardJson, chosen: Variables = {}): Variables {
  const values: Record<string, Chosen> = {};
  for (const { name, includeAll, current } of dashboard.templating.list) {
    if (name === 'datasource') continue;
    values[name] = chosen[name] ?? (includeAll ? ALL : (current?.value ?? ''));
  }
  return values;
}

export interface AskedQuery {
  readonly variables: Variables;
  readonly time: AskedTime;
  /** Of the user that asks. */
  readonly settings?: StoreSettings;
}

export async function askQuery(
  store: Store,
  sql: string,
  { variables, time, settings = {} }: AskedQuery,
): Promise<Frame> {
  const asked = expandMacros(interpolate(sql, variables), time);
  const answer = await text(await store.raw(asked, 'JSONCompact', {}, { settings }));
  const { meta, data } = JSON.parse(answer) as { meta: Frame['columns']; data: Frame['rows'] };
  return { columns: meta, rows: data };
}
