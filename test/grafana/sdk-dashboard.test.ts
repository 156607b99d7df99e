/** Every dashboard against the types of Grafana's kinds, and what is found where one is not of them. */
import { expect, test } from 'vitest';
import { DASHBOARDS, type DashboardJson } from './dashboard-model.ts';
import { dashboardFaults } from './sdk-dashboard.ts';

test.for(DASHBOARDS)("$uid is of Grafana's types, and has nothing else", (dashboard) => {
  expect(dashboardFaults(dashboard)).toEqual([]);
});

type Path = readonly (string | number)[];

/** A copy of *Spend* with another value at one place; `undefined`: without it. */
function broken(path: Path, value: unknown): DashboardJson {
  const copy = structuredClone(DASHBOARDS.find(({ uid }) => uid === 'aicost-spend'));
  if (copy === undefined) throw new Error('no dashboard to break');
  let at = copy as unknown as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) at = at[step] as typeof at;
  at[path.at(-1) ?? ''] = value;
  return JSON.parse(JSON.stringify(copy)) as DashboardJson;
}

/** As `broken`, in its first panel of this type. */
function panel(type: string, path: Path, value: unknown): DashboardJson {
  const spend = DASHBOARDS.find(({ uid }) => uid === 'aicost-spend');
  const index = spend?.panels.findIndex((one) => one.type === type) ?? -1;
  return broken(['panels', index, ...path], value);
}

const PROPERTY = ['fieldConfig', 'overrides', 0, 'properties', 0];

test.for([
  ['an unknown member', broken(['panel'], []), 'dashboard.panel is nothing'],
  ['a wrong type', broken(['schemaVersion'], '42'), 'is "42", no Number'],
  ['a missing member', broken(['templating'], undefined), 'templating is missing'],
  ['an unknown word', broken(['graphTooltip'], 7), 'is 7, none of 0, 1, 2'],
  [
    'a variable of no type',
    broken(['templating', 'list', 0, 'type'], 'sql'),
    'type is "sql", none of',
  ],
  ['a list that is none', broken(['links'], {}), 'links is no list'],
  ['a place without a width', panel('stat', ['gridPos', 'w'], undefined), 'gridPos.w is missing'],
  [
    'an option of another kind of panel',
    panel('stat', ['options', 'showHeader'], true),
    'options.showHeader is nothing',
  ],
  [
    'an option that is no word of its kind',
    panel('stat', ['options', 'graphMode'], 'lines'),
    'graphMode is "lines", none of',
  ],
  [
    'a look of fields that is none',
    panel('timeseries', ['fieldConfig', 'defaults', 'custom', 'drawStyle'], 'bar'),
    'drawStyle is "bar", none of',
  ],
  ['a query with something else', panel('table', ['targets', 0, 'sql'], ''), 'Unrecognized key'],
  [
    'a field of an unknown property',
    panel('table', PROPERTY, { id: 'custom.align2', value: 'x' }),
    'custom.align2 is nothing',
  ],
  [
    'a field of a wrong value',
    panel('table', PROPERTY, { id: 'decimals', value: 'two' }),
    'is "two", no Number',
  ],
  [
    'a cell of no kind',
    panel('table', PROPERTY, { id: 'custom.cellOptions', value: { type: 'bar' } }),
    'cellOptions.type is "bar", none of',
  ],
] as const)('found is %s', ([, dashboard, fault]) => {
  expect(dashboardFaults(dashboard).join('\n')).toContain(fault);
});
