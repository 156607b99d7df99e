/**
 * What an answer does not tell, its duration could: for the id of another tenant the engine is asked the same
 * statements, in number and text, as for one that nobody has.
 */
import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { parseInstant } from '@ai-cost-profiler/queries/range.ts';
import {
  type EmbeddedLedger,
  openEmbeddedLedger,
} from '@ai-cost-profiler/queries/testing/embedded-ledger.ts';
import express from 'express';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Authenticate, Principal } from '../access.ts';
import type { Listener } from '../bind.ts';
import { createLog } from '../log.ts';
import { requestIds } from '../request-id.ts';
import { listenForTest } from '../test-listen.ts';
import { costsRoutes } from './costs-routes.ts';
import { answerErrors } from './errors.ts';
import { flamegraphRoutes } from './flamegraph-routes.ts';
import type { ReadStore } from './reader-store.ts';

const OWN = 'ac'.repeat(16);
const OF_ANOTHER = 'ef'.repeat(16);
const OF_NOBODY = '09'.repeat(16);

let ledger: EmbeddedLedger;
let listener: Listener;
/** Statements of the question that is being asked, each with its parameters. */
let asked: string[] = [];

const authenticate: Authenticate = () => ({
  tenant: 'acme' as Principal['tenant'],
  scopes: new Set(['read'] as const),
  keyId: 'k',
});

beforeAll(async () => {
  ledger = await openEmbeddedLedger();
  const at = parseInstant('2026-08-20T12:00:00Z', 0n);
  const call = {
    at,
    dimensions: { model: 'gpt-4o-2024-08-06', provider: 'openai' },
    figures: { calls: '1', in_uncached: '600', cost_usd: '0.0015' },
  };
  const traces = { acme: OWN, globex: OF_ANOTHER };
  await ledger.insert(
    Object.entries(traces).map(([tenant, trace]) => ({ ...call, tenant, trace })),
  );
  await ledger.insertSpans(
    Object.entries(traces).map(([tenant, trace]) => ({
      ...{ tenant, at, trace },
      receivedAt: at,
      role: 'leaf' as const,
    })),
  );
  const store: ReadStore = {
    database: ledger.store.database,
    query: (sql, params, options) => {
      asked.push(`${sql} ${JSON.stringify(params)}`);
      return ledger.store.query(sql, params, options);
    },
    kill: (queryId) => ledger.store.kill(queryId),
  };
  const deps = { store, authenticate, now: () => new Date('2026-08-21T00:00:00Z') };
  const app = express().set('query parser', 'simple');
  app.use(requestIds(() => randomBytes(8).toString('hex')));
  app.use(costsRoutes({ ...deps, cursorSecret: () => Buffer.alloc(32, 1) }));
  app.use(flamegraphRoutes({ ...deps, price: () => undefined }));
  const log = createLog('error', new Writable({ write: (_chunk, _encoding, done) => done() }));
  app.use(answerErrors(log, () => undefined));
  listener = await listenForTest(app);
});
afterAll(async () => {
  await listener.close(AbortSignal.abort());
  await ledger.close();
});

async function ask(path: string, trace: string) {
  asked = [];
  const url = `http://127.0.0.1:${listener.address.port}${path.replace('{id}', trace)}`;
  const response = await fetch(url);
  const text = Buffer.from(await response.arrayBuffer()).toString('latin1');
  const plain = text.replaceAll(/"request_id":"[^"]*"/g, '').replaceAll(trace, '<id>');
  // Those that are asked at once come in any order.
  const statements = asked.map((one) => one.replaceAll(trace, '<id>')).sort();
  return { status: response.status, plain, statements };
}

test.for([
  '/api/v1/traces/{id}',
  '/api/v1/flamegraph?trace_id={id}',
  '/api/v1/flamegraph?trace_id={id}&stack=dimensions',
  '/api/v1/flamegraph?trace_id={id}&format=pprof',
])('%s asks of a trace of another tenant what it asks of one that nobody has', async (path) => {
  const own = await ask(path, OWN);
  expect(own.status).toBe(200);
  expect(own.statements.length).toBeGreaterThan(0);
  const another = await ask(path, OF_ANOTHER);
  expect(another.status).toBe(404);
  expect(another.statements.length).toBeGreaterThan(0);
  expect(another.statements.join()).toContain('<id>');
  expect(another).toEqual(await ask(path, OF_NOBODY));
  expect(another.plain).not.toBe(own.plain);
});
