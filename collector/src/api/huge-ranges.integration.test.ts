/** A range of 130 years is answered, or refused as docs/api.md tells: it is no fault by itself. */
import { Writable } from 'node:stream';
import { parseInstant } from '@ai-cost-profiler/queries/range.ts';
import {
  type EmbeddedLedger,
  openEmbeddedLedger,
} from '@ai-cost-profiler/queries/testing/embedded-ledger.ts';
import express from 'express';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Authenticate, Principal } from '../access.ts';
import type { Listener } from '../bind.ts';
import { createLog } from '../log.ts';
import { requestIds } from '../request-id.ts';
import { listenForTest } from '../test-listen.ts';
import { costsRoutes } from './costs-routes.ts';
import { answerErrors } from './errors.ts';
import { flamegraphRoutes } from './flamegraph-routes.ts';
import { openApiDocument } from './openapi.ts';
import { promptsRoutes } from './prompts-routes.ts';
import type { ReadByteStore } from './reader-store.ts';

const RANGE = 'from=1970-01-02T00:00:00Z&to=2100-01-01T00:00:00Z';
const CALLS = ['1975-06-01T12:00:00Z', '2026-08-20T12:00:00Z', '2099-12-31T12:00:00Z'];

/** Every question of a range, from the document. */
const QUESTIONS = Object.entries(openApiDocument('0').paths).flatMap(([path, item]) => {
  const { tags, parameters } = (item['get'] ?? {}) as {
    readonly tags?: readonly string[];
    readonly parameters?: readonly { readonly name: string }[];
  };
  const hasRange = parameters?.some(({ name }) => name === 'from') === true;
  return hasRange && tags?.includes('costs') === true ? [path] : [];
});

let ledger: EmbeddedLedger;
let listener: Listener;
/** What the budget of a query is made to be. */
let tightened: Record<string, number>;

beforeAll(async () => {
  ledger = await openEmbeddedLedger();
  const calls = CALLS.map((text, n) => ({
    tenant: 'acme',
    at: parseInstant(text, 0n),
    trace: String(n + 1).repeat(32),
    span: String(n + 1).repeat(16),
  }));
  await ledger.insert(
    calls.map((call) => ({
      ...call,
      dimensions: { model: 'gpt-4o', user: 'ada' },
      figures: { calls: '1', in_uncached: '600', cost_usd: '0.007' },
    })),
  );
  await ledger.insertSpans(
    calls.map((call) => ({ ...call, receivedAt: call.at, role: 'leaf' as const })),
  );
  const { store } = ledger;
  const tight: ReadByteStore = {
    database: store.database,
    query: (sql, params, options) =>
      store.query(sql, params, { ...options, settings: { ...options.settings, ...tightened } }),
    raw: (sql, format, params, options) =>
      store.raw(sql, format, params, {
        ...options,
        settings: { ...options.settings, ...tightened },
      }),
    kill: (queryId) => store.kill(queryId),
  };
  const authenticate: Authenticate = () => ({
    tenant: 'acme' as Principal['tenant'],
    scopes: new Set(['read']),
    keyId: 'k',
  });
  const asking = { store: tight, authenticate, now: () => new Date('2026-08-21T00:00:00Z') };
  const app = express();
  app.use(requestIds(() => 'r'));
  app.use(costsRoutes({ ...asking, cursorSecret: () => Buffer.alloc(32, 1) }));
  app.use(flamegraphRoutes({ ...asking, price: () => undefined }));
  app.use(promptsRoutes({ ...asking, cachePricesOf: () => () => undefined }));
  app.use(answerErrors(createLog('silent', new Writable()), () => undefined));
  listener = await listenForTest(app);
});
afterAll(async () => {
  await listener.close(AbortSignal.abort());
  await ledger.close();
});
beforeEach(() => {
  tightened = {};
});

async function ask(path: string) {
  const response = await fetch(`http://127.0.0.1:${listener.address.port}${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('of 130 years', () => {
  test.for(QUESTIONS)('%s is answered whole', async (path) => {
    const intervals = path.endsWith('/timeseries') ? '&interval=1M' : '';
    const { status, body } = await ask(`${path}?${RANGE}${intervals}`);
    expect([status, body['detail']]).toEqual([200, undefined]);
    if (path.includes('/prompts/')) return;
    const { rows, totals } = body as { rows: unknown[]; totals?: { calls: number } };
    const calls = path === '/api/v1/traces' ? rows.length : totals?.calls;
    expect(calls).toBe(path === '/api/v1/unpriced' ? 0 : CALLS.length);
  });

  test.for(QUESTIONS)('%s is 422 and says what to do where that is over a budget', async (path) => {
    tightened = { max_rows_to_read: 1 };
    const intervals = path.endsWith('/timeseries') ? '&interval=1M' : '';
    const { status, body } = await ask(`${path}?${RANGE}${intervals}`);
    expect(body).toMatchObject({ code: 'query_over_budget' });
    expect(body['detail']).toContain('Narrow the range with from and to');
    expect(status).toBe(422);
  });

  test('a series of too many intervals is 400, before anything is read', async () => {
    tightened = { max_rows_to_read: 1 };
    const { status, body } = await ask(`/api/v1/costs/timeseries?${RANGE}&interval=1d`);
    expect(status).toBe(400);
    expect(body['detail']).toMatch(
      /^interval is "1d": expected a longer interval, a shorter range/,
    );
  });
});

test('there are questions of a range', () => {
  expect(QUESTIONS.length).toBeGreaterThan(8);
});
