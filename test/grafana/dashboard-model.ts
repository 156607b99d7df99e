/** Dashboards as they are committed, as far as the tests look at them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface GridPos {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Target {
  readonly refId: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly format: number;
  readonly editorType: string;
  readonly rawSql: string;
}

export interface Override {
  readonly matcher: { readonly id: string; readonly options: string };
  readonly properties: readonly { readonly id: string; readonly value: unknown }[];
}

export interface PanelJson {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: GridPos;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string; readonly noValue?: string };
    readonly overrides: readonly Override[];
  };
}

export interface VariableJson {
  readonly type: string;
  readonly name: string;
  readonly label?: string;
  readonly query: string;
  readonly refresh?: number;
  readonly multi: boolean;
  readonly includeAll: boolean;
  readonly current?: { readonly value: string };
}

export interface DashboardJson {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly editable: boolean;
  readonly schemaVersion: number;
  readonly time: { readonly from: string; readonly to: string };
  readonly panels: readonly PanelJson[];
  readonly templating: { readonly list: readonly VariableJson[] };
}

export const DASHBOARDS_FOLDER = join(import.meta.dirname, '..', '..', 'grafana', 'dashboards');

export const DASHBOARDS: readonly DashboardJson[] = readdirSync(DASHBOARDS_FOLDER)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name) => JSON.parse(readFileSync(join(DASHBOARDS_FOLDER, name), 'utf8')) as DashboardJson);

/** Panels that ask something. */
export const asking = (dashboard: DashboardJson): readonly PanelJson[] =>
  dashboard.panels.filter(({ type }) => type !== 'row' && type !== 'text');
