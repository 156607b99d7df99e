/** The alert rules' file: what Grafana needs of a rule, and YAML that says what was meant. */
import { ALERT_RULES } from '@ai-cost-profiler/grafana/alerts/rules.ts';
import { yamlText } from '@ai-cost-profiler/grafana/provisioning/yaml.ts';
import { sqlText } from '@ai-cost-profiler/grafana/sql/sql-text.ts';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readText } from '../tidy/repository-files.ts';
import { DASHBOARDS } from './dashboard-model.ts';
import { GRAFANA_READS, judgeInstants, tablesOf } from './lint.ts';
import { KNOWN_MACROS } from './macros.ts';
import {
  CONTACT_POINTS_FILE,
  DATASOURCES_FILE,
  POLICIES_FILE,
  PROVIDERS_FILE,
  RULES_FILE,
} from './provisioning-files.ts';

test('uids and titles are those of one rule each, and fit into Grafana', () => {
  for (const field of ['uid', 'title'] as const) {
    const values = ALERT_RULES.map((rule) => rule[field]);
    expect(new Set(values).size).toBe(values.length);
  }
  // Grafana refuses longer ones.
  for (const { uid } of ALERT_RULES) expect(uid).toMatch(/^[\w-]{1,40}$/);
});

test.for(ALERT_RULES)('$uid compares instants as the panels do', ({ sql }) => {
  expect(judgeInstants(sql)).toEqual([]);
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

describe('the committed file', () => {
  const provisioned = (name: string): unknown => parse(readText(`grafana/provisioning/${name}`));
  const file = RULES_FILE.parse(provisioned('alerting/aicost-rules.yaml'));
  const rules = file.groups.flatMap((group) => group.rules);
  const [datasource] = DATASOURCES_FILE.parse(
    provisioned('datasources/clickhouse.yaml'),
  ).datasources;
  const [provider] = PROVIDERS_FILE.parse(provisioned('dashboards/aicost.yaml')).providers;

  test('has the rules of the source, in the organisation of the dashboards, in a folder of their own', () => {
    expect(rules.map(({ uid }) => uid)).toEqual(ALERT_RULES.map(({ uid }) => uid));
    for (const { folder, orgId } of file.groups) {
      expect(orgId).toBe(provider?.orgId);
      expect(orgId).toBe(datasource?.orgId);
      // Grafana would make two of one name: rules know no uid of a folder.
      expect(folder).not.toBe(provider?.folder);
    }
  });

  test.for(rules)(
    '$uid asks the provisioned data source, and fires by a query of its own',
    (rule) => {
      const [question, ...expressions] = rule.data;
      expect(question?.datasourceUid).toBe(datasource?.uid);
      expect(question?.model.datasource).toEqual({ type: datasource?.type, uid: datasource?.uid });
      for (const { datasourceUid, model } of expressions) {
        expect([datasourceUid, model.datasource.uid]).toEqual(['__expr__', '__expr__']);
        expect(rule.data.map(({ refId }) => refId)).toContain(model.expression);
      }
      const refIds = rule.data.map(({ refId }) => refId);
      expect(new Set(refIds).size).toBe(refIds.length);
      expect(refIds).toContain(rule.condition);
      for (const { refId, model } of rule.data) expect(model.refId).toBe(refId);
    },
  );

  test.for(rules)('$uid says in SQL what the source says, once Grafana has read it', (rule) => {
    const wanted = ALERT_RULES.find(({ uid }) => uid === rule.uid);
    // Grafana takes $NAME for a variable of its environment, and $$ for a dollar.
    const read = rule.data[0]?.model.rawSql?.replaceAll('$$', '$');
    expect(read).toBe(sqlText(wanted?.sql ?? ''));
    expect(rule.data[0]?.model.rawSql?.replaceAll('$$', '')).not.toContain('$');
  });

  test.for(rules)('$uid leads to its panel by the id that the dashboard has', (rule) => {
    const wanted = ALERT_RULES.find(({ uid }) => uid === rule.uid)?.panel;
    const dashboard = DASHBOARDS.find(({ uid }) => uid === rule.dashboardUid);
    expect(dashboard?.panels.find(({ id }) => id === rule.panelId)?.title).toBe(wanted?.title);
  });
});

test('the examples send alerts of these rules to a contact point that is there', () => {
  const example = (name: string): unknown =>
    parse(readText(`grafana/examples/alerting/${name}.yaml`));
  const names = CONTACT_POINTS_FILE.parse(example('contact-points')).contactPoints.map(
    ({ orgId, name }) => `${orgId} ${name}`,
  );
  const labels = ALERT_RULES.map(({ severity }) => ({ severity, source: 'aicost' }));
  for (const { orgId, receiver, routes } of POLICIES_FILE.parse(example('policies')).policies) {
    for (const one of [receiver, ...routes.map((route) => route.receiver)]) {
      expect(names).toContain(`${orgId} ${one}`);
    }
    for (const { object_matchers: matchers } of routes) {
      const isMeant = (of: Readonly<Record<string, string>>): boolean =>
        matchers.every(([label, , value]) => of[label] === value);
      expect(labels.some(isMeant), JSON.stringify(matchers)).toBe(true);
    }
  }
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
