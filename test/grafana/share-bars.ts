/** Bars in cells: a share of 1 fills the cell, in every table, and what stands in one is a share. */
import type { PanelJson } from './dashboard-model.ts';
import type { Frame } from './frame.ts';

const IS_BAR = 'custom.cellOptions';
const SHARE = 'Share';
/** What a bar needs, or Grafana scales each column by its own largest value. */
const SCALE: Readonly<Record<string, unknown>> = { unit: 'percentunit', min: 0, max: 1 };

/** Fields of a panel that are shown as bars. */
function barFields({ fieldConfig }: PanelJson): string[] {
  return (fieldConfig?.overrides ?? [])
    .filter(({ properties }) => properties.some(({ id }) => id === IS_BAR))
    .map(({ matcher }) => matcher.options);
}

/** Findings of how a panel shows shares: `sql` names them, and a table shows each as a bar from 0 to 1. */
export function judgeBars(panel: PanelJson): string[] {
  const sql = (panel.targets ?? []).map(({ rawSql }) => rawSql).join('\n');
  const bars = barFields(panel);
  const isMissing =
    panel.type === 'table' && new RegExp(`AS ${SHARE}\\b`).test(sql) && !bars.includes(SHARE);
  const unscaled = (panel.fieldConfig?.overrides ?? [])
    .filter(({ matcher }) => bars.includes(matcher.options))
    .flatMap(({ matcher, properties }) =>
      Object.entries(SCALE)
        .filter(([id, wanted]) => properties.find((one) => one.id === id)?.value !== wanted)
        .map(([id, wanted]) => `the bar of ${matcher.options} has not the ${id} ${wanted}`),
    );
  return [...(isMissing ? [`${SHARE} is shown without a bar`] : []), ...unscaled];
}

/** Values of a frame that a bar of its panel cannot show: what is no number from 0 to 1, where it is known at all. */
export function beyondBars(panel: PanelJson, { columns, rows }: Frame): string[] {
  return barFields(panel).flatMap((field) => {
    const place = columns.findIndex(({ name }) => name === field);
    return rows
      .map((row) => row[place])
      .filter((value) => value !== null && !(typeof value === 'number' && value >= 0 && value <= 1))
      .map((value) => `${field} is ${value}`);
  });
}
