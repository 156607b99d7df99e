import { Writable } from 'node:stream';
import {
  startTestEngine,
  storeAddress,
  type TestEngine,
} from '@ai-cost-profiler/clickhouse/engine/test-engine.ts';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Listener } from '../bind.ts';
import { LIMITS } from '../limit-table.ts';
import { createLog } from '../log.ts';
import { QUERY_SETTINGS } from '../query-budget.ts';
import { requestIds } from '../request-id.ts';
import { listenForTest } from '../test-listen.ts';
import { deadline } from './deadline.ts';
import { answerErrors } from './errors.ts';
import { type ReadStore, readerStore } from './reader-store.ts';

let engine: TestEngine;
let store: Store;
let listener: Listener;
/** What a route asks, and what it makes of the store's options before they are sent. */
let question: string;
let tighten: Record<string, number>;

beforeAll(async () => {
  engine = await startTestEngine();
  store = createStore({ kind: 'embedded', database: 'default', ...storeAddress(engine.address) });
  await store.command(
    'CREATE TABLE default.wide (a UInt64, t String) ENGINE = MergeTree ORDER BY a',
  );
  await store.command(
    "INSERT INTO default.wide SELECT number, repeat('x', 100) FROM numbers(100000)",
  );
  const tightened: ReadStore = {
    database: 'default',
    query: (sql, params, options) =>
      store.query(sql, params, { ...options, settings: { ...options.settings, ...tighten } }),
    kill: (queryId) => store.kill(queryId),
  };
  const app = express();
  app.use(requestIds(() => 'r'));
  app.get('/slow', deadline(700));
  app.get('/patient', deadline(60_000));
  app.use(async (_request, response) => {
    response.json({ rows: await readerStore(tightened, response).query(question, {}) });
  });
  const log = createLog('silent', new Writable());
  app.use(answerErrors(log, () => undefined));
  listener = await listenForTest(app);
});
afterAll(async () => {
  await listener.close(AbortSignal.abort());
  await store.close();
  await engine.remove();
});

const SLEEP = (name: string) =>
  `SELECT sum(sleepEachRow(0.05)) AS ${name} FROM numbers(2000) SETTINGS max_block_size = 1`;

/** Statements that run in the engine now and name this column. */
async function running(name: string): Promise<number> {
  const sql =
    "SELECT count() AS n FROM system.processes WHERE position(query, {name:String}) > 0 AND position(query, 'system.processes') = 0";
  const [row] = await store.query<{ n: string }>(sql, { name });
  return Number(row?.n);
}

function ask(path: string, sql: string, signal?: AbortSignal): Promise<Response> {
  question = sql;
  tighten = {};
  const url = `http://127.0.0.1:${listener.address.port}${path}`;
  return fetch(url, signal === undefined ? {} : { signal });
}

describe('the query of a reader', () => {
  test('is ended in the engine when its request took too long', async () => {
    const answer = ask('/slow', SLEEP('too_long'));
    await expect.poll(() => running('too_long')).toBe(1);
    expect((await answer).status).toBe(504);
    await expect.poll(() => running('too_long'), { timeout: 20_000 }).toBe(0);
  });

  test('is ended in the engine when its client went away', async () => {
    const leave = new AbortController();
    const left = expect(ask('/patient', SLEEP('left_alone'), leave.signal)).rejects.toThrow();
    await expect.poll(() => running('left_alone')).toBe(1);
    leave.abort();
    await left;
    await expect.poll(() => running('left_alone'), { timeout: 20_000 }).toBe(0);
  });

  test('is sent to the engine with every budget of the table of limits', async () => {
    const answer = await ask(
      '/patient',
      'SELECT name, value FROM system.settings WHERE changed ORDER BY name',
    );
    const { rows } = (await answer.json()) as { rows: { name: string; value: string }[] };
    const held = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
    const expected = Object.entries(QUERY_SETTINGS).map(([name, value]) => [name, String(value)]);
    const { read_overflow_mode, timeout_overflow_mode, result_overflow_mode, ...budget } =
      Object.fromEntries(expected);
    // Throwing is what the engine does by itself, so these may not count as changed.
    expect([read_overflow_mode, timeout_overflow_mode, result_overflow_mode]).toEqual(
      Array(3).fill('throw'),
    );
    expect(held).toMatchObject(budget);
  });

  test.for([
    ['query_rows_read', { max_rows_to_read: 10 }, 'SELECT sum(a) FROM default.wide'],
    ['query_bytes_read', { max_bytes_to_read: 1000 }, 'SELECT max(t) FROM default.wide'],
    [
      'query_memory_bytes',
      { max_memory_usage: 2_000_000 },
      'SELECT uniqExact(concat(t, toString(a))) FROM default.wide',
    ],
    ['query_seconds', { max_execution_time: 1 }, SLEEP('over_time')],
    ['query_result_rows', { max_result_rows: 10 }, 'SELECT a FROM default.wide'],
    ['query_result_bytes', { max_result_bytes: 1000 }, 'SELECT t FROM default.wide'],
  ] as const)('that is over %s is a problem that says so', async ([limit, settings, sql]) => {
    const answer = ask('/patient', sql);
    tighten = settings;
    const body = await (await answer).json();
    expect(body).toMatchObject({ status: 422, code: 'query_over_budget' });
    const most = LIMITS[limit].byDefault.toLocaleString('en-US');
    expect(body).toMatchObject({ detail: expect.stringContaining(`${limit}: ${most} `) });
    expect(body).toMatchObject({ detail: expect.stringContaining('Narrow the range') });
  });
});
