/** Asks panels by their dashboard and title, and answers rows by the names of their fields. */
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { askQuery, variablesOf } from './ask-panel.ts';
import { asking, DASHBOARDS } from './dashboard-model.ts';
import type { Variables } from './interpolate.ts';
import type { AskedTime } from './macros.ts';

export type Row = Readonly<Record<string, unknown>>;

export async function askDashboard(
  store: Store,
  [uid, title]: readonly [uid: string, title: string],
  { time, chosen = {} }: { readonly time: AskedTime; readonly chosen?: Variables },
): Promise<Row[]> {
  const dashboard = DASHBOARDS.find((one) => one.uid === uid);
  if (dashboard === undefined) throw new Error(`no dashboard ${uid}`);
  // A row may be called as the panel in it.
  const [target] = asking(dashboard).find((panel) => panel.title === title)?.targets ?? [];
  if (target === undefined) throw new Error(`no panel ${title}`);
  const variables = variablesOf(dashboard, chosen);
  const { columns, rows } = await askQuery(store, target.rawSql, { variables, time });
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, at) => [name, row[at]])));
}
