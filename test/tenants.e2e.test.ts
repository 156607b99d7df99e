/** Tenants over API and command line of a real collector: made, suspended, resumed, deleted; a person deleted. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import collectorEnv from '../scripts/collector-env.json' with { type: 'json' };
import { eventually, type StartedCollector, startCollector } from './start-collector.ts';

const MAIN = fileURLToPath(new URL('../collector/src/main.ts', import.meta.url));
const DAY = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';
const START_NS = '1787227200000000000';

let collector: StartedCollector;
const keys = new Map<string, string>();

beforeAll(async () => {
  collector = await startCollector();
  for (const tenant of ['acme', 'globex']) {
    const body = { tenant, scopes: ['ingest', 'read', 'admin'] };
    const made = await ask('POST', '/api/v1/admin/keys', { body });
    keys.set(tenant, JSON.parse(made.text).key);
  }
});
afterAll(async () => {
  expect(await collector.stop(), collector.output().slice(-4000)).toBe(0);
});

async function ask(
  method: string,
  path: string,
  { key = collector.key, body }: { key?: string | undefined; body?: unknown } = {},
): Promise<{ status: number; text: string }> {
  const response = await fetch(collector.url + path, {
    method,
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

function send(tenant: string, n: number, user = 'ann') {
  const attributes = Object.entries({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'user.id': user,
    'gen_ai.usage.input_tokens': 1000,
    'gen_ai.usage.output_tokens': 500,
  }).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: value } : { stringValue: value },
  }));
  const span = {
    traceId: String(n).padStart(32, '0'),
    spanId: String(n).padStart(16, '0'),
    name: 'chat',
    startTimeUnixNano: START_NS,
    endTimeUnixNano: String(BigInt(START_NS) + 1_000n),
    attributes,
  };
  const body = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
  return ask('POST', '/v1/traces', { key: keys.get(tenant), body });
}

const costs = async (tenant: string) => {
  const by = `/api/v1/costs/breakdown?${DAY}&by=user`;
  const { rows } = JSON.parse((await ask('GET', by, { key: keys.get(tenant) })).text);
  return rows as { user: string; calls: number; cost_usd: string }[];
};

async function aicost(...line: string[]) {
  const to = { AICOST_URL: collector.url, AICOST_KEY: collector.key };
  const env = { ...process.env, ...collectorEnv, ...to };
  return promisify(execFile)(process.execPath, [MAIN, ...line], { env });
}

test('a tenant is made once, and listed', async () => {
  const made = await ask('POST', '/api/v1/admin/tenants', { body: { tenant: 'initech' } });
  expect(made.status).toBe(201);
  expect(JSON.parse(made.text)).toMatchObject({ tenant: 'initech', state: 'active', keys: 0 });
  const again = await ask('POST', '/api/v1/admin/tenants', { body: { tenant: 'initech' } });
  expect([again.status, JSON.parse(again.text).code]).toEqual([409, 'tenant_conflict']);
  const { stdout } = await aicost('tenants', 'list');
  expect(stdout).toMatch(/^initech\s+active\s+0/m);
  const actor = `key:${collector.key.split('_')[1]}`;
  const path = '/api/v1/admin/audit?action=tenant.created';
  expect(JSON.parse((await ask('GET', path)).text)).toMatchObject({
    rows: [{ actor, tenant: 'initech', id: 'initech', detail: { state: 'active' } }],
    next_cursor: null,
  });
  const audit = await aicost('audit', '--tenant', 'initech');
  expect(audit.stdout).toMatch(new RegExp(`${actor}\\s+initech\\s+tenant.created\\s+initech`));
});

test('a suspended tenant reads and does not send; a resumed one does both', async () => {
  for (const tenant of ['acme', 'globex']) expect((await send(tenant, 1)).status).toBe(200);
  await eventually(
    () => costs('acme'),
    (rows) => rows.length === 1,
  );
  expect((await aicost('tenants', 'suspend', 'acme')).stdout).toBe('acme is suspended.\n');
  const refused = await send('acme', 2);
  expect([refused.status, JSON.parse(refused.text)]).toEqual([
    403,
    { code: 7, message: 'Tenant acme is suspended: nothing is taken in.' },
  ]);
  expect(await costs('acme')).toMatchObject([{ user: 'ann', calls: 1 }]);
  expect((await send('globex', 2, 'bob')).status).toBe(200);
  expect((await aicost('tenants', 'resume', 'acme')).stdout).toBe('acme is active.\n');
  expect((await send('acme', 2, 'bob')).status).toBe(200);
});

test('a deleted person is (deleted), and what they cost stays', async () => {
  await eventually(
    () => costs('acme'),
    (rows) => rows.length === 2,
  );
  const [before, others] = [await costs('acme'), await costs('globex')];
  const who = ['--tenant', 'acme', '--user', 'ann'];
  const { stdout } = await aicost('users', 'delete', ...who, '--confirm', 'acme', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ done: true, spans: 1, entries: 1 });
  const renamed = before.map((row) => (row.user === 'ann' ? { ...row, user: '(deleted)' } : row));
  expect(await costs('acme')).toEqual(expect.arrayContaining(renamed));
  expect(await costs('globex')).toEqual(others);
});

test('a deletion names the tenant again, and none that holds an operator key', async () => {
  const body = { confirm: 'globex' };
  const wrong = await ask('POST', '/api/v1/admin/tenants/acme/delete', { body });
  expect(wrong.status).toBe(400);
  expect(JSON.parse(wrong.text).detail).toContain('expected the tenant');
  const own = await ask('POST', '/api/v1/admin/tenants/default/delete', {
    body: { confirm: 'default' },
  });
  expect([own.status, JSON.parse(own.text).code]).toEqual([409, 'tenant_conflict']);
  const byTenant = await ask('POST', '/api/v1/admin/tenants/acme/delete', {
    key: keys.get('acme'),
    body: { confirm: 'acme' },
  });
  expect(byTenant.status).toBe(403);
});

test('a deleted tenant is unknown: its keys, its name, its costs', async () => {
  const others = await costs('globex');
  const { stdout, stderr } = await aicost('tenants', 'delete', 'acme', '--confirm', 'acme');
  expect(stdout).toMatch(/^Deleted tenant acme\. Rows: .*2 of ledger, .*2 of spans/);
  expect(stderr).toContain('keys: 1');
  expect((await send('acme', 3)).status).toBe(401);
  const read = await ask('GET', `/api/v1/costs/breakdown?${DAY}`, { key: keys.get('acme') });
  expect(read.status).toBe(401);
  const ofOperator = `/api/v1/costs/breakdown?${DAY}&by=tenant`;
  expect((await ask('GET', ofOperator)).text).not.toContain('acme');
  expect((await aicost('tenants', 'list')).stdout).not.toContain('acme');
  const again = await ask('POST', '/api/v1/admin/tenants/acme/delete', {
    body: { confirm: 'acme' },
  });
  expect(again.status).toBe(404);
  const body = { tenant: 'acme', scopes: ['read'] };
  const key = await ask('POST', '/api/v1/admin/keys', { body });
  expect([key.status, JSON.parse(key.text).code]).toEqual([409, 'tenant_conflict']);
  expect(await costs('globex')).toEqual(others);
  const verified = await ask('POST', '/api/v1/admin/verify');
  expect(JSON.parse(verified.text.trim().split('\n').at(-1)!)).toMatchObject({
    done: true,
    ok: true,
  });
});
