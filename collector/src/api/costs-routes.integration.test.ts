import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { parseInstant } from '@ai-cost-profiler/queries/range.ts';
import {
  type EmbeddedLedger,
  openEmbeddedLedger,
} from '@ai-cost-profiler/queries/testing/embedded-ledger.ts';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Authenticate, Principal, Scope } from '../access.ts';
import type { Listener } from '../bind.ts';
import { createLog } from '../log.ts';
import { Problem } from '../problems.ts';
import { requestIds } from '../request-id.ts';
import { listenForTest } from '../test-listen.ts';
import { costsRoutes } from './costs-routes.ts';
import { answerErrors } from './errors.ts';
import { FLAMEGRAPH_TYPES, flamegraphRoutes } from './flamegraph-routes.ts';
import { openApiDocument, openApiRoutes } from './openapi.ts';

const cursorSecret = () => Buffer.alloc(32, 1);

const GLOBEX_TRACE = 'ef'.repeat(16);

let ledger: EmbeddedLedger;
let listener: Listener;
let origin: string;

const SCOPES_OF: Record<string, readonly Scope[]> = {
  'acme-read': ['read'],
  'globex-read': ['read'],
  'acme-ingest': ['ingest'],
  'acme-operator': ['operator'],
};

/** Keys of this test say what they are; the real check has tests of its own. */
const authenticate: Authenticate = (headers, anyOf) => {
  const key = headers['x-api-key'];
  const scopes = typeof key === 'string' ? SCOPES_OF[key] : undefined;
  if (scopes === undefined) throw new Problem('key_missing');
  if (!scopes.some((scope) => anyOf.includes(scope))) throw new Problem('scope_missing');
  const tenant = String(key).split('-')[0] as Principal['tenant'];
  return { tenant, scopes: new Set(scopes), keyId: 'k' };
};

beforeAll(async () => {
  ledger = await openEmbeddedLedger();
  const call = {
    at: parseInstant('2026-08-20T12:00:00Z', 0n),
    dimensions: { model: 'gpt-4o-2024-08-06', provider: 'openai' },
    figures: {
      calls: '1',
      in_uncached: '600',
      in_cache_read: '400',
      out_text: '500',
      cost_usd: '0.007',
    },
  };
  await ledger.insert([
    { ...call, tenant: 'acme' },
    { ...call, tenant: 'globex', dimensions: { model: 'secret' }, trace: GLOBEX_TRACE },
  ]);
  await ledger.insertSpans([
    { tenant: 'globex', at: call.at, receivedAt: call.at, role: 'leaf', trace: GLOBEX_TRACE },
  ]);
  const app = express().set('query parser', 'simple');
  app.use(requestIds(() => randomBytes(8).toString('hex')));
  const now = () => new Date('2026-08-21T00:00:00Z');
  app.use(costsRoutes({ store: ledger.store, authenticate, cursorSecret, now }));
  const price = () => undefined;
  app.use(flamegraphRoutes({ store: ledger.store, authenticate, now, price }));
  app.use(openApiRoutes(openApiDocument('1.2.3')));
  const log = createLog('error', new Writable({ write: (_chunk, _encoding, done) => done() }));
  app.use(answerErrors(log, () => undefined));
  listener = await listenForTest(app);
  origin = `http://127.0.0.1:${listener.address.port}`;
});
afterAll(async () => {
  await listener.close(AbortSignal.abort());
  await ledger.close();
});

async function get(path: string, key = 'acme-read') {
  const response = await fetch(`${origin}${path}`, {
    headers: key === '' ? {} : { 'x-api-key': key },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

const DAY = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';

describe('cost routes', () => {
  test('a breakdown answers the cost as exact text and is asked for again each time', async () => {
    const { status, headers, body } = await get(`/api/v1/costs/breakdown?${DAY}&by=model`);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('private, no-cache');
    expect(headers.get('vary')).toBe('x-api-key, authorization');
    expect(body.rows).toMatchObject([{ model: 'gpt-4o-2024-08-06', cost_usd: '0.007', calls: 1 }]);
  });

  test('a time series, what is unpriced and the status answer too', async () => {
    const series = await get(`/api/v1/costs/timeseries?${DAY}&interval=1h`);
    expect(series.body.rows).toHaveLength(24);
    expect((await get(`/api/v1/unpriced?${DAY}`)).body.totals.calls).toBe(0);
    expect((await get('/api/v1/status')).body).toMatchObject({ tenant: 'acme', llm_spans: 0 });
  });

  const questions = [
    `/api/v1/costs/breakdown?${DAY}&by=model`,
    `/api/v1/costs/timeseries?${DAY}&by=model`,
    `/api/v1/traces?${DAY}`,
    `/api/v1/costs/treemap?${DAY}&by=model,feature`,
    `/api/v1/costs/units?${DAY}&per=model`,
    `/api/v1/flamegraph?${DAY}&by=model`,
    `/api/v1/unpriced?${DAY}`,
    '/api/v1/status',
  ];

  test.for(questions)('%s shows a tenant nothing of another', async (path) => {
    expect((await get(path, 'acme-read')).text).not.toMatch(/secret|globex/);
    expect((await get(path, 'globex-read')).text).not.toContain('gpt-4o');
  });

  test.for(questions)('%s needs a key that may read', async (path) => {
    expect((await get(path, '')).status).toBe(401);
    expect((await get(path, 'acme-ingest')).status).toBe(403);
  });

  test('a trace of another tenant is answered byte for byte as one that never was', async () => {
    const answerOf = async (id: string) => {
      const { status, text, body } = await get(`/api/v1/traces/${id}`);
      return [status, text.replace(body.request_id, '')];
    };
    const [status, text] = await answerOf(GLOBEX_TRACE);
    expect(status).toBe(404);
    expect(text).not.toContain(GLOBEX_TRACE);
    expect(await answerOf('0'.repeat(32))).toEqual([status, text]);
    expect((await get(`/api/v1/traces/${GLOBEX_TRACE}`, 'globex-read')).body.totals.calls).toBe(1);
  });

  test.for(['folded', 'speedscope', 'pprof'] as const)('a flame graph as %s', async (format) => {
    const url = `${origin}/api/v1/flamegraph?${DAY}&by=model&format=${format}`;
    const response = await fetch(url, { headers: { 'x-api-key': 'acme-read' } });
    expect(response.headers.get('content-type')).toContain(FLAMEGRAPH_TYPES[format]);
    const body = Buffer.from(await response.arrayBuffer());
    const text = (format === 'pprof' ? gunzipSync(body) : body).toString('latin1');
    expect(text).toContain('gpt-4o-2024-08-06');
    expect(text).not.toContain('secret');
  });

  test('by tenant is the operator’s alone', async () => {
    const path = `/api/v1/costs/breakdown?${DAY}&by=tenant`;
    expect((await get(path)).body).toMatchObject({ status: 403, code: 'scope_missing' });
    expect((await get(path, 'acme-operator')).body.rows).toHaveLength(2);
  });

  test.for([
    ['/api/v1/costs/breakdown?modle=x', /modle is "x".*did you mean "model"/],
    ['/api/v1/costs/breakdown?from=2026-08-20T00:00:00+02:00', /%2B/],
    ['/api/v1/costs/timeseries?interval=5m', /1m, 1h, 1d, 1w, 1M/],
    ['/api/v1/unpriced?by=model', /by is "model"/],
    ['/api/v1/traces?cursor=x', /cursor is "x"/],
    ['/api/v1/traces/xyz', /trace_id is "xyz": expected 32 hexadecimal digits/],
    [`/api/v1/traces/${GLOBEX_TRACE}?model=x`, /model is "x": expected no filter/],
  ] as const)('%s is a problem that names the field', async ([path, detail]) => {
    const { status, headers, body } = await get(path);
    expect(status).toBe(400);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body).toMatchObject({ code: 'parameter_invalid' });
    expect(body.detail).toMatch(detail);
  });

  test('another method is a problem that names those there are', async () => {
    const response = await fetch(`${origin}/api/v1/status`, { method: 'DELETE' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

describe('an answer', () => {
  const breakdown = `/api/v1/costs/breakdown?${DAY}&by=model`;
  const ask = (path: string, key: string, tag?: string) =>
    fetch(`${origin}${path}`, {
      headers: { 'x-api-key': key, ...(tag === undefined ? {} : { 'if-none-match': tag }) },
    });

  test('that the client has already is 304, and of another key it is another', async () => {
    const first = await ask(breakdown, 'acme-read');
    const tag = first.headers.get('etag') ?? '';
    const again = await ask(breakdown, 'acme-read', tag);
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', tag]);
    expect((await ask(breakdown, 'acme-read', '"other"')).status).toBe(200);
    expect((await ask(breakdown, 'globex-read', tag)).status).toBe(200);
    expect((await ask(breakdown, 'acme-ingest', tag)).status).toBe(403);
  });

  test('is used again unasked only when its range is absolute, past and settled', async () => {
    const cacheOf = async (path: string) =>
      (await ask(path, 'acme-read')).headers.get('cache-control');
    expect(await cacheOf(breakdown)).toBe('private, no-cache');
    const at = (text: string) => parseInstant(text, 0n);
    await ledger.settledThrough(at('2026-08-20T23:00:00Z'), at('2026-08-20T23:30:00Z'));
    expect(await cacheOf(breakdown)).toBe('private, no-cache');
    const settled = '/api/v1/costs/breakdown?from=2026-08-20T00:00:00Z&to=2026-08-20T22:00:00Z';
    expect(await cacheOf(settled)).toBe('private, max-age=60');
    expect(await cacheOf(settled.replace('2026-08-20T22:00:00Z', 'now-2h'))).toBe(
      'private, no-cache',
    );
  });
});

describe('GET /openapi.json', () => {
  test('documents every route that the cost router has, with every parameter', async () => {
    const { body } = await get('/openapi.json', '');
    expect(body).toMatchObject({ openapi: '3.1.1', info: { version: '1.2.3' } });
    const now = () => new Date();
    const router = costsRoutes({ store: ledger.store, authenticate, cursorSecret, now });
    const paths = router.stack.map((layer) => layer.route?.path.replace(/:(\w+)/, '{$1}'));
    expect(Object.keys(body.paths)).toEqual(expect.arrayContaining(paths));
    const names = (path: string) =>
      body.paths[path].get.parameters.map((parameter: { name: string }) => parameter.name);
    expect(names('/api/v1/costs/timeseries')).toEqual(
      expect.arrayContaining(['from', 'to', 'interval', 'tz', 'by', 'limit', 'model', 'tags']),
    );
  });

  test('is sent once to a client that keeps it', async () => {
    const { headers } = await get('/openapi.json', '');
    const tag = headers.get('etag') ?? '';
    const again = await fetch(`${origin}/openapi.json`, { headers: { 'if-none-match': tag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  test('its references lead somewhere', () => {
    const text = JSON.stringify(openApiDocument('1'));
    for (const [, name] of text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)) {
      expect(text).toContain(`"${name}":{"type":"object"`);
    }
  });
});
