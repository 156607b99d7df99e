/** The variables of the dashboards, and links that take them along. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  type VariableModel,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { CHOSEN_DATASOURCE, PLUGIN } from '../panels/clickhouse-query.ts';
import { CHOICES, type Choice, DIMENSIONS, shownName, TAG_KEY } from '../sql/dimension.ts';
import { sqlText } from '../sql/sql-text.ts';
import { CHOSEN } from '../sql/window.ts';
import type { Uid } from './uids.ts';

type Variable = Builder<VariableModel>;

const ALL = { text: 'All', value: '$__all', selected: true };

/** Which ClickHouse, and whose rows of it; a tenant's own user sees no others anyway. */
export const WHERE: readonly Variable[] = [
  new DatasourceVariableBuilder('datasource').label('Data source').type(PLUGIN.type),
  listed('tenant', 'Tenant', 't.tenant'),
];

/** A choice of values for each dimension. */
export const FILTERS: readonly Variable[] = DIMENSIONS.map((dimension) =>
  listed(dimension, capitalised(dimension), shownName(dimension, 'rollup')),
);

/** What panels by a chosen dimension say of themselves. */
export const BY_CHOICE =
  'By session, tool or tag everything is read from the ledger, and by user what is not a whole day: days that have expired (--retention-ledger) are then not in it.';

/** The key of the tag, where a dimension is `tag`. */
export const TAG_CHOICE: Variable = typedIn(
  TAG_KEY,
  'Tag',
  'The key of a tag (aicost.tag.<key>), such as team: for the dimension tag.',
);

/** A choice of one dimension. */
export function dimensionChoice(name: string, label: string, preset: Choice): Variable {
  return new CustomVariableBuilder(name)
    .label(label)
    .values(CHOICES.join(','))
    .current({ text: preset, value: preset, selected: true })
    .options(CHOICES.map((value) => ({ text: value, value, selected: value === preset })))
    .multi(false)
    .includeAll(false);
}

/** What is typed in; empty at first. */
export function typedIn(name: string, label: string, description: string): Variable {
  return new TextBoxVariableBuilder(name)
    .label(label)
    .description(description)
    .defaultValue('')
    .current({ text: '', value: '', selected: true });
}

/** Values that the hours of the range have, asked again with every range; the costliest thousand. */
function listed(name: string, label: string, column: string): Variable {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(CHOSEN_DATASOURCE)
    .query(
      sqlText(`
        SELECT ${column} AS name
        FROM cost_hourly AS t
        WHERE t.hour >= toStartOfHour($__fromTime, 'UTC') AND t.hour < ${CHOSEN.to}
        GROUP BY name
        ORDER BY sum(t.cost_usd) DESC, name
        LIMIT 1000`),
    )
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .allowCustomValue(false)
    .current(ALL);
}

function capitalised(word: string): string {
  return `${word[0]?.toUpperCase()}${word.slice(1)}`;
}

/** Names of the variables `WHERE`. */
export const WHERE_NAMES: readonly string[] = ['datasource', 'tenant'];
/** Names of the variables `WHERE` and `FILTERS`. */
export const FILTER_NAMES: readonly string[] = [...WHERE_NAMES, ...DIMENSIONS];

/**
 * The address of a dashboard with the same time, those that are set, and the others of `taken`: every variable that
 * both the page of the link and the one it leads to have, or the reader loses what was chosen (the linter says so). A
 * value is a text of Grafana's links (`fieldValue`).
 */
export function linkTo(
  uid: Uid,
  set: Readonly<Record<string, string>> = {},
  taken: readonly string[] = FILTER_NAMES,
): string {
  const kept = taken.filter((name) => !(name in set)).map((name) => `\${${name}:queryparam}`);
  const given = Object.entries(set).map(([name, value]) => `var-${name}=${value}`);
  return `/d/${uid}?${[`\${__url_time_range}`, ...kept, ...given].join('&')}`;
}

/** The value of a field of the row whose link it is. */
export function fieldValue(field: string): string {
  return `\${__data.fields["${field}"]:percentencode}`;
}
