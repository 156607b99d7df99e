/** What every panel has, whatever it draws. The dashboard gives it its id and place. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type {
  DashboardLink,
  DynamicConfigValue,
  GridPos,
  Panel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { CHOSEN_DATASOURCE, clickHouseQuery, type Format } from './clickhouse-query.ts';

/** A panel that has no place yet. */
export interface PlacedLater {
  /** Of 24 columns. */
  readonly width: number;
  /** In rows of 30 pixels. */
  readonly height: number;
  readonly place: (id: number, gridPos: GridPos) => Builder<Panel>;
}

/** What is told of every panel that asks. */
export interface Asked {
  readonly title: string;
  /** What is counted and what is not: shown behind the panel's (i). */
  readonly description: string;
  /** What to do when there is nothing to show. */
  readonly empty: string;
  /** As Grafana names it; fields may have others. */
  readonly unit: string;
  readonly sql: string;
  readonly width: number;
  readonly height: number;
  /** Of single fields, by their name. */
  readonly fields?: Readonly<Record<string, FieldLook>>;
}

/** How one field is shown, where it differs from its panel. */
export interface FieldLook {
  readonly unit?: string;
  readonly decimals?: number;
  /** A bar in the cell, from 0 to 1. */
  readonly isShare?: boolean;
  /** Where its value leads. */
  readonly link?: { readonly title: string; readonly url: string };
  readonly isHidden?: boolean;
  /** In pixels. */
  readonly columnWidth?: number;
}

/** The SDK's builders of panels, which have no interface of their own for what they share. */
interface PanelBuilder extends Builder<Panel> {
  id(id: number): this;
  title(title: string): this;
  description(description: string): this;
  gridPos(gridPos: GridPos): this;
  datasource(datasource: { type: string; uid: string }): this;
  unit(unit: string): this;
  noValue(noValue: string): this;
  withTarget(target: ReturnType<typeof clickHouseQuery>): this;
  overrideByName(name: string, properties: DynamicConfigValue[]): this;
  links(links: Builder<DashboardLink>[]): this;
}

/** A panel of a kind that asks one question. */
export function asking(panel: () => PanelBuilder, asked: Asked, format: Format): PlacedLater {
  const { width, height } = asked;
  return {
    width,
    height,
    place: (id, gridPos) => {
      const builder = panel()
        .id(id)
        .title(asked.title)
        .description(asked.description + whatExpired(asked.sql))
        .gridPos(gridPos)
        .datasource(CHOSEN_DATASOURCE)
        .unit(asked.unit)
        .noValue(asked.empty)
        .withTarget(clickHouseQuery(asked.sql, format));
      for (const [name, look] of Object.entries(asked.fields ?? {})) {
        builder.overrideByName(name, propertiesOf(look));
      }
      return builder;
    },
  };
}

/**
 * Rollups are kept for ever; of what only entries or spans tell, days that retention has removed are missing, and
 * nothing in the answer shows it.
 */
function whatExpired(sql: string): string {
  if (sql.includes('FROM cost_hourly')) return '';
  const removed = ['ledger', 'spans'].filter((table) => sql.includes(`FROM ${table} `));
  const options = removed.map((table) => `--retention-${table}`).join(', ');
  return options === '' ? '' : ` Days that have expired (${options}) are not in it.`;
}

function propertiesOf(look: FieldLook): DynamicConfigValue[] {
  const properties: DynamicConfigValue[] = [];
  const set = (id: string, value: unknown): void => void properties.push({ id, value });
  if (look.isShare) {
    set('unit', 'percentunit');
    set('min', 0);
    set('max', 1);
    set('custom.cellOptions', { type: 'gauge', mode: 'basic', valueDisplayMode: 'text' });
  }
  if (look.unit !== undefined) set('unit', look.unit);
  if (look.decimals !== undefined) set('decimals', look.decimals);
  if (look.link !== undefined) set('links', [{ ...look.link, targetBlank: false }]);
  if (look.columnWidth !== undefined) set('custom.width', look.columnWidth);
  if (look.isHidden) set('custom.hidden', true);
  return properties;
}
