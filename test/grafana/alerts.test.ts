/** The alert rules' file: what Grafana needs of a rule, and YAML that says what was meant. */
import { ALERT_RULES } from '@ai-cost-profiler/grafana/alerts/rules.ts';
import { yamlText } from '@ai-cost-profiler/grafana/alerts/yaml.ts';
import { expect, test } from 'vitest';
import { DASHBOARDS } from './dashboard-model.ts';
import { GRAFANA_READS, tablesOf } from './lint.ts';
import { KNOWN_MACROS } from './macros.ts';

test('uids and titles are those of one rule each, and fit into Grafana', () => {
  for (const field of ['uid', 'title'] as const) {
    const values = ALERT_RULES.map((rule) => rule[field]);
    expect(new Set(values).size).toBe(values.length);
  }
  // Grafana refuses longer ones.
  for (const { uid } of ALERT_RULES) expect(uid).toMatch(/^[\w-]{1,40}$/);
});

test.for(ALERT_RULES)('$uid can be asked without a person', ({ sql }) => {
  // Variables and what the browser expands are not there when a rule is evaluated.
  expect(sql).not.toMatch(/\$\{|\$__conditionalAll|\$(?!__)/);
  const macros = [...sql.matchAll(/\$__(\w+)/g)].map(([, name]) => name);
  expect(macros.filter((name) => !KNOWN_MACROS.includes(name ?? ''))).toEqual([]);
});

test.for(ALERT_RULES)('$uid asks what the user of Grafana may read', ({ sql }) => {
  expect(tablesOf(sql).filter((table) => !GRAFANA_READS.includes(table))).toEqual([]);
});

test.for(ALERT_RULES)('$uid says whom it is about, and what to do', (rule) => {
  const labels = [...rule.summary.matchAll(/\$labels\.(\w+)/g)].map(([, name]) => name);
  for (const label of labels) expect(rule.sql).toMatch(new RegExp(`AS ${label}\\b`));
  expect(rule.description.length).toBeGreaterThan(60);
});

test.for(ALERT_RULES)('$uid leads to a panel there is', ({ panel: { dashboard, title } }) => {
  const found = DASHBOARDS.find(({ uid }) => uid === dashboard)?.panels;
  expect(found?.map((panel) => panel.title)).toContain(title);
});

test.for([
  [{ a: 1, b: true }, 'a: 1\nb: true\n'],
  [{ a: 'x: "y"' }, 'a: "x: \\"y\\""\n'],
  [{ a: 'costs $5 of $labels' }, 'a: "costs $$5 of $$labels"\n'],
  [{ a: 'one\ntwo $x' }, 'a: |-\n  one\n  two $$x\n'],
  [{ a: [] }, 'a: []\n'],
  [{ a: ['b', 2] }, 'a: ["b", 2]\n'],
  [
    { a: [{ b: 1, c: { d: 2 } }, { e: [['f', '=']] }] },
    'a:\n  - b: 1\n    c:\n      d: 2\n  - e:\n      - ["f", "="]\n',
  ],
] as const)('%j is written as YAML', ([value, text]) => {
  expect(yamlText(value)).toBe(text);
});
