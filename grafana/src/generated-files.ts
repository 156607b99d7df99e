/** Every file that is made here, by its path in this package. */
import { alertRulesFile, CONTACT_POINTS, POLICIES } from './alerts/alerting-file.ts';
import type { AlertRule } from './alerts/rule.ts';
import { ALERT_RULES } from './alerts/rules.ts';
import { dashboards } from './dashboards/dashboards.ts';
import { dashboardsFile } from './provisioning/dashboards-file.ts';
import {
  EMBEDDED_DATASOURCE,
  OPERATORS_ORG,
  SERVER_DATASOURCE,
} from './provisioning/datasource-file.ts';
import { yamlText } from './provisioning/yaml.ts';

const ORIGIN = '# Made by npm run grafana:build from grafana/src; change it there.\n';

const SERVER = `# ClickHouse as Grafana reads it: a user of its own, which reads the tables of money and spans and nothing else, of
# every tenant. Whoever may use this data source sees all of them: a tenant gets an organisation and a data source of
# its own (grafana/README.md, npm run grafana:org).
`;
const EMBEDDED = `# The embedded engine through --sql, as the operator, who sees every tenant. Grafana reads the key from a file of its own:
#   install -m 0400 -o grafana <data-dir>/admin.key /etc/grafana/aicost.key
# Beyond this machine: another --sql address and, with --tls-cert, secure: true.
`;
const DASHBOARDS_FILE = dashboardsFile({
  orgId: OPERATORS_ORG,
  name: 'aicost',
  path: '/var/lib/aicost-dashboards',
});

export function generatedFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { uid, json } of dashboards()) {
    files.set(`dashboards/${uid}.json`, `${JSON.stringify(json, null, 2)}\n`);
  }
  const rules = alertRulesFile(ALERT_RULES, panelId);
  files.set('provisioning/alerting/aicost-rules.yaml', ORIGIN + yamlText(rules));
  files.set('examples/alerting/contact-points.yaml', ORIGIN + yamlText(CONTACT_POINTS));
  files.set('examples/alerting/policies.yaml', ORIGIN + yamlText(POLICIES));
  files.set(
    'provisioning/datasources/clickhouse.yaml',
    ORIGIN + SERVER + yamlText(SERVER_DATASOURCE),
  );
  files.set(
    'examples/datasources/embedded.yaml',
    ORIGIN + EMBEDDED + yamlText(EMBEDDED_DATASOURCE),
  );
  files.set('provisioning/dashboards/aicost.yaml', ORIGIN + yamlText(DASHBOARDS_FILE));
  return files;
}

function panelId({ dashboard, title }: AlertRule['panel']): number {
  const found = dashboards()
    .find(({ uid }) => uid === dashboard)
    ?.json.panels?.find((panel) => panel.title === title)?.id;
  if (found === undefined) throw new Error(`${dashboard} has no panel ${title}`);
  return found;
}
