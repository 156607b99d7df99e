// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Grafana's variables, not ours.
/** What the linter finds in links and bars that are wrong. */
import { describe, expect, test } from 'vitest';
import {
  DASHBOARDS,
  type DashboardJson,
  type Override,
  type PanelJson,
} from './dashboard-model.ts';
import { lintLinks } from './lint-links.ts';
import { beyondBars, judgeBars } from './share-bars.ts';

const panelWith = (overrides: readonly Override[], sql = 'SELECT 1 AS Share'): PanelJson => ({
  id: 1,
  type: 'table',
  title: 'a panel',
  gridPos: { x: 0, y: 0, w: 24, h: 8 },
  targets: [
    { refId: 'A', datasource: { type: '', uid: '' }, format: 1, editorType: '', rawSql: sql },
  ],
  fieldConfig: { defaults: {}, overrides },
});

const override = (properties: Override['properties']): Override => ({
  matcher: { id: 'byName', options: 'Share' },
  properties,
});

/** A page with these variables, whose one panel has a link to this address. */
function page(uid: string, names: readonly string[], url: string): DashboardJson {
  const variable = { type: 'custom', query: '', multi: false, includeAll: false };
  return {
    uid,
    title: uid,
    description: '',
    editable: false,
    schemaVersion: 42,
    time: { from: 'now-1h', to: 'now' },
    panels: [panelWith([override([{ id: 'links', value: [{ url }] }])])],
    templating: { list: names.map((name) => ({ ...variable, name })) },
  };
}

describe('a link', () => {
  const [own, other] = [
    ['datasource', 'model', 'budget'],
    ['datasource', 'model', 'only'],
  ];
  const TIME = '${__url_time_range}';
  const judge = (url: string): string =>
    lintLinks(page('here', own, url), [page('here', own, ''), page('there', other, '')]).join('\n');

  test.for([
    `/d/here?${TIME}&\${datasource:queryparam}&\${budget:queryparam}&var-model=x`,
    `/d/there?${TIME}&\${datasource:queryparam}&\${model:queryparam}&var-only=\${__data.fields["a"]:percentencode}`,
  ])('%s keeps what was chosen', (url) => {
    expect(judge(url)).toBe('');
  });

  test.for([
    ['/d/gone?a', 'leads nowhere'],
    [`/d/here?${TIME}&\${datasource:queryparam}&var-model=x`, 'drops budget'],
    [`/d/there?${TIME}&\${datasource:queryparam}&var-only=x`, 'drops model'],
    [`/d/there?\${datasource:queryparam}&\${model:queryparam}`, 'drops the range'],
    // A value alone is no parameter: Grafana would take the name of nothing.
    [`/d/there?${TIME}&\${datasource:queryparam}&\${model:percentencode}`, 'drops model'],
    [
      `/d/there?${TIME}&\${datasource:queryparam}&\${model:queryparam}&var-budget=1`,
      'does not have',
    ],
    [`/d/here?${TIME}&\${only:queryparam}`, 'which is not here'],
    [`/d/there?${TIME}&\${datasource:queryparam}&\${model:queryparam}&var-model=x`, 'and sets it'],
  ] as const)('%s is found: %s', ([url, finding]) => {
    expect(judge(url)).toContain(finding);
  });
});

describe('a bar for a share', () => {
  const bar = { id: 'custom.cellOptions', value: { type: 'gauge' } };
  const scale = [
    { id: 'unit', value: 'percentunit' },
    { id: 'min', value: 0 },
    { id: 'max', value: 1 },
  ];

  test.for([
    ['that is there', [override([bar, ...scale])], ''],
    ['that is not there', [], 'without a bar'],
    ['of a length of its own', [override([bar, ...scale.slice(0, 2)])], 'not the max 1'],
    ['in percent', [override([bar, { id: 'unit', value: 'percent' }])], 'not the unit percentunit'],
  ] as const)('%s is judged', ([, overrides, finding]) => {
    const found = judgeBars(panelWith(overrides)).join('\n');
    if (finding === '') expect(found).toBe('');
    else expect(found).toContain(finding);
  });

  test.for([
    [0, []],
    [1, []],
    [null, []],
    [1.01, ['Share is 1.01']],
    [-0.1, ['Share is -0.1']],
    ['0.5', ['Share is 0.5']],
  ] as const)('shows %s or says why not', ([value, findings]) => {
    const frame = { columns: [{ name: 'Share', type: 'Float64' }], rows: [[value]] };
    expect(beyondBars(panelWith([override([bar])]), frame)).toEqual(findings);
  });

  test('stands in tables of most dashboards', () => {
    const withBars = DASHBOARDS.filter(({ panels }) =>
      panels.some(({ fieldConfig }) =>
        fieldConfig?.overrides.some(({ properties }) =>
          properties.some(({ id }) => id === 'custom.cellOptions'),
        ),
      ),
    );
    expect(withBars.map(({ uid }) => uid)).toEqual(
      expect.arrayContaining(['aicost-spend', 'aicost-explore', 'aicost-waste', 'aicost-users']),
    );
  });
});
