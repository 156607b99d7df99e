/**
 * ClickHouse users of tenants (`keys create --sql`) on a real server, which AICOST_TEST_CLICKHOUSE_URL names, with a
 * user who may manage users: `http://default:secret@127.0.0.1:8123`. The embedded engine has no users; without a server
 * this is skipped, and said. It works in a database of its own and takes everything away again.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callOf, sendSpans } from './api/marked-calls.ts';
import { askJson } from './api/two-tenants.ts';
import { eventually, type StartedCollector, startIn } from './start-collector.ts';

const serverUrl = process.env['AICOST_TEST_CLICKHOUSE_URL'];
if (serverUrl === undefined) {
  process.stderr.write(
    'SKIPPED test/sql-users.e2e.test.ts: AICOST_TEST_CLICKHOUSE_URL names no ClickHouse server, so that no user was made and nothing read as one.\n',
  );
}

// Not as a key begins, of which none may stand on a command line.
const DATABASE = `test_aicost_${randomBytes(4).toString('hex')}`;
const TABLES = ['spans', 'ledger', 'cost_hourly', 'cost_daily', 'traces'];
const TENANTS = ['acme', 'globex'] as const;
/** ACCESS_DENIED, READONLY, UNKNOWN_TABLE where names are hidden, and a setting that cannot be changed. */
const REFUSALS = ['497', '164', '60', '452'];

interface Asked {
  readonly status: number;
  readonly code: string | null;
  readonly text: string;
}

/** By HTTP, with a user and a password. */
async function ask(user: { name: string; password: string }, query: string): Promise<Asked> {
  const url = new URL(serverUrl!);
  [url.username, url.password] = ['', ''];
  const headers = { 'x-clickhouse-user': user.name, 'x-clickhouse-key': user.password };
  const response = await fetch(url, { method: 'POST', headers, body: query });
  const code = response.headers.get('x-clickhouse-exception-code');
  return { status: response.status, code, text: (await response.text()).trim() };
}

/** As who owns the server; rejects unless it is done. */
async function own(query: string): Promise<string> {
  const { username, password } = new URL(serverUrl!);
  const user = { name: decodeURIComponent(username) || 'default', password };
  const { status, text } = await ask({ ...user, password: decodeURIComponent(password) }, query);
  if (status !== 200) throw new Error(`${query}: ${text}`);
  return text;
}

describe.skipIf(serverUrl === undefined)('a ClickHouse user of a tenant', () => {
  let collector: StartedCollector | undefined;
  const users = new Map<string, { id: string; key: string }>();
  const asTenant = (tenant: string, query: string) => {
    const { id, key } = users.get(tenant)!;
    return ask({ name: `aicost_${id}`, password: key }, query);
  };
  const admin = <T>(method: string, path: string, body?: object) =>
    askJson<T>(`${collector!.url}/api/v1/admin${path}`, {
      ...{ key: collector!.key, method },
      ...(body === undefined ? {} : { body }),
    });
  const makeKey = (tenant: string, scope: string, sql: boolean) =>
    admin<{ id: string; key: string }>('POST', '/keys', { tenant, scopes: [scope], sql });

  beforeAll(async () => {
    const place = ['--clickhouse-url', serverUrl!, '--database', DATABASE];
    const dataDir = mkdtempSync(join(tmpdir(), 'aicost-sql-users-'));
    collector = await startIn(dataDir, [...place, '--settle-after', '1h']);
    for (const [n, tenant] of TENANTS.entries()) {
      users.set(tenant, await makeKey(tenant, 'read', true));
      const { key } = await makeKey(tenant, 'ingest', false);
      const call = { model: 'gpt-4o', atNs: 1_787_227_200_000_000_000n };
      const trace = String(n + 1).repeat(32);
      await sendSpans(collector.url, key, tenant, [callOf(tenant, { ...call, trace })]);
    }
    await eventually(
      () => own(`SELECT uniqExact(tenant) FROM ${DATABASE}.ledger`),
      (count) => count === '2',
    );
  });
  afterAll(async () => {
    const names = [...users.values()].map(({ id }) => `'aicost_${id}'`);
    for (const { id } of users.values()) await admin('DELETE', `/keys/${id}`);
    expect(await collector?.stop()).toBe(0);
    await own(`DROP DATABASE ${DATABASE}`);
    // Where none could be made, there is nothing to take away.
    if (names.length === 0) return;
    for (const table of TABLES) {
      await own(`DROP ROW POLICY IF EXISTS aicost_collector ON ${DATABASE}.${table}`);
    }
    const left = `SELECT count() FROM system.users WHERE name IN (${names.join(', ')})`;
    expect(await own(left)).toBe('0');
  });

  test.for(TENANTS.flatMap((tenant) => TABLES.map((table) => [tenant, table] as const)))(
    'of %s reads of %s its own rows alone',
    async ([tenant, table]) => {
      const own = await asTenant(tenant, `SELECT DISTINCT tenant FROM ${DATABASE}.${table}`);
      expect(own).toEqual({ status: 200, code: null, text: tenant });
      const other = `SELECT count() FROM ${DATABASE}.${table} WHERE tenant != '${tenant}'`;
      expect((await asTenant(tenant, other)).text).toBe('0');
      expect((await asTenant(tenant, `SELECT * FROM ${DATABASE}.${table}`)).status).toBe(200);
    },
  );

  test('sees no other row where somebody opens the table to everybody', async () => {
    const on = `ON ${DATABASE}.ledger`;
    await own(`CREATE ROW POLICY aicost_test_all ${on} FOR SELECT USING 1 TO ALL`);
    const seen = await asTenant('acme', `SELECT DISTINCT tenant FROM ${DATABASE}.ledger`);
    await own(`DROP ROW POLICY aicost_test_all ${on}`);
    expect(seen.text).toBe('acme');
  });

  test('reads the price book', async () => {
    const prices = await asTenant('acme', `SELECT count() > 0 FROM ${DATABASE}.prices`);
    expect(prices).toEqual({ status: 200, code: null, text: '1' });
  });

  test.for([
    `SELECT * FROM ${DATABASE}.control`,
    `SELECT * FROM ${DATABASE}.landing`,
    `SELECT * FROM ${DATABASE}.alerts`,
    `INSERT INTO ${DATABASE}.ledger (tenant) VALUES ('acme')`,
    `ALTER TABLE ${DATABASE}.ledger DELETE WHERE 1`,
    'CREATE TEMPORARY TABLE t (a UInt8)',
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT * FROM file('x', 'LineAsString')",
    "SELECT * FROM remote('127.0.0.1', system.one)",
    'SELECT * FROM system.query_log',
    'CREATE USER aicost_test_more',
    'SET readonly = 0',
    'SELECT 1 SETTINGS max_memory_usage = 0',
    'SELECT 1 SETTINGS max_execution_time = 0',
  ])('may not %s', async (query) => {
    const { code, text } = await asTenant('acme', query);
    expect([query, REFUSALS.includes(code ?? ''), text]).toEqual([query, true, text]);
  });

  test('ends with its key', async () => {
    const extra = await makeKey('acme', 'read', true);
    const user = { name: `aicost_${extra.id}`, password: extra.key };
    expect((await ask(user, 'SELECT 1')).text).toBe('1');
    await admin('DELETE', `/keys/${extra.id}`);
    expect((await ask(user, 'SELECT 1')).code).toBe('516');
    expect((await asTenant('acme', 'SELECT 1')).text, 'and no other ends').toBe('1');
  });
});
