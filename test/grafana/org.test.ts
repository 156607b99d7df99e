/** The organisation of a tenant in Grafana: what the command writes, what it asks for, and what it refuses. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqlUserName, tenantNameSchema } from '@ai-cost-profiler/collector/access.ts';
import {
  curlLine,
  makeOrg,
  orgFiles,
  requestsAfter,
} from '@ai-cost-profiler/grafana/org/org-files.ts';
import { readOrgOptions } from '@ai-cost-profiler/grafana/org/org-options.ts';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT, readText } from '../tidy/repository-files.ts';
import { asking, DASHBOARDS, type DashboardJson } from './dashboard-model.ts';
import { OPERATORS_PANELS, TENANT_TABLES, tablesOf } from './lint.ts';
import { DATASOURCES_FILE, PROVIDERS_FILE } from './provisioning-files.ts';

const TOLD = {
  tenant: 'acme',
  'org-id': '7',
  'sql-user': sqlUserName('k3y'),
  clickhouse: 'https://clickhouse.example:9443',
  out: 'there',
};
const argsOf = (told: Readonly<Record<string, string>>): string[] =>
  Object.entries(told).flatMap(([name, value]) => [`--${name}`, value]);
const planOf = (told: Readonly<Record<string, string>>) => {
  const read = readOrgOptions(argsOf(told));
  if ('faults' in read) throw new Error(read.faults.join('\n'));
  return read.plan;
};

const PLAN = planOf(TOLD);
const FILES = orgFiles(PLAN);
const yamlOf = (path: string): unknown => parse(FILES.get(path) ?? '');

describe('what is written', () => {
  const [source] = DATASOURCES_FILE.parse(
    yamlOf('provisioning/datasources/aicost-acme.yaml'),
  ).datasources;
  const [provider] = PROVIDERS_FILE.parse(
    yamlOf('provisioning/dashboards/aicost-acme.yaml'),
  ).providers;
  const dashboards = [...FILES.entries()]
    .filter(([path]) => path.startsWith('dashboards/'))
    .map(([, text]) => JSON.parse(text) as DashboardJson);

  test("is a data source of the organisation, with the tenant's own user", () => {
    expect(source).toMatchObject({
      uid: 'aicost',
      orgId: 7,
      isDefault: true,
      jsonData: {
        host: 'clickhouse.example',
        port: 9443,
        secure: true,
        username: 'aicost_k3y',
        maxOpenConns: '20',
      },
      secureJsonData: { password: '$__file{/run/aicost/acme.key}' },
    });
  });

  test('is a folder of dashboards that the operator does not have too', () => {
    expect(provider).toMatchObject({
      orgId: 7,
      options: { path: '/var/lib/aicost-dashboards-acme' },
    });
    const own = PROVIDERS_FILE.parse(parse(readText('grafana/provisioning/dashboards/aicost.yaml')))
      .providers[0];
    expect(provider?.name).not.toBe(own?.name);
    expect(`${provider?.options.path}/`).not.toContain(`${own?.options.path}/`);
  });

  test('is every dashboard that asks what the tenant may read, and no other', () => {
    const all = readdirSync(join(ROOT, 'grafana/dashboards')).sort();
    const written = dashboards.map(({ uid }) => `${uid}.json`).sort();
    expect(written).toEqual(all.filter((name) => name !== 'aicost-collector.json'));
    const tables = dashboards
      .flatMap(asking)
      .flatMap(({ targets = [] }) => targets.flatMap(({ rawSql }) => tablesOf(rawSql)));
    expect([...new Set(tables)].filter((table) => !TENANT_TABLES.includes(table))).toEqual([]);
  });

  test("has every panel but the operator's", () => {
    const titles = (all: readonly DashboardJson[]) =>
      all.flatMap((one) => asking(one).map(({ title }) => `${one.uid}: ${title}`));
    const own = DASHBOARDS.filter(({ uid }) => uid !== 'aicost-collector');
    const left = titles(own).filter((title) => !titles(dashboards).includes(title));
    expect(left.sort()).toEqual([...OPERATORS_PANELS].sort());
  });

  test('links lead to dashboards that are there', () => {
    const uids = dashboards.map(({ uid }) => uid);
    const linked = [...FILES.values()].flatMap((text) =>
      [...text.matchAll(/\/d\/(aicost-[\w-]+)/g)].map(([, uid = '']) => uid),
    );
    expect(linked.filter((uid) => !uids.includes(uid))).toEqual([]);
  });

  test('has its home among them', () => {
    const home = requestsAfter(PLAN).find(({ path }) => path === '/api/org/preferences');
    expect(home).toMatchObject({ method: 'PUT', orgId: 7 });
    expect(dashboards.map(({ uid }) => uid)).toContain(home?.body?.['homeDashboardUID']);
  });
});

test('a person is made in the organisation, and not in the one of the operator', () => {
  const person = requestsAfter(PLAN).find(({ path }) => path === '/api/admin/users');
  expect(person?.body?.['OrgId']).toBe(7);
});

test.for([
  [{ clickhouse: 'http://ch' }, { host: 'ch', port: 8123, isSecure: false }],
  [{ clickhouse: 'https://ch/' }, { host: 'ch', port: 8443, isSecure: true }],
  [{ clickhouse: 'http://10.0.0.7:81' }, { host: '10.0.0.7', port: 81, isSecure: false }],
] as const)('%j is an address', ([told, wanted]) => {
  expect(planOf({ ...TOLD, ...told }).clickhouse).toEqual(wanted);
});

test.for([
  [{ tenant: 'Acme' }, '--tenant "Acme": expected 1 to 63'],
  [{ tenant: '../acme' }, '--tenant "../acme"'],
  [{ 'org-id': '1' }, '--org-id "1": expected the orgId that Grafana answered, above 1'],
  [{ 'org-id': '2x' }, '--org-id "2x"'],
  [{ 'sql-user': 'default' }, '--sql-user "default": expected aicost_<key id>'],
  [{ clickhouse: 'ch:8123' }, '--clickhouse "ch:8123": expected http(s)://host:port'],
  [{ clickhouse: 'http://me:secret@ch' }, 'without a user or a path'],
  [{ clickhouse: 'http://ch/play' }, 'without a user or a path'],
  [{ out: '' }, '--out "": expected a folder'],
  [{ 'password-file': 'key' }, '--password-file "key": expected a path from / on'],
  [{ 'password-file': '/a}$(id)' }, '--password-file'],
  [{ nobody: 'x' }, '--nobody: is no option'],
] as const)('%j is refused', ([told, finding]) => {
  const read = readOrgOptions(argsOf({ ...TOLD, ...told }));
  expect('faults' in read ? read.faults.join('\n') : '').toContain(finding);
});

test('names of tenants are those that the collector takes', () => {
  for (const tenant of ['acme', 'a', '0-_', 'A', '-a', '', 'a'.repeat(63), 'a'.repeat(64)]) {
    const isTaken = !('faults' in readOrgOptions(argsOf({ ...TOLD, tenant })));
    expect(isTaken, tenant).toBe(tenantNameSchema.safeParse(tenant).success);
  }
});

describe('the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aicost-org-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const run = (told: Readonly<Record<string, string>>) =>
    spawnSync(process.execPath, [join(ROOT, 'grafana/src/org/main.ts'), ...argsOf(told)], {
      encoding: 'utf8',
    });

  test('writes the files and says what is left to do', () => {
    const { status, stdout, stderr } = run({ ...TOLD, out: folder });
    expect([status, stderr]).toEqual([0, '']);
    for (const [name, text] of FILES) expect(readFileSync(join(folder, name), 'utf8')).toBe(text);
    for (const request of requestsAfter(PLAN)) expect(stdout).toContain(curlLine(request));
  });

  test('refuses what is wrong, and writes nothing', () => {
    const { status, stdout, stderr } = run({ ...TOLD, 'org-id': '1', out: join(folder, 'none') });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('--org-id "1"');
    expect(readdirSync(folder)).not.toContain('none');
  });
});

test('the page has each request as the command says it', () => {
  const page = readText('grafana/README.md');
  const plan = { ...PLAN, orgId: 2 };
  for (const request of [makeOrg('acme'), ...requestsAfter(plan)]) {
    expect(page).toContain(curlLine(request));
  }
});
