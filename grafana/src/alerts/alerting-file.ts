/**
 * Alert rules, and examples of who is told, in the shape of Grafana's file provisioning, which is not that of its API.
 * Grafana fills in `$NAME` in these files, so that every dollar is written twice.
 */
import { PLUGIN } from '../panels/clickhouse-query.ts';
import { DATASOURCE_UID, OPERATORS_ORG } from '../provisioning/datasource-file.ts';
import type { YamlValue } from '../provisioning/yaml.ts';
import { sqlText } from '../sql/sql-text.ts';
import type { AlertRule } from './rule.ts';

const ALERTS_RECEIVER = 'AI cost';
/**
 * Not that of the dashboards: Grafana makes the rules' folder first, by its title and with a uid of chance, and then
 * another one of that title under the uid of the dashboards' folder (grafana/grafana#125079); some releases refuse it.
 */
const ALERTS_FOLDER = 'AI cost alerts';
const EXPRESSIONS = '__expr__';
const EVALUATED_EVERY = '1m';

/** The file of all rules; `panelIdOf` finds the panel of a dashboard that a rule points at. */
export function alertRulesFile(
  rules: readonly AlertRule[],
  panelIdOf: (panel: AlertRule['panel']) => number,
): YamlValue {
  const all = rules.map((rule) => ({
    uid: rule.uid,
    title: rule.title,
    condition: 'C',
    data: [question(rule), threshold(rule)],
    dashboardUid: rule.panel.dashboard,
    panelId: panelIdOf(rule.panel),
    noDataState: rule.noRow,
    execErrState: 'Error',
    for: rule.holds,
    annotations: {
      summary: rule.summary,
      description: rule.description,
      // A path, and no `runbook_url`: where these pages are published is not known here.
      runbook: `docs/runbook.md#${rule.uid}`,
    },
    labels: { severity: rule.severity, source: 'aicost' },
    isPaused: false,
  }));
  const where = { orgId: OPERATORS_ORG, name: 'aicost', folder: ALERTS_FOLDER };
  const group = { ...where, interval: EVALUATED_EVERY, rules: all };
  return { apiVersion: 1, groups: [group] };
}

function question({ sql, windowSeconds }: AlertRule): YamlValue {
  return {
    refId: 'A',
    relativeTimeRange: { from: windowSeconds, to: 0 },
    datasourceUid: DATASOURCE_UID,
    model: {
      refId: 'A',
      datasource: { type: PLUGIN.type, uid: DATASOURCE_UID },
      editorType: 'sql',
      pluginVersion: PLUGIN.version,
      // A table: each row of texts and a number is an alert of its own.
      format: 1,
      intervalMs: 60_000,
      maxDataPoints: 43_200,
      rawSql: sqlText(sql),
    },
  };
}

function threshold({ fires }: AlertRule): YamlValue {
  return {
    refId: 'C',
    relativeTimeRange: { from: 0, to: 0 },
    datasourceUid: EXPRESSIONS,
    model: {
      refId: 'C',
      datasource: { type: EXPRESSIONS, uid: EXPRESSIONS },
      type: 'threshold',
      expression: 'A',
      conditions: [{ evaluator: { type: fires.when, params: [fires.than] } }],
    },
  };
}

/** An example: mail. A person changes the address. */
export const CONTACT_POINTS: YamlValue = {
  apiVersion: 1,
  contactPoints: [
    {
      orgId: OPERATORS_ORG,
      name: ALERTS_RECEIVER,
      receivers: [
        {
          uid: 'aicost-mail',
          type: 'email',
          settings: { addresses: 'llm-costs@example.com', singleEmail: true },
        },
      ],
    },
  ],
};

/** An example: it takes the place of the whole tree of policies, so it is not among the files that are provisioned. */
export const POLICIES: YamlValue = {
  apiVersion: 1,
  policies: [
    {
      orgId: OPERATORS_ORG,
      receiver: ALERTS_RECEIVER,
      group_by: ['grafana_folder', 'alertname', 'tenant'],
      routes: [
        {
          receiver: ALERTS_RECEIVER,
          object_matchers: [
            ['source', '=', 'aicost'],
            ['severity', '=', 'critical'],
          ],
          group_wait: '10s',
          repeat_interval: '1h',
        },
        {
          receiver: ALERTS_RECEIVER,
          object_matchers: [['source', '=', 'aicost']],
          group_wait: '1m',
          repeat_interval: '12h',
        },
      ],
    },
  ],
};
