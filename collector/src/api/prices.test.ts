import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Scope } from '../access.ts';
import { createAuthenticate } from '../authenticate/authenticate.ts';
import type { Listener } from '../bind.ts';
import { openControlState } from '../control/control-state.ts';
import { createKeyOperations } from '../control/key-operations.ts';
import { createMemoryControlStore } from '../control/memory-control-store.ts';
import { STOPPED_SQL_USERS } from '../control/sql-users.ts';
import { createLog } from '../log.ts';
import { openPrices } from '../price/open-prices.ts';
import { requestIds } from '../request-id.ts';
import { listenForTest } from '../test-listen.ts';
import { adminPriceRoutes } from './admin-prices.ts';
import { answerErrors } from './errors.ts';
import { pricesRoutes } from './prices-routes.ts';

const now = () => new Date('2026-08-20T12:00:00.250Z');
const OVERRIDES = '/api/v1/admin/prices/overrides';
const ALIAS = { type: 'alias', provider: 'azure', name: 'chat-prod', target: 'azure/gpt-4o' };

let directory: string;
let listener: Listener;
let keyOf: Record<string, string>;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'aicost-prices-api-'));
  const log = createLog('silent', process.stderr);
  const state = await openControlState({
    store: createMemoryControlStore(),
    copyPath: join(directory, 'control.json'),
    now,
    randomInt: () => 0,
    log,
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
    ['stranger', 'globex', 'read'],
  ] as const) {
    keyOf[who] = (await keys.create(root, { tenant, scopes: [scope], name: who })).key;
  }
  const { operations } = openPrices({ state, log, now, randomBytes });
  const deps = { authenticate, prices: operations, now };
  const app = express();
  app.use(requestIds(randomUUID), pricesRoutes(deps), adminPriceRoutes(deps));
  app.use(answerErrors(log, (_request, response) => void response.end()));
  listener = await listenForTest(app);
});
afterEach(async () => {
  await listener.close(AbortSignal.abort());
  await rm(directory, { recursive: true });
});

async function ask(who: string, method: string, path: string, body?: unknown) {
  const response = await fetch(`http://127.0.0.1:${listener.address.port}${path}`, {
    method,
    headers: { 'x-api-key': keyOf[who] ?? '' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('terms', () => {
  test('are added, seen by their tenant and operators, and taken back', async () => {
    const made = await ask('admin', 'POST', OVERRIDES, {
      terms: { ...ALIAS, valid_from: 'now-1d' },
    });
    expect(made).toMatchObject({
      status: 201,
      body: {
        tenant: 'acme',
        state: 'active',
        name: 'chat-prod',
        target: 'azure/gpt-4o',
        valid_from: '2026-08-19T12:00:00Z',
        valid_until: null,
      },
    });
    const { id } = made.body;
    expect((await ask('admin', 'GET', OVERRIDES)).body).toMatchObject({ rows: [{ id }] });
    expect((await ask('operator', 'GET', `${OVERRIDES}?tenant=acme`)).body).toMatchObject({
      rows: [{ id }],
    });
    const ended = await ask('admin', 'DELETE', `${OVERRIDES}/${id}?at=now`);
    expect(ended.body).toMatchObject({ state: 'ended', valid_until: '2026-08-20T12:00:00Z' });
    const removed = await ask('admin', 'DELETE', `${OVERRIDES}/${id}`);
    expect(removed).toMatchObject({ status: 200, body: { id, state: 'removed' } });
  });

  test.for([
    ['a reader', 'reader', 'POST', OVERRIDES, { terms: ALIAS }, 403, 'scope'],
    [
      'for another tenant',
      'admin',
      'POST',
      OVERRIDES,
      { tenant: 'globex', terms: ALIAS },
      403,
      'operator',
    ],
    ['of another tenant', 'admin', 'GET', `${OVERRIDES}?tenant=globex`, undefined, 403, 'operator'],
    [
      'of an unknown type',
      'admin',
      'POST',
      OVERRIDES,
      { terms: { type: 'gift' } },
      400,
      'terms.type is "gift"',
    ],
    [
      'with an unknown field',
      'admin',
      'POST',
      OVERRIDES,
      { terms: { ...ALIAS, tenant: 'globex' } },
      400,
      'tenant',
    ],
    [
      'with a wrong time',
      'admin',
      'POST',
      OVERRIDES,
      { terms: { ...ALIAS, valid_from: 'soon' } },
      400,
      'terms.valid_from is "soon"; expected an RFC 3339',
    ],
    [
      'with a wrong target',
      'admin',
      'POST',
      OVERRIDES,
      { terms: { ...ALIAS, target: 'azure/gpt-4oo' } },
      400,
      'target is "azure/gpt-4oo"',
    ],
    ['that are not there', 'admin', 'DELETE', `${OVERRIDES}/terms_00`, undefined, 404, 'terms_00'],
    [
      'with a parameter given twice',
      'admin',
      'GET',
      `${OVERRIDES}?tenant=acme&tenant=globex`,
      undefined,
      400,
      'acme, globex',
    ],
    [
      'as an import without being operator',
      'admin',
      'POST',
      '/api/v1/admin/prices/imports',
      {},
      403,
      'operator',
    ],
    [
      'as a broken import',
      'operator',
      'POST',
      '/api/v1/admin/prices/imports',
      {},
      400,
      'aicost-price-book-1',
    ],
    ['by another method', 'admin', 'PUT', OVERRIDES, undefined, 405, 'GET'],
  ] as const)('are refused %s', async ([, who, method, path, body, status, detail]) => {
    const answer = await ask(who, method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.body['detail']).toContain(detail);
  });
});

describe('GET /api/v1/prices', () => {
  const path = '/api/v1/prices?provider=azure&model=Chat-Prod';

  test('answers by the book of the tenant, and no other tenant learns of its terms', async () => {
    await ask('admin', 'POST', OVERRIDES, { terms: ALIAS });
    const own = await ask('reader', 'GET', path);
    expect(own.body).toMatchObject({
      at: '2026-08-20T12:00:00Z',
      rows: [{ provider: 'azure', model: 'gpt-4o', alias_path: ['azure/gpt-4o'], unpriced: null }],
      nearest: [],
    });
    expect((own.body['rows'] as { rates: unknown[] }[])[0]?.rates).toContainEqual(
      expect.objectContaining({ usage_key: 'in_uncached', amount_usd: '2.5', per: 1_000_000 }),
    );
    const other = await ask('stranger', 'GET', path);
    expect(other.body['rows']).toEqual([]);
    expect(JSON.stringify(other.body)).not.toContain('terms_');
  });

  test('answers for an instant, with the span in which the answer holds', async () => {
    const at = '2024-06-01T00:00:00Z';
    const { body } = await ask(
      'reader',
      'GET',
      `/api/v1/prices?provider=openai&model=gpt-4o&at=${at}`,
    );
    expect(body).toMatchObject({ at, rows: [{ rates: expect.any(Array) }] });
    expect(JSON.stringify(body)).toContain('"amount_usd":"5"');
  });

  test('names what is near to an unknown model', async () => {
    const { body } = await ask('reader', 'GET', '/api/v1/prices?provider=openai&model=gpt-4p');
    expect(body['nearest']).toContain('openai/gpt-4o');
  });

  test.for([
    ['', 'model is "missing"'],
    ['?model=', 'model is ""'],
    ['?model=a&model=b', 'model is "a, b": expected one value'],
    ['?model=a&at=tomorrow', 'at is "tomorrow"'],
  ] as const)('refuses %s', async ([query, detail]) => {
    const answer = await ask('reader', 'GET', `/api/v1/prices${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body['detail']).toContain(detail);
  });
});
