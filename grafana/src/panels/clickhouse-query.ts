/** A query of Grafana's ClickHouse plugin, which the SDK has no builder for. */
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { sqlText } from '../sql/sql-text.ts';

/** The plugin whose queries and macros are written here, in the version they were read in. */
export const PLUGIN = { type: 'grafana-clickhouse-datasource', version: '4.20.0' } as const;

/** The data source that is chosen in the dashboard. */
export const CHOSEN_DATASOURCE = { type: PLUGIN.type, uid: `\${datasource}` } as const;

/** What the plugin makes of the rows, by the numbers it knows; left out, it would be time series. */
const FORMATS = { timeSeries: 0, table: 1, traces: 3 } as const;
export type Format = keyof typeof FORMATS;

/** One query of a panel. Time series must come in the order of time. */
export function clickHouseQuery(sql: string, format: Format, refId = 'A'): Builder<Dataquery> {
  return {
    build: () => ({
      refId,
      datasource: CHOSEN_DATASOURCE,
      editorType: 'sql',
      pluginVersion: PLUGIN.version,
      format: FORMATS[format],
      rawSql: sqlText(sql),
      // The SDK's mark of a query; a function, so that no JSON has it.
      _implementsDataqueryVariant: () => undefined,
    }),
  };
}
