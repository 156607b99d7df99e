/** What a dashboard must have, whatever it shows. Findings are sentences that name the panel. */
import { GRAFANA_TABLES } from '../../scripts/grafana-user.ts';
import { asking, type DashboardJson, type GridPos, type PanelJson } from './dashboard-model.ts';
import { lintLinks } from './lint-links.ts';
import { KNOWN_MACROS } from './macros.ts';
import { judgeBars } from './share-bars.ts';

const COLUMNS = 24;
const DATASOURCE = `\${datasource}`;
const TYPES = ['stat', 'timeseries', 'table', 'bargauge', 'flamegraph', 'traces'];
/** The browser's. */
const FRONTEND_MACROS = ['conditionalAll'];

/** Panels that show how things are, whatever range is chosen: by `dashboard: title`, with the reason. */
export const WITHOUT_RANGE: Readonly<Record<string, string>> = {
  'aicost-spend: Forecast to month end': 'is about the running month',
  'aicost-spend: Budget left': 'is about the running month',
  'aicost-spend: Budgets': 'is how they stand now',
  'aicost-collector: Last span': 'is how it is now',
  'aicost-collector: Settled up to': 'is how it is now',
  'aicost-collector: Last sign of life': 'is how it is now',
  'aicost-collector: Tables': 'is how it is now',
  'aicost-collector: Migrations': 'is how it is now',
  'aicost-trace: The trace': 'is about one trace, whenever it ran',
  'aicost-trace: Cost by span (billionths of a dollar)': 'is about one trace, whenever it ran',
  'aicost-trace: Trace': 'is about one trace, whenever it ran',
  'aicost-trace: Spans': 'is about one trace, whenever it ran',
  'aicost-trace: Charge lines': 'is about one trace, whenever it ran',
  'aicost-trace: Entries of the ledger': 'is about one trace, whenever it ran',
};

/** What a tenant's own user may read on a server (collector/src/control/tenant-user-sql.ts). */
export const TENANT_TABLES: readonly string[] = [
  'spans',
  'ledger',
  'cost_hourly',
  'cost_daily',
  'traces',
  'prices',
];
/** What docker-compose.yml lets Grafana read; what it may not, `system.tables` does not show. */
export const GRAFANA_READS: readonly string[] = [...GRAFANA_TABLES, 'system.tables'];
/** Tables of which retention removes days, unlike the rollups. */
const EXPIRING = ['ledger', 'spans'];
/** As queries ask whether a dimension is chosen that the ledger alone has. */
const LEDGER_ALONE = "IN ('session', 'tool', 'tag')";
const OPERATORS_DASHBOARD = 'aicost-collector';
/** Panels of other dashboards that those of a tenant are without, by `dashboard: title`. */
export const OPERATORS_PANELS: readonly string[] = [
  'aicost-spend: Budgets',
  'aicost-data-quality: Refused or dropped by the collectors',
];

/** Units that are used, as Grafana names them: a misspelt one would be shown behind every number. */
export const UNITS = [
  'currencyUSD',
  'suffix:n$',
  'percentunit',
  'short',
  'none',
  's',
  'ms',
  'bytes',
] as const;

type Rule = (dashboard: DashboardJson, all: readonly DashboardJson[]) => string[];

/** Findings of every rule in one dashboard; `all` are those it may lead to. */
export function lintDashboard(dashboard: DashboardJson, all: readonly DashboardJson[]): string[] {
  return RULES.flatMap((rule) => rule(dashboard, all)).map((text) => `${dashboard.uid}: ${text}`);
}

const eachAsking =
  (judge: (panel: PanelJson) => string[]): Rule =>
  (dashboard) =>
    asking(dashboard).flatMap((panel) => judge(panel).map((text) => `${panel.title}: ${text}`));

const twice = <T>(values: readonly T[]): T[] =>
  values.filter((value, index) => values.indexOf(value) !== index);

const overlap = (a: GridPos, b: GridPos): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

const RULES: readonly Rule[] = [
  (dashboard) => [
    ...(dashboard.editable ? ['is editable: what is provisioned comes from a file'] : []),
    ...(dashboard.description ? [] : ['has no description']),
    ...twice(dashboard.panels.map(({ id }) => id)).map((id) => `two panels have the id ${id}`),
    ...twice(asking(dashboard).map(({ title }) => title)).map((one) => `two panels are ${one}`),
  ],
  (dashboard) =>
    dashboard.panels.filter(({ id }) => !(id > 0)).map(({ title }) => `${title}: no id`),
  ({ panels }) =>
    panels
      .filter(({ gridPos: { x, w } }) => x < 0 || w < 1 || x + w > COLUMNS)
      .map(({ title }) => `${title}: stands outside of the 24 columns`),
  ({ panels }) =>
    panels.flatMap((panel, index) =>
      panels
        .slice(index + 1)
        .filter((other) => overlap(panel.gridPos, other.gridPos))
        .map((other) => `${panel.title}: lies on ${other.title}`),
    ),
  eachAsking(({ title, description = '', type, targets = [], datasource, fieldConfig }) => [
    ...(title ? [] : ['has no title']),
    ...(description.length >= 20 ? [] : ['has no description']),
    ...(TYPES.includes(type) ? [] : [`is of type ${type}, which no test judges`]),
    ...(targets.length > 0 ? [] : ['asks nothing']),
    ...twice(targets.map(({ refId }) => refId)).map((one) => `two queries are ${one}`),
    ...(fieldConfig?.defaults.unit ? [] : ['has no unit']),
    ...(fieldConfig?.defaults.noValue ? [] : ['does not say what to do when it is empty']),
    ...[datasource, ...targets.map((target) => target.datasource)]
      .filter((one) => one?.uid !== DATASOURCE)
      .map(() => 'does not ask the chosen data source'),
    ...targets
      .filter(({ editorType, format }) => editorType !== 'sql' || ![0, 1, 3].includes(format))
      .map(({ refId }) => `${refId} has no format`),
  ]),
  eachAsking(({ type, targets = [] }) =>
    targets
      .filter(({ format }) => format !== ({ timeseries: 0, traces: 3 }[type] ?? 1))
      .map(({ refId }) => `${refId} has the format of another panel`),
  ),
  (dashboard) =>
    asking(dashboard).flatMap(({ title, targets = [] }) => {
      const isFree = `${dashboard.uid}: ${title}` in WITHOUT_RANGE;
      const hasRange = targets.every(({ rawSql }) =>
        /\$__(?:from|to)Time|\$__timeFilter/.test(rawSql),
      );
      if (hasRange) return isFree ? [`${title}: has a range, though it is listed as without`] : [];
      return isFree ? [] : [`${title}: does not follow the chosen range`];
    }),
  (dashboard) => {
    const queries = [
      ...asking(dashboard).flatMap(({ title, targets = [] }) =>
        targets.map(({ rawSql }) => ({ title, sql: rawSql })),
      ),
      ...dashboard.templating.list
        .filter(({ type }) => type === 'query')
        .map(({ name, query }) => ({ title: `variable ${name}`, sql: query })),
    ];
    const known = dashboard.templating.list.map(({ name }) => name);
    return queries.flatMap(({ title, sql }) =>
      judgeSql(sql, known).map((text) => `${title}: ${text}`),
    );
  },
  (dashboard) => {
    const isOperators = (title: string): boolean =>
      dashboard.uid === OPERATORS_DASHBOARD ||
      OPERATORS_PANELS.includes(`${dashboard.uid}: ${title}`);
    return asking(dashboard).flatMap(({ title, targets = [] }) => {
      const [reader, tables] = isOperators(title)
        ? ["Grafana's user", GRAFANA_READS]
        : ['a tenant', TENANT_TABLES];
      return targets
        .flatMap(({ rawSql }) => tablesOf(rawSql))
        .filter((table) => !tables.includes(table))
        .map((table) => `${title}: asks ${table}, which ${reader} may not read`);
    });
  },
  eachAsking(({ description = '', targets = [] }) => {
    const sql = targets.map(({ rawSql }) => rawSql).join('\n');
    // By a chosen dimension that no rollup knows, all of it comes from the ledger.
    const isKept = tablesOf(sql).includes('cost_hourly') && !sql.includes(LEDGER_ALONE);
    return EXPIRING.filter((table) => tablesOf(sql).includes(table) && !isKept)
      .filter((table) => !description.includes(`--retention-${table}`))
      .map((table) => `does not say that days of ${table} may have expired`);
  }),
  ({ templating: { list } }) => [
    ...(list[0]?.type === 'datasource' && list[0].name === 'datasource'
      ? []
      : ['the first variable is not the data source']),
    ...twice(list.map(({ name }) => name)).map((name) => `two variables are ${name}`),
    ...list.filter(({ label }) => !label).map(({ name }) => `variable ${name} has no label`),
    ...list
      .filter(({ type, refresh }) => type === 'query' && refresh !== 2)
      .map(({ name }) => `variable ${name} does not follow the range`),
  ],
  lintLinks,
  eachAsking(judgeBars),
  eachAsking(({ fieldConfig }) =>
    unitsOf(fieldConfig)
      .filter((unit) => !UNITS.some((known) => known === unit))
      .map((unit) => `shows the unit ${unit}, which is none of ${UNITS.join(', ')}`),
  ),
];

/** Names after FROM and JOIN, without those the query itself makes. */
export function tablesOf(sql: string): string[] {
  const own = [...sql.matchAll(/\b(\w+) AS \(/g)].map(([, name]) => name);
  return [...sql.matchAll(/\b(?:FROM|(?<!ARRAY )JOIN) ([\w.]+)/g)]
    .map(([, name]) => name ?? '')
    .filter((name) => !own.includes(name));
}

const INSTANT_BEFORE_SECOND =
  /\b(?:\w*(?:start_time|received_at|recorded_at|end_time)|t\.time) < (?!toDateTime64\(|now64\()\S+/g;

/** Where an instant is compared with a whole second. */
export const judgeInstants = (sql: string): string[] =>
  [...sql.matchAll(INSTANT_BEFORE_SECOND)].map(
    ([whole]) =>
      `${whole} …: an instant is compared as DateTime64, or the engine loses rows of the last second`,
  );

/** Variables are quoted so that no value ends its quotes, and exist; macros are ones that are expanded somewhere. */
function judgeSql(sql: string, variables: readonly string[]): string[] {
  const faults = judgeInstants(sql);
  for (const [whole, name, format] of sql.matchAll(/\$\{(\w+)(?::(\w+))?\}/g)) {
    if (!variables.includes(name ?? '')) faults.push(`there is no variable ${name}`);
    const isText = sql.includes(`decodeURLComponent('${whole}')`) && format === 'percentencode';
    if (format !== 'singlequote' && !isText) faults.push(`${whole} is not quoted`);
  }
  for (const [, name] of sql.matchAll(/\$__(\w+)/g)) {
    const isKnown = KNOWN_MACROS.includes(name ?? '') || FRONTEND_MACROS.includes(name ?? '');
    if (!isKnown) faults.push(`nobody expands $__${name}`);
  }
  const outside = sql.replaceAll(/, \$\w+\)/g, '');
  for (const [whole] of outside.matchAll(/\$(?!__)\w+/g)) {
    faults.push(`${whole} stands outside of $__conditionalAll`);
  }
  return faults;
}

/** Units of a panel and of its fields. */
export function unitsOf(fieldConfig: PanelJson['fieldConfig']): unknown[] {
  const ofFields = (fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
    properties.filter(({ id }) => id === 'unit').map(({ value }) => value),
  );
  return [fieldConfig?.defaults.unit, ...ofFields].filter((unit) => unit !== undefined);
}
