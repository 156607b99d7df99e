/** The files that Grafana is provisioned by, as strictly as the tests read them: an unknown key is a mistake. */
import { z } from 'zod';

const orgId = z.int().positive();
const datasourceRef = z.strictObject({ type: z.string(), uid: z.string() });

const rule = z.strictObject({
  uid: z.string(),
  title: z.string(),
  condition: z.string(),
  data: z.array(
    z.strictObject({
      refId: z.string(),
      relativeTimeRange: z.strictObject({ from: z.int().nonnegative(), to: z.literal(0) }),
      datasourceUid: z.string(),
      model: z.strictObject({
        refId: z.string(),
        datasource: datasourceRef,
        editorType: z.literal('sql').optional(),
        pluginVersion: z.string().optional(),
        format: z.literal(1).optional(),
        intervalMs: z.int().positive().optional(),
        maxDataPoints: z.int().positive().optional(),
        rawSql: z.string().optional(),
        type: z.literal('threshold').optional(),
        expression: z.string().optional(),
        conditions: z
          .array(
            z.strictObject({
              evaluator: z.strictObject({
                type: z.enum(['gt', 'lt']),
                params: z.array(z.number()).length(1),
              }),
            }),
          )
          .optional(),
      }),
    }),
  ),
  dashboardUid: z.string(),
  panelId: z.int().positive(),
  noDataState: z.enum(['NoData', 'Alerting', 'OK', 'KeepLast']),
  execErrState: z.enum(['Error', 'Alerting', 'OK', 'KeepLast']),
  for: z.string().regex(/^\d+[smh]$/),
  annotations: z.record(z.string(), z.string()),
  labels: z.record(z.string(), z.string()),
  isPaused: z.literal(false),
});

/** Of `provisioning/alerting`. */
export const RULES_FILE = z.strictObject({
  apiVersion: z.literal(1),
  groups: z.array(
    z.strictObject({
      orgId,
      name: z.string(),
      folder: z.string(),
      interval: z.string().regex(/^\d+[smh]$/),
      rules: z.array(rule).min(1),
    }),
  ),
});

/** Of `provisioning/datasources`: one of the plugin over HTTP. */
export const DATASOURCES_FILE = z.strictObject({
  apiVersion: z.literal(1),
  prune: z.boolean().optional(),
  datasources: z.array(
    z.strictObject({
      name: z.string(),
      uid: z.string(),
      type: z.literal('grafana-clickhouse-datasource'),
      orgId,
      access: z.literal('proxy'),
      isDefault: z.boolean(),
      editable: z.literal(false),
      version: z.int(),
      jsonData: z.strictObject({
        host: z.string(),
        port: z.int().positive(),
        protocol: z.literal('http'),
        secure: z.boolean(),
        username: z.string(),
        defaultDatabase: z.string(),
        dialTimeout: z.string().regex(/^\d+$/),
        queryTimeout: z.string().regex(/^\d+$/),
        maxOpenConns: z.string().regex(/^\d+$/).optional(),
        validateSql: z.boolean(),
      }),
      secureJsonData: z.strictObject({ password: z.string() }),
    }),
  ),
});

/** Of `provisioning/dashboards`. */
export const PROVIDERS_FILE = z.strictObject({
  apiVersion: z.literal(1),
  providers: z.array(
    z.strictObject({
      name: z.string(),
      orgId,
      type: z.literal('file'),
      folder: z.string(),
      folderUid: z.string(),
      disableDeletion: z.boolean(),
      allowUiUpdates: z.boolean(),
      updateIntervalSeconds: z.int().positive(),
      options: z.strictObject({ path: z.string(), foldersFromFilesStructure: z.literal(false) }),
    }),
  ),
});

/** Of `examples/alerting`: who is told, by mail. */
export const CONTACT_POINTS_FILE = z.strictObject({
  apiVersion: z.literal(1),
  contactPoints: z.array(
    z.strictObject({
      orgId,
      name: z.string(),
      receivers: z.array(
        z.strictObject({
          uid: z.string().max(40),
          type: z.literal('email'),
          settings: z.strictObject({ addresses: z.email(), singleEmail: z.boolean() }),
        }),
      ),
    }),
  ),
});

const duration = z.string().regex(/^\d+[smh]$/);

/** Of `examples/alerting`: of which alert who is told, and how often. */
export const POLICIES_FILE = z.strictObject({
  apiVersion: z.literal(1),
  policies: z.array(
    z.strictObject({
      orgId,
      receiver: z.string(),
      group_by: z.array(z.string()),
      routes: z.array(
        z.strictObject({
          receiver: z.string(),
          object_matchers: z.array(z.tuple([z.string(), z.literal('='), z.string()])).min(1),
          group_wait: duration,
          repeat_interval: duration,
        }),
      ),
    }),
  ),
});
