/** Where Grafana finds dashboards, in the shape of its file provisioning. */
import type { YamlValue } from './yaml.ts';

/** The folder they stand in; that of the alert rules is another one. */
const DASHBOARDS_FOLDER = 'AI cost';

export interface DashboardsPlan {
  readonly orgId: number;
  /** Of the provider, one of its own. */
  readonly name: string;
  /** A folder of the machine or container that Grafana runs on; all below it is read. */
  readonly path: string;
}

/** The file of one provider. The files win over what is changed in the browser. */
export function dashboardsFile({ orgId, name, path }: DashboardsPlan): YamlValue {
  return {
    apiVersion: 1,
    providers: [
      {
        name,
        orgId,
        type: 'file',
        folder: DASHBOARDS_FOLDER,
        folderUid: 'aicost',
        disableDeletion: true,
        allowUiUpdates: false,
        updateIntervalSeconds: 60,
        options: { path, foldersFromFilesStructure: false },
      },
    ],
  };
}
