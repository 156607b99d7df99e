/** The secrets of the first `up`: made once, each for the one who reads it, and such as the programs take. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readInitKeys } from '@ai-cost-profiler/collector/control/init-keys.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  COLLECTOR_USER,
  makeSecrets,
  READERS,
  secretFiles,
  writeSecrets,
} from '../../scripts/compose-secrets.ts';
import { GRAFANA_USER, grafanaUserXml } from '../../scripts/grafana-user.ts';
import { mountsOf, ROOT, readCompose, readText } from './compose-file.ts';

let root: string;
let owners: Record<string, string>;
/** Only root may give files away. */
const own = async (path: string | Buffer | URL, uid: number, gid: number) => {
  owners[
    String(path)
      .slice(root.length + 1)
      .replace(/\.new$/, '')
  ] = `${uid}:${gid}`;
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'aicost-secrets-'));
  owners = {};
  for (const folder of ['collector', 'demo', 'clickhouse-users', 'grafana']) {
    await mkdir(join(root, folder));
  }
  return () => rm(root, { recursive: true });
});

const write = () => writeSecrets(root, makeSecrets(), own);
async function contents(): Promise<Record<string, string>> {
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  const texts = files
    .filter((file) => file.isFile() && file.name !== '.made')
    .map(async ({ parentPath, name }): Promise<[string, string]> => {
      const path = join(parentPath, name);
      return [path.slice(root.length + 1), await readFile(path, 'utf8')];
    });
  return Object.fromEntries(await Promise.all(texts));
}

test('the first start writes each file for its reader alone', async () => {
  expect(await write()).toEqual(['collector', 'demo', 'clickhouse-users', 'grafana']);
  const paths = Object.keys(await contents());
  expect(paths.length).toBeGreaterThan(5);
  for (const path of paths) {
    const { uid, gid } = READERS[path.split('/')[0] as keyof typeof READERS];
    expect(owners[path], path).toBe(`${uid}:${gid}`);
    expect((await stat(join(root, path))).mode & 0o777, path).toBe(0o400);
  }
});

test('a second start changes nothing', async () => {
  await write();
  const before = await contents();
  expect(await write()).toEqual([]);
  expect(await contents()).toEqual(before);
});

test('what Grafana may read is what the release says, after an upgrade too', async () => {
  await write();
  const path = join(root, 'clickhouse-users', 'grafana-reads.xml');
  await rm(path);
  await writeFile(path, 'of an earlier release', { mode: 0o400 });
  expect(await write()).toEqual([]);
  expect(await readFile(path, 'utf8')).toBe(grafanaUserXml());
  expect((await stat(path)).mode & 0o777).toBe(0o400);
});

test('one volume that was lost is not made anew: its secrets would not fit the others', async () => {
  await write();
  await rm(join(root, 'grafana'), { recursive: true });
  await mkdir(join(root, 'grafana'));
  await expect(write()).rejects.toThrow(/the secrets in grafana are gone/);
});

test('a start that was ended at any point is made good by the next', async () => {
  // Before a file has its name, and what it left may not be opened.
  await writeFile(join(root, 'collector', 'init-keys.json.new'), 'half', { mode: 0o000 });
  expect(await write()).toHaveLength(4);
  const before = await contents();
  expect(Object.keys(before).filter((path) => path.endsWith('.new'))).toEqual([]);
  // Before each folder is marked.
  await rm(join(root, 'grafana', '.made'));
  await rm(join(root, 'demo', '.made'));
  expect(await write()).toEqual([]);
  expect(await contents()).toEqual(before);
});

test('no two starts make the same secret', () => {
  const [one, other] = [makeSecrets(), makeSecrets()];
  const values = [...Object.values(one), ...Object.values(other)];
  expect(new Set(values).size).toBe(values.length);
});

describe('what is made', () => {
  const secrets = makeSecrets();
  const files = secretFiles(secrets);
  const users = files['clickhouse-users']['aicost.xml']!;

  test('are keys that the collector takes: one to send with, one for the demo', async () => {
    const initKeys = files.collector['init-keys.json']!;
    expect(await readInitKeys({ initKeys, initKeysFile: null })).toEqual([
      { tenant: 'default', scopes: ['ingest'], key: files.collector['ingest.key'] },
      { tenant: 'default', scopes: ['ingest', 'read'], key: files.demo['demo.key'] },
    ]);
  });

  test.for([
    [COLLECTOR_USER, files.collector['clickhouse-password']],
    [GRAFANA_USER, files.grafana['clickhouse-password']],
  ] as const)('is a user %s of ClickHouse, known by the hash of its password', ([user, text]) => {
    const [, of = ''] = new RegExp(`<${user}>([^]*)</${user}>`).exec(users) ?? [];
    const hash = createHash('sha256').update(text!).digest('hex');
    expect(of).toContain(`<password_sha256_hex>${hash}</password_sha256_hex>`);
    expect(users).not.toContain(text);
    expect(users).toContain('<default remove="remove"/>');
  });

  test('lets Grafana read tables that there are, and neither keys nor whom somebody deletes', async () => {
    const grants = grafanaUserXml().matchAll(/GRANT SELECT ON aicost\.(\w+)/g);
    const granted = [...grants].map(([, table]) => table);
    const migrations = await readdir(`${ROOT}clickhouse/migrations`);
    const made = migrations
      .map((file) => readText(`clickhouse/migrations/${file}`))
      .flatMap((sql) => [...sql.matchAll(/CREATE TABLE IF NOT EXISTS \{database\}\.(\w+)/g)])
      .map(([, table]) => table);
    expect(granted.length).toBeGreaterThan(5);
    for (const table of granted) expect([...made, 'migrations']).toContain(table);
    for (const table of ['control', 'erasing', 'erasing_traces', 'landing']) {
      expect(granted).not.toContain(table);
    }
  });
});

test('Grafana is provisioned with the user, the address and the file that there are', () => {
  const sourceSchema = z.object({
    datasources: z.tuple([
      z.looseObject({
        uid: z.literal('aicost'),
        jsonData: z.looseObject({
          host: z.string(),
          port: z.literal(8123),
          username: z.literal(GRAFANA_USER),
          queryTimeout: z.string(),
        }),
        secureJsonData: z.strictObject({ password: z.string() }),
      }),
    ]),
  });
  const { services } = readCompose('docker-compose.yml');
  const grafana = services['grafana']!;
  const text = readText('grafana/provisioning/datasources/clickhouse.yaml');
  const [source] = sourceSchema.parse(parse(text)).datasources;
  expect(services).toHaveProperty(source.jsonData.host);
  // The plugin asks for five seconds more than this, and the user may take a minute.
  expect(Number(source.jsonData.queryTimeout) + 5).toBeLessThanOrEqual(60);
  const file = /^\$__file\{\/run\/aicost\/(.+)\}$/.exec(source.secureJsonData.password)?.[1];
  expect(Object.keys(secretFiles(makeSecrets()).grafana)).toContain(file);
  expect(mountsOf(grafana)).toContainEqual(
    expect.objectContaining({
      source: 'grafana-secrets',
      target: '/run/aicost',
      isReadOnly: true,
    }),
  );
});

test('Grafana finds the dashboards, and its home among them', async () => {
  const provider = parse(readText('grafana/provisioning/dashboards/aicost.yaml')).providers[0];
  const grafana = readCompose('docker-compose.yml').services['grafana']!;
  const mount = mountsOf(grafana).find(({ target }) => target === provider.options.path);
  expect(mount?.source).toBe('./grafana/dashboards');
  const home = grafana.environment['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'];
  expect(home?.startsWith(`${provider.options.path}/`)).toBe(true);
  const dashboards = (await readdir(`${ROOT}grafana/dashboards`)).filter((file) =>
    /json$/.test(file),
  );
  if (dashboards.length > 0) expect(dashboards).toContain(home?.split('/').pop());
});
