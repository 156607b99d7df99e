/** Grafana's user of compose as ClickHouse reads it: by its own rules of how files of `users.d` are put together. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { putUsersConfig } from '@ai-cost-profiler/clickhouse/engine/test-users-config.ts';
import { openEmbeddedLedger } from '@ai-cost-profiler/queries/testing/embedded-ledger.ts';
import { expect, test } from 'vitest';
import { makeSecrets, secretFiles } from '../../scripts/compose-secrets.ts';
import { GRAFANA_LIMITS } from '../../scripts/grafana-limits.ts';
import { GRAFANA_TABLES, GRAFANA_USER, grafanaUserXml } from '../../scripts/grafana-user.ts';

const SECRET = secretFiles(makeSecrets())['clickhouse-users']['aicost.xml']!;
/** The embedded engine has no switch for `changeable_in_readonly` (a server's is in deploy/clickhouse-server.xml). */
const READS = grafanaUserXml().replace(/<constraints>.*<\/constraints>/s, '');
/** As the first release wrote it: all in the file that is never changed. */
const EARLIER = SECRET.replace(
  'GRANT SELECT ON aicost.migrations',
  'GRANT SELECT ON aicost.control',
).replace(
  '<users>',
  '<profiles><aicost_reading><readonly>0</readonly><max_threads>1</max_threads></aicost_reading></profiles><users>',
);

test.for([
  ['made by this release', SECRET],
  ['made by an earlier one', EARLIER],
] as const)(
  'secrets %s: the user may read the tables, within the limits, and nothing else',
  async ([, secret]) => {
    const directory = await mkdtemp(join(tmpdir(), 'aicost-grafana-user-'));
    await mkdir(join(directory, 'users.d'));
    const configFile = await putUsersConfig(directory, []);
    // The embedded engine is used as the user that a server shall not have.
    const kept = secret.replace('<default remove="remove"/>', '');
    await writeFile(join(directory, 'users.d', 'aicost.xml'), kept);
    await writeFile(join(directory, 'users.d', 'grafana-reads.xml'), READS);
    const ledger = await openEmbeddedLedger({ configFile });
    try {
      const grants = await ledger.store.query<{ table: string; access_type: string }>(
        `SELECT concat(database, '.', table) AS table, access_type FROM system.grants WHERE user_name = '${GRAFANA_USER}'`,
      );
      expect(
        grants.map(({ access_type: access, table }) => `${access} ${table}`).toSorted(),
      ).toEqual(GRAFANA_TABLES.map((table) => `SELECT aicost.${table}`).toSorted());
      const settings = await ledger.store.query<{ name: string; value: string }>(
        "SELECT setting_name AS name, value FROM system.settings_profile_elements WHERE profile_name = 'aicost_reading' AND value IS NOT NULL",
      );
      expect(Object.fromEntries(settings.map(({ name, value }) => [name, value]))).toEqual({
        readonly: '1',
        asterisk_include_alias_columns: '1',
        ...Object.fromEntries(Object.entries(GRAFANA_LIMITS).map(([k, v]) => [k, String(v)])),
      });
    } finally {
      await ledger.close();
      await rm(directory, { recursive: true });
    }
  },
);
