// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Grafana's variables, not ours.
/** What the linter finds in links that are wrong. */
import { describe, expect, test } from 'vitest';
import type { DashboardJson } from './dashboard-model.ts';
import { lintLinks } from './lint-links.ts';
import { panelWith, shareField } from './made-panel.ts';

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
    panels: [panelWith([shareField([{ id: 'links', value: [{ url }] }])])],
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
