/** `--sql` through the official client, and by hand where that hides what is sent. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { askHttp } from '@ai-cost-profiler/clickhouse/engine/ask-http.ts';
import {
  startTestEngine,
  type TestEngine,
} from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import type { Principal } from '@ai-cost-profiler/collector/access.ts';
import { createLog } from '@ai-cost-profiler/collector/log.ts';
import { Problem } from '@ai-cost-profiler/collector/problems.ts';
import { createSqlHandler } from '@ai-cost-profiler/collector/sql/sql-listener.ts';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const KEY = 'aicost_operator_key';

let engine: TestEngine;
let server: Server;
let url: string;
let client: ClickHouseClient;

const QUIET = { log: { level: ClickHouseLogLevel.OFF } };

/** Tells keys apart as the real one does, without a control state. */
function authenticate(headers: Readonly<Record<string, string | string[] | undefined>>): Principal {
  const basic = Buffer.from(
    String(headers['authorization'] ?? '').slice('Basic '.length),
    'base64',
  );
  if (headers['x-api-key'] !== KEY && !basic.toString().endsWith(`:${KEY}`)) {
    throw new Problem('key_unknown');
  }
  const tenant = 'default' as Principal['tenant'];
  return { tenant, scopes: new Set(['operator']), keyId: 'operator' };
}

beforeAll(async () => {
  engine = await startTestEngine();
  const handler = createSqlHandler({
    authenticate,
    engineAddress: () => engine.address,
    database: 'default',
    log: createLog('silent', process.stderr),
  });
  server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = createClient({ url, username: 'anybody', password: KEY, ...QUIET });
});
afterAll(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
  await engine.remove();
});

const rows = async <Row>(query: string, more = {}) =>
  (await client.query({ query, format: 'JSONEachRow', ...more })).json<Row>();

describe('@clickhouse/client', () => {
  test('pings, asks for the version, and gives parameters and settings along', async () => {
    expect(await client.ping({ select: true })).toEqual({ success: true });
    expect(await rows('SELECT version() AS version')).toEqual([
      { version: expect.stringMatching(/^\d+\.\d+/) },
    ]);
    const query_params = { text: "it's \\ \n", ids: [1, 2] };
    const clickhouse_settings = { max_block_size: '77' };
    const asked =
      "SELECT {text:String} AS text, {ids:Array(UInt8)} AS ids, toString(getSetting('max_block_size')) AS size";
    expect(await rows(asked, { query_params, clickhouse_settings })).toEqual([
      { text: "it's \\ \n", ids: [1, 2], size: '77' },
    ]);
  });

  test('keeps a session', async () => {
    const session_id = 'kept';
    await client.command({ query: 'CREATE TEMPORARY TABLE t AS SELECT 5 AS n', session_id });
    expect(await rows('SELECT n FROM t', { session_id })).toEqual([{ n: 5 }]);
  });

  test('reads compressed answers, in a stream', async () => {
    const compressed = createClient({
      url,
      password: KEY,
      compression: { response: true },
      max_open_connections: 1,
    });
    const result = await compressed.query({
      query: 'SELECT number AS n FROM numbers(200000)',
      format: 'JSONEachRow',
    });
    let count = 0;
    for await (const some of result.stream<{ n: string }>()) count += some.length;
    expect(count).toBe(200_000);
    await compressed.close();
  });

  test('throws what the engine says, before an answer and in the middle of one', async () => {
    await expect(rows('SELECT nofunc()')).rejects.toMatchObject({ code: '46' });
    const failing = 'SELECT throwIf(number = 3000000) AS n FROM numbers(10000000)';
    await expect(rows(failing)).rejects.toMatchObject({ code: '395' });
  });

  test.for([
    ['a table', 'CREATE TABLE t (a UInt8) ENGINE = Memory'],
    ['rows', 'INSERT INTO FUNCTION null() SELECT 1'],
    ['an end of reading', 'SET readonly = 0'],
  ] as const)('cannot make %s', async ([, query]) => {
    await expect(client.command({ query })).rejects.toMatchObject({ code: '164' });
  });

  test('with another password is refused as ClickHouse refuses it', async () => {
    const stranger = createClient({ url, username: 'anybody', password: 'wrong', ...QUIET });
    await expect(stranger.query({ query: 'SELECT 1' })).rejects.toMatchObject({ code: '516' });
    await stranger.close();
  });
});

describe('by hand', () => {
  const key = { 'x-clickhouse-user': 'x', 'x-clickhouse-key': KEY };
  const ask = (params: Record<string, string>, headers: Record<string, string> = {}) =>
    askHttp({ url }, { method: 'GET', params, headers });

  test.for(['/', '/ping', '/replicas_status'])('GET %s says Ok. to anybody', async (path) => {
    const answer = await askHttp({ url }, { method: 'GET', path });
    expect(answer).toMatchObject({ status: 200, text: 'Ok.\n' });
  });

  test('the key is taken from the headers of ClickHouse and from the URL, and never sent on', async () => {
    const query = 'SELECT 1';
    expect((await ask({ query }, key)).text).toBe('1\n');
    expect((await ask({ query, user: 'x', password: KEY })).text).toBe('1\n');
    expect((await ask({ query })).headers['x-clickhouse-exception-code']).toBe('516');
  });

  test.for([
    ['readonly', '0', '2'],
    ['readonly', '1', '1'],
    ['readonly', '2', '2'],
  ] as const)('%s=%s becomes %s', async ([name, given, expected]) => {
    const answer = await ask({ query: "SELECT getSetting('readonly')", [name]: given }, key);
    expect(answer.text).toBe(`${expected}\n`);
  });

  test('the database may stand in a header, the format too', async () => {
    const headers = { ...key, 'x-clickhouse-database': 'system', 'x-clickhouse-format': 'CSV' };
    expect((await ask({ query: 'SELECT currentDatabase()' }, headers)).text).toBe('"system"\n');
  });

  test('the headers tell server, zone, query and format', async () => {
    const { headers } = await ask({ query: 'SELECT 1', query_id: 'told' }, key);
    expect(headers).toMatchObject({
      'x-clickhouse-query-id': 'told',
      'x-clickhouse-timezone': 'UTC',
      'x-clickhouse-format': 'TabSeparated',
      'x-clickhouse-server-display-name': expect.any(String),
    });
  });
});
