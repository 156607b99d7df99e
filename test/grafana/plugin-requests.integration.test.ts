/** What Grafana's plugin sends to `--sql`, as its client (clickhouse-go 2.47) writes it, and the bytes it must get. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import type { TestEngine } from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { startMigratedEngine } from '@ai-cost-profiler/clickhouse/engine/test-migrated-engine.ts';
import { NativeReader } from '@ai-cost-profiler/clickhouse/native/native-reader.ts';
import type { Principal } from '@ai-cost-profiler/collector/access.ts';
import { createLog } from '@ai-cost-profiler/collector/log.ts';
import { createSqlHandler } from '@ai-cost-profiler/collector/sql/sql-listener.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { variablesOf } from './ask-panel.ts';
import { asking, DASHBOARDS } from './dashboard-model.ts';
import { interpolate } from './interpolate.ts';
import { expandMacros } from './macros.ts';

const NOW_MS = Date.now();
const TIME = { fromMs: NOW_MS - 86_400_000, toMs: NOW_MS, intervalMs: 900_000 };

let engine: TestEngine;
let server: Server;
let url: string;

beforeAll(async () => {
  engine = await startMigratedEngine();
  const principal: Principal = {
    tenant: 'default' as Principal['tenant'],
    scopes: new Set(['operator']),
    keyId: 'operator',
  };
  const handler = createSqlHandler({
    authenticate: () => principal,
    engineAddress: () => engine.address,
    database: 'aicost',
    log: createLog('silent', process.stderr),
  });
  server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await engine.remove();
});

/** One request of the plugin: the statement as it is, and the format as a parameter. */
async function send(sql: string): Promise<{ status: number; bytes: Buffer }> {
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
      authorization: `Basic ${Buffer.from('grafana:key').toString('base64')}`,
      'accept-encoding': 'gzip',
      'user-agent':
        'grafana/13.0.1 clickhouse-datasource/4.20.0 clickhouse-go/2.47.0 (lv:go/1.26.5; os:linux)',
    },
  });
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
}

test('the handshake is one block with its head, and revision 0', async () => {
  const { status, bytes } = await send('SELECT displayName(), version(), revision(), timezone()');
  expect(status).toBe(200);
  // Head of a block: no overflow, no bucket; then four columns and one row.
  expect(bytes.subarray(0, 10).toString('hex')).toBe('010002ffffffff000401');
  const reader = new NativeReader(bytes);
  reader.skip(10);
  const column = (): string[] => [reader.text(), reader.text(), String(bytes[reader.skip(1)])];
  expect([...column(), reader.text()]).toEqual(['displayName()', 'String', '0', hostname()]);
  expect([...column(), reader.text()]).toEqual([
    'version()',
    'String',
    '0',
    expect.stringMatching(/^\d+\.\d+/),
  ]);
  expect([...column(), bytes.readUInt32LE(reader.skip(4))]).toEqual([
    'revision()',
    'UInt32',
    '0',
    0,
  ]);
  expect([...column(), reader.text()]).toEqual(['timezone()', 'String', '0', 'UTC']);
  expect(reader.isAtEnd).toBe(true);
});

test('every later block has no head: Save & test asks for 1 and gets it', async () => {
  const { status, bytes } = await send('SELECT 1');
  expect(status).toBe(200);
  // One column, one row: "1", UInt8, 1.
  expect(bytes.toString('hex')).toBe('010101310555496e743801');
});

test('a statement that is wrong is refused with a text that the plugin shows', async () => {
  const { status, bytes } = await send('SELECT nobody FROM spans');
  expect(status).toBeGreaterThanOrEqual(400);
  expect(bytes.toString()).toMatch(/^Code: 47\. DB::Exception: .*nobody/);
});

test('a statement that writes is refused', async () => {
  const { status, bytes } = await send('TRUNCATE TABLE ledger');
  expect(status).toBeGreaterThanOrEqual(400);
  expect(bytes.toString()).toMatch(/READONLY|readonly|reading/i);
});

test.for(DASHBOARDS.filter(({ uid }) => ['aicost-spend', 'aicost-trace'].includes(uid)))(
  '$uid is answered in blocks of plain columns',
  async (dashboard) => {
    const variables = variablesOf(dashboard);
    const queries = [
      ...asking(dashboard).flatMap(({ targets = [] }) => targets.map(({ rawSql }) => rawSql)),
      ...dashboard.templating.list.filter(({ type }) => type === 'query').map(({ query }) => query),
    ];
    for (const sql of queries) {
      const { status, bytes } = await send(expandMacros(interpolate(sql, variables), TIME));
      expect(status, bytes.toString()).toBe(200);
      // No row may be no byte, or a block of columns without rows.
      if (bytes.length === 0) continue;
      const reader = new NativeReader(bytes);
      expect(reader.varint(), sql).toBeGreaterThan(0);
      reader.varint();
      const [name, type] = [reader.text(), reader.text()];
      expect(sql, name).toContain(name);
      expect(type, sql).not.toMatch(/^(?:JSON|Variant|Dynamic|Object)/);
    }
  },
);
