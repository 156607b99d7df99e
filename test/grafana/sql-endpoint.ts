/** `--sql` of an empty engine, with the real check of keys, and requests to it as the plugin's client writes them. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import type { KeyRecord, Scope } from '@ai-cost-profiler/collector/access.ts';
import { createAuthenticate } from '@ai-cost-profiler/collector/authenticate/authenticate.ts';
import { generateKey, hashKey, parseKey } from '@ai-cost-profiler/collector/key-format.ts';
import { createLog } from '@ai-cost-profiler/collector/log.ts';
import { createSqlHandler } from '@ai-cost-profiler/collector/sql/sql-listener.ts';

export interface SqlEndpoint {
  readonly url: string;
  readonly operatorKey: string;
  /** In force, but for reading its tenant's answers alone. */
  readonly readKey: string;
  close(): Promise<void>;
}

export async function openSqlEndpoint(): Promise<SqlEndpoint> {
  const engine = await startMigratedEngine();
  const keys = new Map<string, KeyRecord>();
  const make = (scopes: readonly Scope[]): string => {
    const key = generateKey(randomBytes);
    const id = parseKey(key)?.id ?? '';
    keys.set(id, recordOf(key, id, scopes));
    return key;
  };
  const handler = createSqlHandler({
    authenticate: createAuthenticate({ findKey: (id) => keys.get(id), now: () => new Date() }),
    engineAddress: () => engine.address,
    database: 'aicost',
    log: createLog('silent', process.stderr),
  });
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    operatorKey: make(['operator']),
    readKey: make(['read']),
    async close() {
      server.closeAllConnections();
      server.close();
      await engine.remove();
    },
  };
}

function recordOf(key: string, id: string, scopes: readonly Scope[]): KeyRecord {
  const made = { createdAt: new Date().toISOString(), createdBy: 'test', name: null };
  const sha256 = hashKey(key).toString('hex');
  const standing = { sqlUser: false, expiresAt: null, revokedAt: null };
  return { id, tenant: 'default', scopes, sha256, ...made, ...standing };
}

/** How the plugin presents user and password: over plain HTTP, and over TLS. */
export const CREDENTIALS = {
  basic: (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  }),
  headers: (user: string, password: string) => ({
    'x-clickhouse-user': user,
    'x-clickhouse-key': password,
  }),
} as const;

/** One request of the plugin: the statement as it is, and the format as a parameter. */
export async function sendAsPlugin(
  url: string,
  sql: string,
  credentials: Readonly<Record<string, string>>,
): Promise<{ status: number; bytes: Buffer }> {
  const parameters = new URLSearchParams({
    client_protocol_version: '54460',
    database: 'aicost',
    default_format: 'Native',
    max_execution_time: '65',
  });
  const response = await fetch(`${url}/?${parameters}`, {
    method: 'POST',
    body: sql,
    headers: {
      ...credentials,
      'accept-encoding': 'gzip',
      'user-agent':
        'grafana/13.0.1 clickhouse-datasource/4.20.0 clickhouse-go/2.47.0 (lv:go/1.26.5; os:linux)',
    },
  });
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
}
