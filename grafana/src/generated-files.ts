/** Every file that is made here, by its path in this package. */
import { alertRulesFile, CONTACT_POINTS, POLICIES } from './alerts/alerting-file.ts';
import type { AlertRule } from './alerts/rule.ts';
import { ALERT_RULES } from './alerts/rules.ts';
import { yamlText } from './alerts/yaml.ts';
import { dashboards } from './dashboards/dashboards.ts';

const ORIGIN = '# Made by npm run grafana:build from grafana/src; change it there.\n';

export function generatedFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { uid, json } of dashboards()) {
    files.set(`dashboards/${uid}.json`, `${JSON.stringify(json, null, 2)}\n`);
  }
  const rules = alertRulesFile(ALERT_RULES, panelId);
  files.set('provisioning/alerting/aicost-rules.yaml', ORIGIN + yamlText(rules));
  files.set('examples/alerting/contact-points.yaml', ORIGIN + yamlText(CONTACT_POINTS));
  files.set('examples/alerting/policies.yaml', ORIGIN + yamlText(POLICIES));
  return files;
}

function panelId({ dashboard, title }: AlertRule['panel']): number {
  const found = dashboards()
    .find(({ uid }) => uid === dashboard)
    ?.json.panels?.find((panel) => panel.title === title)?.id;
  if (found === undefined) throw new Error(`${dashboard} has no panel ${title}`);
  return found;
}
