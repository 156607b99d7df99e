/** The data sources that are provisioned: addresses, users and keys are those of the code, and are let in. */
import { OPTIONS } from '@ai-cost-profiler/collector/options.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readText } from '../tidy/repository-files.ts';
import { DATASOURCES_FILE, PROVIDERS_FILE } from './provisioning-files.ts';
import { CREDENTIALS, openSqlEndpoint, type SqlEndpoint, sendAsPlugin } from './sql-endpoint.ts';

const sourceOf = (path: string) => {
  const [source, ...rest] = DATASOURCES_FILE.parse(parse(readText(path))).datasources;
  if (source === undefined || rest.length > 0) throw new Error(`${path}: not one data source`);
  return source;
};
const EMBEDDED = sourceOf('grafana/examples/datasources/embedded.yaml');
const SERVER = sourceOf('grafana/provisioning/datasources/clickhouse.yaml');

let endpoint: SqlEndpoint;
beforeAll(async () => {
  endpoint = await openSqlEndpoint();
});
afterAll(() => endpoint.close());

test('that of the embedded engine asks where --sql listens, for the tables of --database', () => {
  const { host, port, secure, defaultDatabase } = EMBEDDED.jsonData;
  expect(`${host}:${port}`).toBe(OPTIONS.sql.byDefault);
  expect(defaultDatabase).toBe(OPTIONS.database.byDefault);
  expect(secure).toBe(OPTIONS.tlsCert.byDefault !== null);
});

test('both are the one that alert rules and dashboards of organisation 1 ask', () => {
  const [provider] = PROVIDERS_FILE.parse(
    parse(readText('grafana/provisioning/dashboards/aicost.yaml')),
  ).providers;
  for (const { uid, orgId, isDefault } of [EMBEDDED, SERVER]) {
    expect({ uid, orgId, isDefault }).toEqual({
      uid: 'aicost',
      orgId: provider?.orgId,
      isDefault: true,
    });
  }
});

test.for([EMBEDDED, SERVER])('a secret stands in a file of its own: $jsonData.host', (source) => {
  expect(source.secureJsonData.password).toMatch(/^\$__file\{\/[\w/.-]+\}$/);
});

test.for([
  ['basic', 'without TLS'],
  ['headers', 'with TLS'],
] as const)(
  "the operator's key is let in as its password, told by %s (%s); a reader's is not",
  async ([way]) => {
    const { username } = EMBEDDED.jsonData;
    const ask = (password: string) =>
      sendAsPlugin(
        endpoint.url,
        'SELECT count() FROM ledger',
        CREDENTIALS[way](username, password),
      );
    // As Grafana reads the file: without the space around it.
    expect((await ask(`${endpoint.operatorKey}\n`.trim())).status).toBe(200);
    expect((await ask(endpoint.readKey)).status).toBe(403);
    expect((await ask(EMBEDDED.secureJsonData.password)).status).toBe(401);
  },
);

test('the page says which key, and where Grafana finds it', () => {
  const file = /\{(.+)\}/.exec(EMBEDDED.secureJsonData.password)?.[1] ?? '';
  const text = readText('grafana/examples/datasources/embedded.yaml');
  expect(text).toContain(`install -m 0400 -o grafana <data-dir>/admin.key ${file}`);
});
