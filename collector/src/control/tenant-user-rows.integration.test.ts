/**
 * What a tenant's ClickHouse user would read. The embedded engine makes no users, but knows those of its configuration:
 * they get the grants and the conditions of the statements, and views run as they. That the statements themselves make
 * such users only a server shows (test/sql-users.e2e.test.ts).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { putUsersConfig } from '@ai-cost-profiler/clickhouse/engine/test-users-config.ts';
import { parseInstant } from '@ai-cost-profiler/queries/range.ts';
import {
  type EmbeddedLedger,
  openEmbeddedLedger,
} from '@ai-cost-profiler/queries/testing/embedded-ledger.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTenantUserSql } from './tenant-user-sql.ts';

const PLACE = { database: 'aicost', cluster: null };
const USERS = { acme: 'k1', globex: 'k2' };
/** Tables whose rows belong to tenants. */
const TABLES = ['spans', 'ledger', 'cost_hourly', 'cost_daily', 'traces'];

let directory: string;
let ledger: EmbeddedLedger;

/** A user as ClickHouse's configuration has it, of what the statements say. */
function userXml(tenant: string, keyId: string): string {
  const statements = createTenantUserSql(PLACE, { keyId, tenant, sha256: 'ab'.repeat(32) });
  const granted = statements.flatMap((sql) => /^(GRANT SELECT ON .*) TO `/.exec(sql)?.[1] ?? []);
  const filters = statements.flatMap((sql) => {
    const policy = /^CREATE ROW POLICY OR REPLACE .* ON `aicost`\.`(\w+)` .* USING (.*) TO `/;
    const [, table, condition] = policy.exec(sql) ?? [];
    // Of each table there are two, of which one says RESTRICTIVE; the configuration has one condition.
    return table === undefined || sql.includes('RESTRICTIVE') ? [] : [{ table, condition }];
  });
  const grants = granted.map((sql) => `<query>${sql}</query>`).join('');
  const databases = filters
    .map(({ table, condition }) => `<${table}><filter>${condition}</filter></${table}>`)
    .join('');
  return `<aicost_${keyId}><password>x</password><networks><ip>::1</ip></networks><profile>default</profile><quota>default</quota><grants>${grants}</grants><databases><aicost>${databases}</aicost></databases></aicost_${keyId}>`;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aicost-users-'));
  const users = Object.entries(USERS).map(([tenant, keyId]) => userXml(tenant, keyId));
  const configFile = await putUsersConfig(directory, users);
  ledger = await openEmbeddedLedger({ configFile });
  const at = parseInstant('2026-08-20T12:00:00Z', 0n);
  for (const [n, tenant] of Object.keys(USERS).entries()) {
    const trace = String(n + 1).repeat(32);
    await ledger.insert([{ tenant, at, trace, figures: { calls: '1', cost_usd: '0.007' } }]);
    await ledger.insertSpans([{ tenant, at, receivedAt: at, role: 'leaf', trace }]);
  }
});
afterAll(async () => {
  await ledger.close();
  await rm(directory, { recursive: true });
});

let views = 0;
/** Rows of a query that runs with the rights of a user. */
async function askAs<Row>(keyId: string, query: string): Promise<Row[]> {
  const view = `aicost.seen_${++views}`;
  await ledger.store.command(
    `CREATE VIEW ${view} DEFINER = aicost_${keyId} SQL SECURITY DEFINER AS ${query}`,
  );
  return ledger.store.query<Row>(`SELECT * FROM ${view}`);
}

describe.for(Object.entries(USERS))('the user of %s', ([tenant, keyId]) => {
  test.for(TABLES)('reads every column of %s, of its own rows', async (table) => {
    const columns = await ledger.store.query<{ name: string }>(
      `SELECT name FROM system.columns WHERE database = 'aicost' AND table = '${table}'`,
    );
    expect(columns.length).toBeGreaterThan(4);
    const all = columns.map(({ name }) => `\`${name}\``).join(', ');
    const rows = await askAs<{ tenant: string }>(keyId, `SELECT ${all} FROM aicost.${table}`);
    expect(rows.length).toBeGreaterThan(0);
    expect(new Set(rows.map((row) => row.tenant))).toEqual(new Set([tenant]));
  });

  test('counts its own rows alone, also where no column of them is read', async () => {
    for (const table of TABLES) {
      const rows = await askAs(keyId, `SELECT toString(count()) AS n FROM aicost.${table}`);
      expect([table, rows]).toEqual([table, [{ n: '1' }]]);
    }
  });

  test('reads the price book', async () => {
    expect(await askAs(keyId, 'SELECT * FROM aicost.prices')).toEqual([]);
  });

  test('reads no other table, file or host', async () => {
    const tables = await ledger.store.query<{ name: string }>(
      "SELECT name FROM system.tables WHERE database = 'aicost' AND NOT startsWith(name, 'seen_')",
    );
    const others = tables
      .map(({ name }) => name)
      .filter((name) => !TABLES.includes(name) && name !== 'prices');
    expect(others).toEqual(
      expect.arrayContaining(['control', 'landing', 'alerts', 'cost_day_totals']),
    );
    const sources = others.map((name) => `aicost.${name}`);
    for (const source of [
      ...sources,
      "file('/etc/hostname', 'LineAsString')",
      "url('http://127.0.0.1:1/', 'LineAsString')",
    ]) {
      const refusal = askAs(keyId, `SELECT * FROM ${source}`);
      await expect(refusal, source).rejects.toMatchObject({ code: 497 });
    }
  });
});

test('the owner of the tables sees all rows', async () => {
  for (const table of TABLES) {
    const rows = await ledger.store.query<{ n: string }>(
      `SELECT toString(uniqExact(tenant)) AS n FROM aicost.${table}`,
    );
    expect([table, rows]).toEqual([table, [{ n: '2' }]]);
  }
});
