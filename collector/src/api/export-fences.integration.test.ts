/** What an export may take, and who may go on with one. */
import { type IncomingMessage, request } from 'node:http';
import { Writable } from 'node:stream';
import {
  type EmbeddedLedger,
  openEmbeddedLedger,
} from '@ai-cost-profiler/queries/testing/embedded-ledger.ts';
import express from 'express';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Authenticate, Principal } from '../access.ts';
import type { Listener } from '../bind.ts';
import { LIMITS } from '../limit-table.ts';
import { createLog } from '../log.ts';
import { Problem } from '../problems.ts';
import { requestIds } from '../request-id.ts';
import { listenForTest } from '../test-listen.ts';
import { answerErrors } from './errors.ts';
import { exportRoutes } from './export-routes.ts';
import type { ReadByteStore } from './reader-store.ts';

let ledger: EmbeddedLedger;
let listener: Listener;
/** What a test puts before the engine. */
let raw: ReadByteStore['raw'];
let nowMs = Date.parse('2026-08-21T00:00:00Z');
const keys = new Set(['acme-read']);

const authenticate: Authenticate = (headers) => {
  const key = String(headers['x-api-key']);
  if (!keys.has(key)) throw new Problem('key_unknown');
  return { tenant: 'acme' as Principal['tenant'], scopes: new Set(['read']), keyId: 'k' };
};

beforeAll(async () => {
  ledger = await openEmbeddedLedger();
  const at = BigInt(nowMs - 3_600_000) * 1_000_000n;
  await ledger.insert([{ tenant: 'acme', at, figures: { calls: '1', cost_usd: '1' } }]);
  const store: ReadByteStore = {
    database: ledger.store.database,
    query: (...asked) => ledger.store.query(...asked),
    raw: (...asked) => raw(...asked),
    kill: (queryId) => ledger.store.kill(queryId),
  };
  const app = express().set('query parser', 'simple');
  app.use(requestIds(() => 'r'));
  const [secret, now] = [() => Buffer.alloc(32, 1), () => new Date(nowMs)];
  app.use(exportRoutes({ store, authenticate, secret, now }));
  app.use(answerErrors(createLog('silent', new Writable()), () => undefined));
  listener = await listenForTest(app);
});
beforeEach(() => {
  raw = ledger.store.raw.bind(ledger.store);
});
afterAll(async () => {
  await listener.close(AbortSignal.abort());
  await ledger.close();
});

function open(key: string, query = ''): Promise<IncomingMessage> {
  const url = `http://127.0.0.1:${listener.address.port}/api/v1/export/ledger${query}`;
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers: { 'x-api-key': key }, agent: false });
    asked.once('error', reject).once('response', resolve).end();
  });
}

test('an export has the memory of a query, and lays on disk what it sorts or sums beyond a part of that', async () => {
  const sent: unknown[] = [];
  raw = (sql, format, params, options) => {
    sent.push(options.settings);
    return ledger.store.raw(sql, format, params, options);
  };
  const response = await open('acme-read');
  await response.toArray();
  expect(response.statusCode).toBe(200);
  expect(sent.length).toBeGreaterThan(0);
  for (const settings of sent) {
    expect(settings).toMatchObject({
      max_memory_usage: LIMITS.query_memory_bytes.byDefault,
      max_bytes_before_external_sort: 500_000_000,
      max_bytes_before_external_group_by: 500_000_000,
    });
  }
});

test('a key that is revoked while its export goes on ends it', async () => {
  keys.add('acme-leaving');
  let isClosed = false;
  raw = async () =>
    (async function* () {
      try {
        yield Buffer.from('{"a":1}\n');
        keys.delete('acme-leaving');
        for (;;) {
          nowMs += 1_000;
          yield Buffer.from('{"a":1}\n');
        }
      } finally {
        isClosed = true;
      }
    })();
  const response = await open('acme-leaving');
  expect(response.statusCode).toBe(200);
  await expect(response.toArray()).rejects.toThrow(/aborted/);
  await expect.poll(() => isClosed).toBe(true);
});

test('an export that is to go on behind its end is a problem that names how many bytes there are', async () => {
  const range = '?from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';
  const first = await open('acme-read', range);
  const body = Buffer.concat(await first.toArray());
  const token = String(first.headers['x-export-resume']);
  const other = await open('acme-read', `${range}&resume=${token}&offset_bytes=99999`);
  expect(other.statusCode).toBe(400);
  expect(JSON.parse(Buffer.concat(await other.toArray()).toString()).detail).toBe(
    `offset_bytes is "99999": expected at most ${body.length}, which is all of the body`,
  );
});
