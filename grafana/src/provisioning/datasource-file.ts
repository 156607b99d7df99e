/** Data sources in the shape of Grafana's file provisioning. */
import { PLUGIN } from '../panels/clickhouse-query.ts';
import { contentOf, type YamlValue } from './yaml.ts';

/** The data source's uid, in whichever organisation: alert rules have no variables to choose one by. */
export const DATASOURCE_UID = 'aicost';
/** The organisation that Grafana begins with: the operator's. */
export const OPERATORS_ORG = 1;

export interface DatasourcePlan {
  readonly orgId: number;
  readonly host: string;
  readonly port: number;
  /** TLS. */
  readonly isSecure: boolean;
  readonly user: string;
  /** Of the machine or container that Grafana runs on. */
  readonly passwordFile: string;
  /** How many statements at once, where the user may have no more: Grafana waits instead of being refused. */
  readonly connectionsMax?: number;
}

/** The file of one data source. Those that no file names any more go (`prune`). */
export function datasourceFile(plan: DatasourcePlan): YamlValue {
  return {
    apiVersion: 1,
    prune: true,
    datasources: [
      {
        name: 'AI cost',
        uid: DATASOURCE_UID,
        type: PLUGIN.type,
        orgId: plan.orgId,
        access: 'proxy',
        isDefault: true,
        editable: false,
        version: 1,
        jsonData: {
          host: plan.host,
          port: plan.port,
          protocol: 'http',
          secure: plan.isSecure,
          username: plan.user,
          defaultDatabase: 'aicost',
          dialTimeout: '10',
          // Below what a reader may take, a minute: the plugin asks for five seconds more.
          queryTimeout: '50',
          ...(plan.connectionsMax !== undefined && { maxOpenConns: String(plan.connectionsMax) }),
          validateSql: true,
        },
        secureJsonData: { password: contentOf(plan.passwordFile) },
      },
    ],
  };
}

/** Of compose: a user of its own, which reads the tables of money and spans and nothing else, of every tenant. */
export const SERVER_DATASOURCE = datasourceFile({
  orgId: OPERATORS_ORG,
  host: 'clickhouse',
  port: 8123,
  isSecure: false,
  user: 'grafana',
  passwordFile: '/run/aicost/clickhouse-password',
});

/** An example: the embedded engine through `--sql`, on the machine that Grafana runs on too. */
export const EMBEDDED_DATASOURCE = datasourceFile({
  orgId: OPERATORS_ORG,
  host: '127.0.0.1',
  port: 8123,
  isSecure: false,
  // Any: the key alone tells who asks.
  user: 'operator',
  passwordFile: '/etc/grafana/aicost.key',
});
