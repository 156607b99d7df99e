/**
 * An organisation of Grafana for one tenant: who is in it can ask ClickHouse as the tenant's own user alone, whatever
 * SQL they write. Alert rules stay in the operator's organisation, and tell tenants apart themselves.
 */
import { tenantDashboards } from '../dashboards/dashboards.ts';
import type { Uid } from '../dashboards/uids.ts';
import { dashboardsFile } from '../provisioning/dashboards-file.ts';
import { datasourceFile } from '../provisioning/datasource-file.ts';
import { yamlText } from '../provisioning/yaml.ts';
import type { OrgPlan } from './org-options.ts';

const HOME: Uid = 'aicost-spend';
/** Of the fifty statements at once that the user may have: a page of panels, with the rest left for others. */
const CONNECTIONS_MAX = 20;

const ORIGIN = '# Made by npm run grafana:org.\n';

/** Files by their path in the folder that is written. */
export function orgFiles(plan: OrgPlan): ReadonlyMap<string, string> {
  const { tenant, orgId, clickhouse } = plan;
  const name = `aicost-${tenant}`;
  const datasource = datasourceFile({
    ...clickhouse,
    orgId,
    user: plan.sqlUser,
    passwordFile: plan.passwordFile,
    connectionsMax: CONNECTIONS_MAX,
  });
  const provider = dashboardsFile({ orgId, name, path: plan.dashboardsPath });
  return new Map([
    [`provisioning/datasources/${name}.yaml`, ORIGIN + yamlText(datasource)],
    [`provisioning/dashboards/${name}.yaml`, ORIGIN + yamlText(provider)],
    ...tenantDashboards().map(({ uid, json }): [string, string] => [
      `dashboards/${uid}.json`,
      `${JSON.stringify(json, null, 2)}\n`,
    ]),
  ]);
}

/** A request to Grafana's API, as the server's administrator (Basic auth). */
export interface GrafanaRequest {
  readonly why: string;
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly orgId?: number;
  readonly body?: Readonly<Record<string, string | number>>;
}

/** What makes the organisation, before its files can be: its answer has the `orgId`. */
export function makeOrg(tenant: string): GrafanaRequest {
  return {
    why: 'Make the organisation; the answer has its orgId.',
    method: 'POST',
    path: '/api/orgs',
    body: { name: tenant },
  };
}

/** What is asked once the files are in their places. */
export function requestsAfter({ tenant, orgId }: OrgPlan): readonly GrafanaRequest[] {
  return [
    {
      why: 'Read the data sources again; a restart does it too.',
      method: 'POST',
      path: '/api/admin/provisioning/datasources/reload',
    },
    {
      why: 'Read the dashboards again.',
      method: 'POST',
      path: '/api/admin/provisioning/dashboards/reload',
    },
    {
      why: 'Make Spend the home of the organisation.',
      method: 'PUT',
      path: '/api/org/preferences',
      orgId,
      body: { homeDashboardUID: HOME },
    },
    {
      why: 'Make a person, who is in this organisation alone while auto_assign_org is on (the default); without OrgId they would be in that of the operator.',
      method: 'POST',
      path: '/api/admin/users',
      body: {
        name: 'NAME',
        login: `LOGIN@${tenant}.example`,
        password: 'PASSWORD',
        OrgId: orgId,
      },
    },
  ];
}

/** As a line for a shell; the administrator's password is asked for by curl. */
export function curlLine({ method, path, orgId, body }: GrafanaRequest): string {
  const headers = orgId === undefined ? '' : ` -H 'X-Grafana-Org-Id: ${orgId}'`;
  const content =
    body === undefined ? '' : ` -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
  return `curl --user admin -X ${method} "$GRAFANA_URL${path}"${headers}${content}`;
}
