/** What Grafana's plugin sends to `--sql`, as its client (clickhouse-go 2.47) writes it, and the bytes it must get. */
import { hostname } from 'node:os';
import { NativeReader } from '@ai-cost-profiler/clickhouse/native/native-reader.ts';
import { ALERT_RULES } from '@ai-cost-profiler/grafana/alerts/rules.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { variablesOf } from './ask-panel.ts';
import { asking, DASHBOARDS } from './dashboard-model.ts';
import { interpolate } from './interpolate.ts';
import { expandMacros } from './macros.ts';
import { CREDENTIALS, openSqlEndpoint, type SqlEndpoint, sendAsPlugin } from './sql-endpoint.ts';

const NOW_MS = Date.now();
const TIME = { fromMs: NOW_MS - 86_400_000, toMs: NOW_MS, intervalMs: 900_000 };

let endpoint: SqlEndpoint;
beforeAll(async () => {
  endpoint = await openSqlEndpoint();
});
afterAll(() => endpoint.close());

const send = (sql: string) =>
  sendAsPlugin(endpoint.url, sql, CREDENTIALS.basic('grafana', endpoint.operatorKey));

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

/** The first column of an answer of plain columns, its values where they are texts; null: no byte, which is no row. */
function firstColumn(bytes: Buffer): { name: string; type: string; texts: string[] } | null {
  if (bytes.length === 0) return null;
  const reader = new NativeReader(bytes);
  expect(reader.varint()).toBeGreaterThan(0);
  const rows = reader.varint();
  const [name, type] = [reader.text(), reader.text()];
  const texts = type === 'String' ? Array.from({ length: rows }, () => reader.text()) : [];
  return { name, type, texts };
}

async function answersInPlainColumns(sql: string): Promise<void> {
  const { status, bytes } = await send(sql);
  expect(status, bytes.toString()).toBe(200);
  // No row may be no byte, or a block of columns without rows.
  const column = firstColumn(bytes);
  if (column === null) return;
  expect(sql, column.name).toContain(column.name);
  expect(column.type, sql).not.toMatch(/^(?:JSON|Variant|Dynamic|Object)/);
}

test.for(DASHBOARDS)('$uid is answered in blocks of plain columns', async (dashboard) => {
  const variables = variablesOf(dashboard);
  const queries = [
    ...asking(dashboard).flatMap(({ targets = [] }) => targets.map(({ rawSql }) => rawSql)),
    ...dashboard.templating.list.filter(({ type }) => type === 'query').map(({ query }) => query),
  ];
  for (const sql of queries) {
    await answersInPlainColumns(expandMacros(interpolate(sql, variables), TIME));
  }
});

test.for(ALERT_RULES)('alert $uid is answered in blocks of plain columns', async (rule) => {
  const time = { ...TIME, fromMs: NOW_MS - rule.windowSeconds * 1000 };
  await answersInPlainColumns(expandMacros(rule.sql, time));
});

/** What the editor, ad-hoc filters and Explore ask, and a text that must be in the first column. */
const PROBES = [
  ['SELECT version()', /^\d+\.\d+/],
  ['SHOW DATABASES', /^aicost$/],
  ['SHOW TABLES FROM "aicost"', /^ledger$/],
  ['DESC TABLE "aicost"."spans"', /^trace_id$/],
  [`SELECT name, type, table FROM system.columns WHERE database IN ('aicost')`, /^cost_usd$/],
  [
    `SELECT name, type, table FROM system.columns WHERE database IN ('aicost') AND table = 'ledger'`,
    /^cost_usd$/,
  ],
  ['SELECT database, name FROM system.tables ORDER BY database, name', /^(?:aicost|system)$/],
  ['SELECT name, syntax, description FROM system.functions LIMIT 10000', /^sum$/],
] as const;

test.for(PROBES)('the probe "%s" is answered', async ([sql, text]) => {
  const { status, bytes } = await send(sql);
  expect(status, bytes.toString()).toBe(200);
  const column = firstColumn(bytes);
  expect(column?.type).toBe('String');
  expect(column?.texts.filter((one) => text.test(one)).length).toBeGreaterThan(0);
});

test.for([
  `SELECT DISTINCT "model" FROM "aicost"."ledger" WHERE "model" IS NOT NULL LIMIT 1000`,
  `SELECT DISTINCT arrayJoin("tags".keys) as keys FROM "aicost"."ledger" LIMIT 1000`,
  `SELECT count() FROM ledger SETTINGS additional_table_filters={'ledger' : ' model = \\'gpt-4o\\' '}`,
])('values of a filter are asked for: %s', async (sql) => {
  const { status, bytes } = await send(sql);
  expect(status, bytes.toString()).toBe(200);
});

test.for(['basic', 'headers'] as const)(
  'a key is told by %s, and no other will do',
  async (way) => {
    const as = (password: string) =>
      sendAsPlugin(endpoint.url, 'SELECT 1', CREDENTIALS[way]('anybody', password));
    expect((await as(endpoint.operatorKey)).status).toBe(200);
    for (const password of ['', 'wrong', `${endpoint.operatorKey}x`]) {
      const { status, bytes } = await as(password);
      expect(status).toBe(401);
      expect(bytes.toString()).toMatch(/^Code: 516\. DB::Exception: /);
    }
    // A key of its tenant has no rows of its own here: the engine knows no users.
    const reader = await as(endpoint.readKey);
    expect(reader.status).toBe(403);
    expect(reader.bytes.toString()).toContain('operator');
  },
);
