/** The compose files, held to the code: every variable, port, path and command in them is one that the program has. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { OPTIONS } from '@ai-cost-profiler/collector/options.ts';
import { describe, expect, test } from 'vitest';
import {
  COLLECTOR_USER,
  makeSecrets,
  READERS,
  secretFiles,
} from '../../scripts/compose-secrets.ts';
import {
  COMPOSE_FILES,
  imageEnvironment,
  mountsOf,
  ROOT,
  readCompose,
  readDockerfile,
  readText,
  type Service,
} from './compose-file.ts';
import { passwordFaults } from './passwords.ts';

const SECRETS = secretFiles(makeSecrets());
const SPECS = Object.values(OPTIONS);
const portOf = (address: string): number => Number(/:(\d+)$/.exec(address)?.[1]);
const IMAGE = imageEnvironment();
/** Where each image listens: ours as the Dockerfile says, others as theirs do. */
const COLLECTOR_PORTS = [portOf(IMAGE['AICOST_HTTP']!), portOf(IMAGE['AICOST_GRPC']!)];
const LISTENS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^ai-cost-profiler:/, COLLECTOR_PORTS],
  [/^haproxy:/, COLLECTOR_PORTS],
  [/^clickhouse\/clickhouse-server:/, [8123, 9000]],
  [/^clickhouse\/clickhouse-keeper:/, [9181]],
  [/^grafana\/grafana:/, [3000]],
];
const portsOf = ({ image }: Service): readonly number[] =>
  LISTENS.find(([pattern]) => pattern.test(image))?.[1] ?? [];
const isOurs = ({ image }: Service): boolean => image.startsWith('ai-cost-profiler:');

/**
 * Sources: ClickHouse's image (docker/server/README.md); Grafana's `GF_<section>_<key>` for its `conf/defaults.ini`,
 * with `__FILE` for a file that holds the value.
 */
const DOCUMENTED = new Set([
  'CLICKHOUSE_SKIP_USER_SETUP',
  'GF_PLUGINS_PREINSTALL_SYNC',
  'GF_SECURITY_ADMIN_USER',
  'GF_SECURITY_ADMIN_PASSWORD__FILE',
  'GF_USERS_ALLOW_SIGN_UP',
  'GF_ANALYTICS_REPORTING_ENABLED',
  'GF_ANALYTICS_CHECK_FOR_UPDATES',
  'GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH',
]);

const isChecked = readDockerfile().some(({ instruction }) => instruction === 'HEALTHCHECK');

/** One that the file gives it, or that its image has. */
const hasHealthCheck = ({ healthcheck, ...service }: Service): boolean =>
  healthcheck === undefined ? isOurs(service) && isChecked : !('disable' in healthcheck);

test('the image listens on the ports that the options have by default', () => {
  expect(COLLECTOR_PORTS).toEqual([OPTIONS.http, OPTIONS.grpc].map((o) => portOf(o.byDefault)));
});

describe.for(COMPOSE_FILES)('%s', (path) => {
  const { services, volumes } = readCompose(path);
  const all = Object.entries(services);
  const ours = all.filter(([, service]) => isOurs(service));

  test('sets only variables that the collector has, to values it takes', () => {
    const given = all.flatMap(([name, { environment }]) =>
      Object.entries(environment)
        .filter(([variable]) => variable.startsWith('AICOST_'))
        .map(([variable, value]) => ({ name, variable, value })),
    );
    expect(given.length).toBeGreaterThan(0);
    for (const { name, variable, value } of given) {
      const spec = SPECS.find(({ env }) => env === variable);
      expect(spec?.schema.safeParse(value).success, `${name}: ${variable}=${value}`).toBe(true);
    }
  });

  test('gives other images variables that their documentation has, or that their files here read', () => {
    for (const [name, service] of all) {
      const files = mountsOf(service).filter(({ source }) => /^\.\/.*\.xml$/.test(source));
      const texts = files.map(({ source }) => readText(source)).join();
      for (const variable of Object.keys(service.environment)) {
        if (variable.startsWith('AICOST_')) continue;
        const isRead = texts.includes(`from_env="${variable}"`);
        expect(isRead || DOCUMENTED.has(variable), `${name}: ${variable}`).toBe(true);
      }
    }
  });

  test.for(ours.filter(([, { entrypoint }]) => entrypoint === undefined))(
    'the command of %s is one of the program, with options it takes',
    ([, { command = ['start'] }]) => {
      const line = ['collector/src/main.ts', ...command, '--help'];
      const { status, stderr } = spawnSync(process.execPath, line, { cwd: ROOT });
      expect(`${status} ${stderr}`).toBe('0 ');
    },
  );

  test('names every image by its exact version', () => {
    for (const [name, { image }] of all) expect(image, name).toMatch(/:\d+\.\d+\.\d+[.\w-]*$/);
  });

  test('builds our image once: several builds of one name collide, and none is asked of a registry', () => {
    const building = all.filter(([, { build }]) => build !== undefined).map(([name]) => name);
    expect(building).toEqual(['secrets']);
    for (const [name, { image, pull_policy }] of ours) {
      expect({ image, pull_policy }, name).toEqual({
        image: services['secrets']?.image,
        pull_policy: 'never',
      });
    }
  });

  test('opens ports to this machine alone, and only those that something listens on', () => {
    const published = all.flatMap(([name, service]) =>
      service.ports.map((text) => ({ name, text, listens: portsOf(service) })),
    );
    expect(published.length).toBeGreaterThan(0);
    for (const { name, text, listens } of published) {
      const [, outside, inside] = /^127\.0\.0\.1:(\d+):(\d+)$/.exec(text) ?? [];
      expect(listens, `${name}: ${text}`).toContain(Number(inside));
      expect(outside).toBe(inside);
    }
  });

  test('asks services that are there, on ports they listen on, as a user that exists', () => {
    const urls = all.flatMap(([name, { environment, command = [] }]) =>
      [...Object.values(environment), ...command]
        .filter((text) => /^https?:\/\//.test(text))
        .map((text) => ({ name, url: new URL(text) })),
    );
    expect(urls.length).toBeGreaterThan(0);
    for (const { name, url } of urls) {
      const asked = services[url.hostname];
      expect(asked && portsOf(asked), `${name}: ${url}`).toContain(Number(url.port));
      expect(['', COLLECTOR_USER]).toContain(url.username);
      expect(url.password, 'a password in a compose file').toBe('');
    }
  });

  test('mounts what the repository has, and volumes that it declares', () => {
    const mounts = all.flatMap(([, service]) => mountsOf(service));
    const used = mounts.map(({ source }) => source).filter((source) => !source.startsWith('./'));
    expect([...new Set(used)].sort()).toEqual(Object.keys(volumes).sort());
    for (const { source, isReadOnly } of mounts) {
      if (!source.startsWith('./')) continue;
      expect(existsSync(`${ROOT}${source}`), source).toBe(true);
      expect(isReadOnly, source).toBe(true);
    }
  });

  test('gives each service the secrets it reads, from the folder made for it, read-only', () => {
    const made = new Map(
      mountsOf(services['secrets']!).map(({ source, target }) => [source, target]),
    );
    for (const [name, service] of all) {
      const texts = [...Object.values(service.environment), ...(service.command ?? [])];
      const read = texts.filter((text) => text.startsWith('/run/aicost/'));
      const mount = mountsOf(service).find(({ target }) => target === '/run/aicost');
      if (read.length === 0) continue;
      const folder = made
        .get(mount?.source ?? '')
        ?.replace('/secrets/', '') as keyof typeof READERS;
      expect(mount?.isReadOnly, name).toBe(true);
      for (const text of read) {
        expect(Object.keys(SECRETS[folder]), `${name} reads ${text}`).toContain(
          text.replace('/run/aicost/', ''),
        );
      }
    }
    for (const target of made.values()) {
      expect(Object.keys(READERS)).toContain(target.replace('/secrets/', ''));
    }
  });

  test('lets no image put its files, or the owner of its folder, where secrets are written', () => {
    const written = mountsOf(services['secrets']!).map(({ source }) => source);
    const users = all
      .flatMap(([, service]) => mountsOf(service))
      .filter(({ source, target }) => written.includes(source) && target.startsWith('/etc/'));
    expect(users.length).toBeGreaterThan(0);
    for (const { source, takesFromImage } of users) expect(takesFromImage, source).toBe(false);
  });

  test('waits for the secrets before anything that reads them, and for nothing that is not there', () => {
    const waitedFor = (name: string): string[] =>
      Object.keys(services[name]!.depends_on).flatMap((other) => [other, ...waitedFor(other)]);
    for (const [name, service] of all) {
      for (const other of Object.keys(service.depends_on)) expect(services).toHaveProperty(other);
      const reads = mountsOf(service).some(({ target }) => /^\/run\/aicost|users\.d/.test(target));
      if (reads) expect(waitedFor(name), name).toContain('secrets');
    }
  });

  test('has no password in it, and lets no image make a default one', () => {
    for (const [name, service] of all) expect(passwordFaults(service), name).toEqual([]);
  });

  test('waits for what keeps running until it says that it is well, and for what ends until it has', () => {
    const waits = all.flatMap(([name, { depends_on }]) =>
      Object.entries(depends_on).map(([other, { condition }]) => ({ name, other, condition })),
    );
    expect(waits.length).toBeGreaterThan(0);
    for (const { name, other, condition } of waits) {
      const wanted = hasHealthCheck(services[other]!)
        ? 'service_healthy'
        : 'service_completed_successfully';
      expect(condition, `${name} waits for ${other}`).toBe(wanted);
    }
    const running = all.filter(([, { restart }]) => restart === 'unless-stopped');
    expect(running.filter(([, one]) => !hasHealthCheck(one)).map(([name]) => name)).toEqual([]);
  });

  test('runs our image without rights, on a root that cannot be written', () => {
    for (const [name, service] of ours) {
      expect(service, name).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      expect(service.cap_add ?? [], name).toEqual(name === 'secrets' ? ['CHOWN'] : []);
      expect(service.user, name).toBe(name === 'secrets' ? '0:0' : undefined);
    }
  });

  test('keeps the data directory of each collector in a volume of its own', () => {
    const kept = ours
      .filter(([, { command }]) => command?.[0] === 'start')
      .map(([, service]) =>
        mountsOf(service).find(({ target }) => target === IMAGE['AICOST_DATA_DIR']),
      );
    expect(kept.length).toBeGreaterThan(0);
    for (const mount of kept) expect(mount).toMatchObject({ isReadOnly: false });
    expect(new Set(kept.map((mount) => mount?.source)).size).toBe(kept.length);
  });
});

const hasDocker = spawnSync('docker', ['compose', 'version']).status === 0;

test.skipIf(!hasDocker).for(COMPOSE_FILES)(
  hasDocker
    ? 'docker compose takes %s'
    : 'SKIPPED, there is no docker here: docker compose takes %s',
  (path) => {
    const line = ['compose', '--file', path, '--profile', '*', 'config', '--quiet'];
    const { status, stderr } = spawnSync('docker', line, { cwd: ROOT });
    expect(`${status} ${stderr}`).toBe('0 ');
  },
);
