import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { InputProblem } from '@ai-cost-profiler/queries/input-problem.ts';
import { Router } from 'express';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Scope } from '../access.ts';
import { createAuthenticate } from '../authenticate/authenticate.ts';
import type { Listener } from '../bind.ts';
import { openControlState } from '../control/control-state.ts';
import { createKeyOperations } from '../control/key-operations.ts';
import { createMemoryControlStore } from '../control/memory-control-store.ts';
import { STOPPED_SQL_USERS } from '../control/sql-users.ts';
import { ReaderAdmission } from '../limit/reader-admission.ts';
import { DEFAULT_TENANT_LIMITS, type TenantLimits } from '../limit-table.ts';
import { createLog } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import { createAnswerOtlpProblem } from '../receive/otlp-problem.ts';
import { listenForTest } from '../test-listen.ts';
import { createApp } from './app.ts';
import { requestSignal } from './deadline.ts';
import { declaredRequests } from './declared-requests.ts';
import type { PartState } from './health.ts';
import { openApiDocument } from './openapi.ts';

const now = () => new Date('2026-08-20T12:00:00Z');

let directory: string;
let listener: Listener;
let logged: string;
let engine: () => PartState | Promise<PartState>;
let isDraining: boolean;
let sawAbort: Promise<unknown>;
let keyOf: Record<string, string>;
let limits: TenantLimits;
let nowMs: number;

/** A router whose paths end in every way a route can. */
function oddRouter(): Router {
  const router = Router();
  router.get('/api/v1/odd/fault', () => {
    throw new Error('inside story');
  });
  router.get('/api/v1/odd/input', () => {
    throw new InputProblem([{ field: 'limit', value: 'x', expected: 'a number' }]);
  });
  router.get('/api/v1/odd/half', (_request, response) => {
    response.write('half');
    throw new Error('in the middle');
  });
  router.get('/api/v1/odd/slow', (_request, response) => {
    sawAbort = new Promise((resolve) => requestSignal(response).addEventListener('abort', resolve));
  });
  return router;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aicost-api-'));
  [logged, isDraining] = ['', false];
  [limits, nowMs] = [DEFAULT_TENANT_LIMITS, 0];
  engine = () => ({ ok: true, detail: 'answers' });
  const log = createLog(
    'trace',
    new Writable({
      write(chunk, _encoding, done) {
        logged += String(chunk);
        done();
      },
    }),
  );
  const state = await openControlState({
    store: createMemoryControlStore(),
    copyPath: join(directory, 'control.json'),
    now,
    randomInt: () => 0,
    log: createLog('silent', process.stderr),
  });
  const keys = createKeyOperations({
    state,
    now,
    randomBytes,
    onRetired: async () => undefined,
    sqlUsers: STOPPED_SQL_USERS,
  });
  const authenticate = createAuthenticate({ findKey: (id) => state.keys.get(id), now });
  const root = { name: 'test', tenant: 'default', scopes: new Set<Scope>(['operator']) };
  keyOf = {};
  for (const [who, tenant, scope] of [
    ['operator', 'default', 'operator'],
    ['admin', 'acme', 'admin'],
    ['reader', 'acme', 'read'],
  ] as const) {
    keyOf[who] = (await keys.create(root, { tenant, scopes: [scope], name: who })).key;
  }
  const app = createApp({
    log,
    metrics: createMetrics(),
    authenticate,
    keys,
    reads: new ReaderAdmission({ limits: { of: () => limits }, nowMs: () => nowMs }),
    corsOrigins: [],
    signalRoutes: { traces: (_request, response) => void response.json({}) },
    collectGauges: async () => undefined,
    answerOtlpProblem: createAnswerOtlpProblem((code, message) =>
      JSON.stringify({ code, message }),
    ),
    parts: [
      { name: 'journal', neededFor: 'ingest', check: () => ({ ok: true, detail: 'open' }) },
      { name: 'engine', neededFor: 'query', check: () => engine() },
    ],
    declaredRequests: declaredRequests(openApiDocument('0')),
    routers: [oddRouter()],
    isDraining: () => isDraining,
    newRequestId: randomUUID,
    now,
    nowMs: () => performance.now(),
    requestTimeoutMs: 300,
  });
  listener = await listenForTest(app);
});

afterEach(async () => {
  await listener.close(AbortSignal.abort());
  await rm(directory, { recursive: true });
});

async function call(path: string, init: RequestInit & { as?: string } = {}) {
  const response = await fetch(`http://127.0.0.1:${listener.address.port}${path}`, {
    ...init,
    headers: {
      ...(init.as === undefined ? {} : { 'x-api-key': keyOf[init.as] ?? '' }),
      ...init.headers,
    },
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  const body = (type.includes('json') ? JSON.parse(text) : {}) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, type, text, body };
}

const create = (as: string, body: unknown) =>
  call('/api/v1/admin/keys', { method: 'POST', as, body: JSON.stringify(body) });

describe('every answer', () => {
  test.for(['/healthz', '/none', '/v1/none', '/api/v1/admin/keys', '/api/v1/odd/fault', '/%ff'])(
    'of %s has a request id, which its log line has as well',
    async (path) => {
      const { headers } = await call(path);
      const id = headers.get('x-request-id') ?? 'none';
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
      await expect.poll(() => logged).toContain(`"request_id":"${id}"`);
    },
  );

  test('keeps a sane request id of the client and replaces any other', async () => {
    const given = async (id: string) =>
      (await call('/healthz', { headers: { 'x-request-id': id } })).headers.get('x-request-id');
    expect(await given('trace-42')).toBe('trace-42');
    expect(await given('{"forged":1}')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await given('x'.repeat(129))).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a failed request', () => {
  test.for([
    ['/none', {}, 404, 'not_found'],
    ['/healthz', { method: 'POST' }, 405, 'method_not_allowed'],
    ['/api/v1/admin/keys', {}, 401, 'key_missing'],
    ['/api/v1/admin/keys', { as: 'reader' }, 403, 'scope_missing'],
    ['/api/v1/admin/keys', { as: 'admin', method: 'PUT' }, 405, 'method_not_allowed'],
    ['/api/v1/admin/keys/none', { as: 'admin', method: 'DELETE' }, 404, 'not_found'],
    ['/readyz?for=fun', {}, 400, 'parameter_invalid'],
    ['/api/v1/odd/input', {}, 400, 'parameter_invalid'],
    ['/api/v1/odd/fault', {}, 500, 'internal'],
    ['/api/v1/odd/slow', {}, 504, 'deadline_exceeded'],
  ] as const)('to %s %j is the problem %i %s', async ([path, init, status, code]) => {
    const { body, headers, type, status: got } = await call(path, init);
    expect(type).toContain('application/problem+json');
    expect(body).toMatchObject({ status, code, request_id: headers.get('x-request-id') });
    expect(Object.keys(body).sort()).toEqual([
      'code',
      'detail',
      'request_id',
      'status',
      'title',
      'type',
    ]);
    expect(got).toBe(status);
  });

  test('under /v1/ is a Status', async () => {
    const { status, body } = await call('/v1/profiles', { method: 'POST' });
    expect({ status, code: body['code'] }).toEqual({ status: 404, code: 5 });
  });

  test('of ours keeps its story in the log', async () => {
    const { text } = await call('/api/v1/odd/fault');
    expect(text).not.toContain('inside story');
    expect(logged).toContain('inside story');
  });

  test('in the middle of an answer breaks the connection, so that nobody takes it for whole', async () => {
    await expect(call('/api/v1/odd/half')).rejects.toThrow();
  });

  test('tells the work behind it to stop when it took too long', async () => {
    await call('/api/v1/odd/slow');
    await sawAbort;
  });
});

describe('a key that asks too fast', () => {
  const rates = (headers: Headers) =>
    ['ratelimit-policy', 'ratelimit', 'retry-after'].map((name) => headers.get(name));

  test('is told what is left, then when to ask again, and another key goes on', async () => {
    limits = { ...limits, reads_per_second: 0.5, burst_seconds: 4 };
    const ask = (as: string) => call('/api/v1/admin/keys', { as });
    expect(rates((await ask('admin')).headers)).toEqual([
      '"reads";q=2;w=4',
      '"reads";r=1;t=2',
      null,
    ]);
    expect((await ask('admin')).status).toBe(200);
    const refused = await ask('admin');
    expect(refused.body).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(refused.body['detail']).toMatch(
      /^Key \w+ asks faster than 0\.5 requests\/s \(burst 4 s\)/,
    );
    expect(rates(refused.headers)).toEqual(['"reads";q=2;w=4', '"reads";r=0;t=4', '2']);
    expect((await ask('reader')).body['code']).toBe('scope_missing');
    nowMs += 2_000;
    expect((await ask('admin')).status).toBe(200);
  });

  test('and without a right key nothing is counted, or told', async () => {
    limits = { ...limits, reads_per_second: 0.001, burst_seconds: 0 };
    for (let i = 0; i < 3; i++) {
      const { body, headers } = await call('/api/v1/admin/keys', {
        headers: { 'x-api-key': `${keyOf['admin']}x` },
      });
      expect([body['code'], ...rates(headers)]).toEqual(['key_unknown', null, null, null]);
    }
    expect((await call('/healthz', { as: 'admin' })).headers.get('ratelimit')).toBeNull();
  });
});

describe('health', () => {
  test('is ready for spans without the engine, but not for questions', async () => {
    engine = () => Promise.reject(new Error('socket closed'));
    expect((await call('/healthz')).status).toBe(200);
    const ready = await call('/readyz');
    expect(ready.status).toBe(200);
    expect(ready.body['parts']).toContainEqual({
      name: 'engine',
      needed_for: 'query',
      ok: false,
      detail: 'socket closed',
    });
    expect((await call('/readyz?for=query')).status).toBe(503);
  });

  test('is not ready while it drains', async () => {
    isDraining = true;
    const { status, headers } = await call('/readyz');
    expect({ status, connection: headers.get('connection') }).toEqual({
      status: 503,
      connection: 'close',
    });
  });

  test('shows requests by route in the metrics, and never by path', async () => {
    await call('/api/v1/admin/keys/secretid', { as: 'admin', method: 'DELETE' });
    const { text } = await call('/metrics');
    expect(text).toContain('route="/api/v1/admin/keys/:id",method="DELETE",status="404"');
    expect(text).not.toContain('secretid');
  });
});

describe('key routes', () => {
  test('make, list, rotate and revoke a key, and show its secret once', async () => {
    const made = await create('admin', { scopes: ['ingest'], name: 'ci' });
    expect(made.status).toBe(201);
    expect(made.headers.get('cache-control')).toBe('no-store');
    expect(made.body).toMatchObject({ tenant: 'acme', scopes: ['ingest'], state: 'active' });
    const id = String(made.body['id']);
    const rotated = await call(`/api/v1/admin/keys/${id}/rotate`, {
      method: 'POST',
      as: 'admin',
      body: JSON.stringify({ overlap: '1h' }),
    });
    expect(rotated.body).toMatchObject({ name: 'ci', state: 'active' });
    const revoked = await call(`/api/v1/admin/keys/${rotated.body['id']}`, {
      method: 'DELETE',
      as: 'admin',
    });
    expect(revoked.body).toMatchObject({
      state: 'revoked',
      revoked_at: '2026-08-20T12:00:00.000Z',
    });
    const { body, text } = await call('/api/v1/admin/keys', { as: 'admin' });
    const rows = body['rows'] as { id: string; state: string }[];
    expect(rows.find((row) => row.id === id)?.state).toBe('expiring');
    expect(text).not.toContain(String(made.body['key']).split('_')[2]);
    expect(text).not.toContain('sha256');
  });

  test('rotate without a body ends the old key at once', async () => {
    const { body } = await create('operator', { tenant: 'acme', scopes: ['read'] });
    const path = `/api/v1/admin/keys/${body['id']}`;
    expect((await call(`${path}/rotate`, { method: 'POST', as: 'operator' })).status).toBe(201);
    expect((await call(path, { method: 'DELETE', as: 'operator' })).body['code']).toBe(
      'key_retired',
    );
  });

  test.for([
    ['admin', { tenant: 'other', scopes: ['read'] }, 403],
    ['operator', { tenant: 'other', scopes: ['read'] }, 201],
    ['admin', { scopes: ['write'] }, 400],
    ['admin', { scopes: ['read'], expires: 'never' }, 400],
    ['admin', [], 400],
  ] as const)('answer %s who asks for %j with %i', async ([as, body, status]) => {
    expect((await create(as, body)).status).toBe(status);
  });

  test('refuse a body that is no JSON without repeating it', async () => {
    const body = '{"key":"aicost_abc_0123456789abcdef';
    const { status, text } = await call('/api/v1/admin/keys', {
      method: 'POST',
      as: 'admin',
      body,
    });
    expect(status).toBe(400);
    expect(text).not.toContain('0123456789');
    expect(logged).not.toContain('0123456789');
  });

  test('leave no key in the log', async () => {
    await create('admin', { scopes: ['ingest'] });
    for (const key of Object.values(keyOf)) expect(logged).not.toContain(key.split('_')[2]);
  });
});

test('a port in use is an error that names the option', async () => {
  const { address } = listener;
  await expect(listenForTest(() => undefined, { address })).rejects.toThrow(
    /^--http is "127\.0\.0\.1:\d+": the address is in use; a collector may run already; expected a free one/,
  );
});
