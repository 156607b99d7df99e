/** Limits of tenants on a real collector: set while it runs, kept to at once, told to the sender, counted. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, type StartedCollector, startCollector } from './start-collector.ts';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../collector/src/main.ts', import.meta.url));
const START_NS = BigInt(Date.now()) * 1_000_000n;

let collector: StartedCollector;
let keys: Record<string, string>;
let ids = 0;

async function admin(method: string, path: string, body?: object) {
  const response = await fetch(`${collector.url}/api/v1/admin${path}`, {
    method,
    headers: { 'x-api-key': collector.key, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function aicost(...line: string[]) {
  const { stdout } = await run(process.execPath, [MAIN, ...line, '--data-dir', collector.dataDir]);
  return stdout;
}

beforeAll(async () => {
  collector = await startCollector();
  keys = {};
  for (const tenant of ['acme', 'beta']) {
    const { body } = await admin('POST', '/keys', { tenant, scopes: ['ingest'] });
    keys[tenant] = String(body['key']);
  }
});
afterAll(async () => {
  expect(await collector.stop()).toBe(0);
});

/** One request of `count` new spans. */
async function send(tenant: string, count = 1) {
  const spans = Array.from({ length: count }, () => {
    ids++;
    return {
      traceId: ids.toString(16).padStart(32, '0'),
      spanId: ids.toString(16).padStart(16, '0'),
      name: `of ${tenant}`,
      startTimeUnixNano: String(START_NS),
      endTimeUnixNano: String(START_NS + 1n),
    };
  });
  const response = await fetch(`${collector.url}/v1/traces`, {
    method: 'POST',
    headers: { 'x-api-key': keys[tenant]!, 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
  });
  const answer = (await response.json()) as { message?: string };
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return { status: response.status, message: answer.message ?? '', retryAfter };
}

const storedOf = (tenant: string, atLeast: number) =>
  eventually(
    async () => Number(await collector.sql(`SELECT count() FROM spans WHERE tenant = '${tenant}'`)),
    (count) => count >= atLeast,
  );

async function hits(limit: string): Promise<number> {
  const text = await (await fetch(`${collector.url}/metrics`)).text();
  const line = new RegExp(`^aicost_limit_hits_total\\{limit="${limit}"\\} (\\d+)`, 'm');
  return Number(line.exec(text)?.[1] ?? 0);
}

describe('a limit that is set while the collector runs', () => {
  test('holds at once, for its tenant alone, and is told with the time after which it fits', async () => {
    expect((await send('acme')).status).toBe(200);
    await admin('PUT', '/tenants/acme/limits/burst_seconds', { value: 0 });
    expect(await aicost('tenants', 'limits', 'set', 'acme', 'requests_per_second', '0.5')).toBe(
      'acme: requests_per_second is 0.5 requests/s (from tenant).\n',
    );
    expect((await send('acme')).status).toBe(200);
    const refused = await send('acme');
    expect(refused).toMatchObject({ status: 429, retryAfter: 2 });
    expect(refused.message).toContain('Tenant acme sends faster than 0.5 requests per second');
    for (let i = 0; i < 5; i++) expect((await send('beta')).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, refused.retryAfter * 1000));
    expect((await send('acme')).status).toBe(200);
    expect(await hits('requests_per_second')).toBe(1);
    // Of the refused request nothing was taken.
    expect(await storedOf('beta', 5)).toBe(5);
    expect(await storedOf('acme', 3)).toBe(3);
    const { status } = await admin('DELETE', '/tenants/acme/limits/requests_per_second');
    expect(status).toBe(200);
    for (let i = 0; i < 5; i++) expect((await send('acme')).status).toBe(200);
  });

  test('for a day takes the request that reaches it whole, and none after it', async () => {
    await admin('PUT', '/tenants/beta/limits/spans_per_day', { value: 8 });
    expect((await send('beta', 20)).status).toBe(200);
    const refused = await send('beta');
    expect(refused).toMatchObject({
      status: 429,
      message: expect.stringContaining('25 spans of 8'),
    });
    expect(refused.retryAfter).toBeGreaterThan(0);
    expect(refused.retryAfter).toBeLessThanOrEqual(86_400);
    expect(await hits('spans_per_day')).toBe(1);
    const { rows } = JSON.parse(await aicost('tenants', 'list', '--json'));
    expect(rows).toContainEqual(
      expect.objectContaining({
        tenant: 'beta',
        limits: { spans_per_day: 8 },
        today: expect.objectContaining({ spans: 25 }),
      }),
    );
  });

  test('of one request or one span refuses what is beyond it', async () => {
    await admin('PUT', '/tenants/acme/limits/spans_per_request', { value: 3 });
    expect((await send('acme', 3)).status).toBe(200);
    expect((await send('acme', 4)).status).toBe(413);
    await admin('PUT', '/tenants/acme/limits/span_name_bytes', { value: 3 });
    expect((await send('acme', 1)).status).toBe(200);
    expect([await hits('spans_per_request'), await hits('span_name_bytes')]).toEqual([1, 1]);
    expect(await storedOf('acme', 11)).toBe(11);
  });
});

test.for([
  [
    'PUT',
    '/tenants/acme/limits/spans_per_second',
    { value: 'many' },
    400,
    'value is "many": expected a number, or null for no limit',
  ],
  ['PUT', '/tenants/acme/limits/none', { value: 1 }, 400, 'limit is "none"; expected one of'],
  [
    'GET',
    '/tenants/nobody/limits',
    undefined,
    400,
    'tenant is "nobody"; expected * for every tenant',
  ],
  ['DELETE', '/tenants', {}, 405, 'expected GET, HEAD, POST'],
] as const)('%s %s %j is the problem %i', async ([method, path, body, status, detail]) => {
  const answer = await admin(method, path, body);
  expect(answer.status).toBe(status);
  expect(answer.body['detail']).toContain(detail);
});

test('only an operator sees and sets limits', async () => {
  const response = await fetch(`${collector.url}/api/v1/admin/tenants`, {
    headers: { 'x-api-key': keys['acme']! },
  });
  expect(response.status).toBe(403);
});
