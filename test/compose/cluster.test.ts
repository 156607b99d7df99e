/** compose.cluster.yml and its configuration: every host, port and name in one file is one of the others. */

import { spawn } from 'node:child_process';
import { type AddressInfo, createServer } from 'node:net';
import { ownershipTableSql } from '@ai-cost-profiler/clickhouse/cluster/ownership-sql.ts';
import { openApiDocument } from '@ai-cost-profiler/collector/api/openapi.ts';
import { describe, expect, test } from 'vitest';
import { makeSecrets, secretFiles } from '../../scripts/compose-secrets.ts';
import { imageEnvironment, mountsOf, readCompose, readText } from './compose-file.ts';

const { services } = readCompose('compose.cluster.yml');
const CLUSTER = readText('deploy/cluster/cluster.xml');
const KEEPER = readText('deploy/cluster/keeper.xml');
const PROXY = readText('deploy/cluster/haproxy.cfg');

const named = (prefix: string): string[] =>
  Object.keys(services)
    .filter((name) => name.startsWith(prefix))
    .sort();
const all = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found = '']) => found).sort();
const SERVERS = named('clickhouse-');

test('two shards of two replicas each, which copy among themselves', () => {
  const shards = CLUSTER.split('<shard>').slice(1);
  expect(shards.map((shard) => all(shard, /<host>([\w-]+)<\/host>/g))).toEqual([
    ['clickhouse-1-1', 'clickhouse-1-2'],
    ['clickhouse-2-1', 'clickhouse-2-2'],
  ]);
  expect(SERVERS).toEqual(shards.flatMap((shard) => all(shard, /<host>([\w-]+)<\/host>/g)));
  for (const shard of shards) expect(shard).toContain('<internal_replication>true<');
});

test('each server knows which it is: no two are the same replica', () => {
  const variables = all(CLUSTER, /<(?:shard|replica) from_env="(\w+)"\/>/g);
  const told = SERVERS.map((name) => {
    const { environment, hostname } = services[name]!;
    expect(hostname).toBe(name);
    return variables.map((variable) => environment[variable]);
  });
  expect(told).toEqual([
    ['1-1', '1'],
    ['1-2', '1'],
    ['2-1', '2'],
    ['2-2', '2'],
  ]);
});

test('three Keepers, which know each other and are known by every server', () => {
  const keepers = named('keeper-');
  expect(all(KEEPER, /<hostname>([\w-]+)</g)).toEqual(keepers);
  expect(all(CLUSTER, /<node><host>([\w-]+)</g)).toEqual(keepers);
  const [port] = all(KEEPER, /<tcp_port>(\d+)</g);
  expect(new Set(all(CLUSTER, /<node>.*<port>(\d+)</g))).toEqual(new Set([port]));
  expect(keepers.map((name) => services[name]?.environment['KEEPER_ID'])).toEqual(
    all(KEEPER, /<id>(\d+)</g),
  );
});

describe('the check of a Keeper', () => {
  const { healthcheck } = services['keeper-1']!;
  const line = healthcheck !== undefined && 'test' in healthcheck ? healthcheck.test : [];
  const [port = ''] = all(KEEPER, /<tcp_port>(\d+)</g);

  /** How the check ends beside a server that answers so, and closes. */
  async function endsWith(answer: string): Promise<number | null> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (asked) => socket.end(String(asked) === 'ruok' ? answer : 'what?'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port: ours } = server.address() as AddressInfo;
    const command = line.slice(1).map((word) => word.replace(`/${port} `, `/${ours} `));
    const child = spawn(command[0] ?? '', command.slice(1), { stdio: 'ignore' });
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    server.close();
    return code;
  }

  test('asks the port where it listens', () => {
    expect(line.join(' ')).toContain(`/dev/tcp/127.0.0.1/${port} `);
    for (const name of named('keeper-')) expect(services[name]?.healthcheck).toEqual(healthcheck);
  });

  test('is passed by one that says it is well, and by no other', async () => {
    expect(await endsWith('imok')).toBe(0);
    expect(await endsWith('')).not.toBe(0);
    expect(await endsWith('This instance is not currently serving requests')).not.toBe(0);
  });
});

test('the proxy is well when it leads to a collector that is ready', () => {
  const { healthcheck } = services['proxy']!;
  const [url = ''] =
    healthcheck !== undefined && 'test' in healthcheck ? healthcheck.test.slice(-1) : [];
  const { port, pathname } = new URL(url);
  expect(all(PROXY, /bind :(\d+)$/gm)).toContain(port);
  expect(all(PROXY, /option httpchk GET (\S+)/g)).toEqual([pathname]);
});

test('servers prove themselves to each other by a secret that is made, not written down', () => {
  const [name] = all(CLUSTER, /<secret incl="(\w+)"\/>/g);
  const [path = ''] = all(CLUSTER, /<include_from>(.+)<\/include_from>/g);
  const files = secretFiles(makeSecrets())['clickhouse-cluster'];
  expect(files[path.replace('/run/aicost/', '')]).toContain(`<${name}>`);
  for (const server of SERVERS) {
    expect(mountsOf(services[server]!)).toContainEqual(
      expect.objectContaining({
        source: 'clickhouse-cluster',
        target: '/run/aicost',
        isReadOnly: true,
      }),
    );
  }
});

test('collectors and the migration name the cluster that there is', () => {
  const [cluster] = all(CLUSTER, /<remote_servers>\s*<(\w+)>/g);
  for (const name of ['migrate', ...named('collector-')]) {
    expect(services[name]?.environment['AICOST_CLICKHOUSE_CLUSTER']).toBe(cluster);
  }
});

test('each collector stores through a server of its own, and each would settle', () => {
  const of = (variable: string) =>
    named('collector-').map((name) => services[name]?.environment[variable]);
  const hosts = of('AICOST_CLICKHOUSE_URL').map((url) => new URL(url ?? '').hostname);
  expect(new Set(hosts).size).toBe(2);
  for (const host of hosts) expect(SERVERS).toContain(host);
  expect(of('AICOST_SETTLE')).toEqual(['on', 'on']);
});

test('servers have a place in Keeper for the table in which collectors agree who settles', () => {
  expect(ownershipTableSql({ database: 'aicost', cluster: 'aicost' })).toContain('KeeperMap(');
  expect(all(CLUSTER, /<keeper_map_path_prefix>(\/[\w/]+)</g)).toHaveLength(1);
});

test('the proxy leads to both collectors, where they listen, and asks them whether they are ready', () => {
  const environment = imageEnvironment();
  const [http, grpc] = ['AICOST_HTTP', 'AICOST_GRPC'].map((name) =>
    environment[name]?.split(':').pop(),
  );
  for (const port of [http, grpc]) {
    expect(all(PROXY, new RegExp(`server [\\w-]+ ([\\w-]+):${port}\\b`, 'g'))).toEqual(
      named('collector-'),
    );
    expect(all(PROXY, new RegExp(`bind :(${port})\\b`, 'g'))).toEqual([port]);
  }
  expect(all(PROXY, /check port (\d+)/g)).toEqual([http, http]);
  const [path = ''] = all(PROXY, /option httpchk GET (\S+)/g);
  expect(openApiDocument('0')).toHaveProperty(['paths', path]);
});
