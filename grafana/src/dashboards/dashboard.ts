/**
 * A dashboard as this package describes it, and as Grafana's classic JSON. Invariant: ids and places follow from the
 * order.
 */

import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type GridPos,
  RowBuilder,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { PlacedLater } from '../panels/panel.ts';
import { UIDS } from './uids.ts';

export interface DashboardPlan {
  readonly uid: keyof typeof UIDS;
  readonly description: string;
  /** The last so long, such as `now-24h`. */
  readonly from: string;
  /** How often it asks again, such as `1m`; '' for never. */
  readonly refresh: string;
  readonly variables: readonly Builder<VariableModel>[];
  readonly rows: readonly PanelRow[];
}

export interface PanelRow {
  /** '' at the top, where the numbers stand without a heading. */
  readonly title: string;
  readonly panels: readonly PlacedLater[];
  /** Asks tables that a tenant's own user may not read: the dashboards of a tenant are without it. */
  readonly isOperators?: boolean;
}

const COLUMNS = 24;
/** By it dashboards find each other. */
const TAG = 'aicost';
const ROW_HEIGHT = 1;

/** Grafana's JSON of a dashboard, to be written as it is. */
export function dashboardJson(plan: DashboardPlan): Dashboard {
  const builder = new DashboardBuilder(UIDS[plan.uid])
    .uid(plan.uid)
    .description(plan.description)
    .tags([TAG])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: plan.from, to: 'now' })
    .refresh(plan.refresh)
    .annotation(annotationsAndAlerts())
    .link(otherDashboards());
  for (const variable of plan.variables) builder.withVariable(variable);
  placeRows(builder, plan.rows);
  return withoutPlacement(builder.build());
}

/** The SDK would put links and annotations into a menu where nobody looks for them. */
function withoutPlacement({ links = [], annotations, ...others }: Dashboard): Dashboard {
  const shown = <T extends { placement?: unknown }>({ placement: _, ...one }: T) => one;
  const list = (annotations.list ?? []).map(shown);
  return { ...others, annotations: { list }, links: links.map(shown) };
}

function placeRows(builder: DashboardBuilder, rows: readonly PanelRow[]): void {
  let y = 0;
  let id = 0;
  for (const { title, panels } of rows) {
    if (title !== '') {
      const gridPos = { x: 0, y, w: COLUMNS, h: ROW_HEIGHT };
      builder.withRow(new RowBuilder(title).id(++id).gridPos(gridPos));
      y += ROW_HEIGHT;
    }
    const { places, bottom } = placePanels(panels, y);
    panels.forEach((panel, index) => {
      const gridPos = places[index];
      if (gridPos !== undefined) builder.withPanel(panel.place(++id, gridPos));
    });
    y = bottom;
  }
}

/** From left to right; a panel that does not fit begins a new line under the highest of the one before. */
function placePanels(
  panels: readonly PlacedLater[],
  top: number,
): { readonly places: readonly GridPos[]; readonly bottom: number } {
  let [x, y, bottom] = [0, top, top];
  const places = panels.map(({ width, height }) => {
    if (x + width > COLUMNS) [x, y] = [0, bottom];
    const place = { x, y, w: width, h: height };
    x += width;
    bottom = Math.max(bottom, y + height);
    return place;
  });
  return { places, bottom };
}

const annotationsAndAlerts = () =>
  new AnnotationQueryBuilder()
    .name('Annotations & Alerts')
    .datasource({ type: 'grafana', uid: '-- Grafana --' })
    .enable(true)
    .hide(true)
    .iconColor('rgba(0, 211, 255, 1)')
    .builtIn(1)
    .type('dashboard');

const otherDashboards = () =>
  new DashboardLinkBuilder('AI cost')
    .type(DashboardLinkType.Dashboards)
    .tags([TAG])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true);
