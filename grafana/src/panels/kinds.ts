/** The kinds of panels the dashboards are made of, with defaults that fit money. */
import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BarGaugeDisplayMode,
  BigValueGraphMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { type Asked, asking, type PlacedLater } from './panel.ts';

/** Every field of the one row, not only the last of a series. */
const everyField = () =>
  new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('/.*/').values(false);

/** Numbers: one row, one number a field. */
export function stat(asked: Asked): PlacedLater {
  const panel = () =>
    new StatBuilder().graphMode(BigValueGraphMode.None).reduceOptions(everyField());
  return asking(panel, asked, 'table');
}

const BARS_MAX = 60;

/** A bar for each row: a text and a number. */
export function bars(asked: Asked): PlacedLater {
  const panel = () =>
    new BarGaugeBuilder()
      .displayMode(BarGaugeDisplayMode.Basic)
      .orientation(VizOrientation.Horizontal)
      .min(0)
      .reduceOptions(new ReduceDataOptionsBuilder().calcs([]).values(true).limit(BARS_MAX));
  return asking(panel, asked, 'table');
}

/** Rows as they come. */
export function table(asked: Asked): PlacedLater {
  return asking(() => new TableBuilder().showHeader(true), asked, 'table');
}

/** About so many steps of time: few enough that a month comes from the rollups. */
const STEPS = 100;

function timeSeries(): TimeSeriesBuilder {
  return new TimeSeriesBuilder()
    .maxDataPoints(STEPS)
    .min(0)
    .showPoints(VisibilityMode.Auto)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Right)
        .calcs(['sum']),
    )
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    );
}

/**
 * Amounts over time, one on the other. Where a text tells series apart, the number is named `Value`: so Grafana names
 * each by the text alone.
 */
export function stackedBars(asked: Asked): PlacedLater {
  const panel = () =>
    timeSeries()
      .drawStyle(GraphDrawStyle.Bars)
      .fillOpacity(80)
      .lineWidth(0)
      .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  return asking(panel, asked, 'timeSeries');
}

/** Shares or times over time. */
export function lines(asked: Asked): PlacedLater {
  const panel = () =>
    timeSeries()
      .lineWidth(2)
      .legend(
        new VizLegendOptionsBuilder()
          .showLegend(true)
          .displayMode(LegendDisplayMode.List)
          .placement(LegendPlacement.Bottom)
          .calcs([]),
      );
  return asking(panel, asked, 'timeSeries');
}

/** A panel the SDK knows no builder for. */
class NamedPanel extends PanelBuilder {
  constructor(type: string, options: object) {
    super();
    this.internal.type = type;
    this.internal.options = options;
  }
}

/**
 * A flame graph: rows `level`, `value`, `self`, `label` in depth-first order under one root. It breaks without a row,
 * so the query always has the root; `empty` is never shown and stands for other panels' sake.
 */
export function flameGraph(asked: Asked): PlacedLater {
  return asking(() => new NamedPanel('flamegraph', {}), asked, 'table');
}

/** One trace as Grafana shows traces. */
export function traceView(asked: Asked): PlacedLater {
  return asking(() => new NamedPanel('traces', {}), asked, 'traces');
}
