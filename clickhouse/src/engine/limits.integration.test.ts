/** What the engine refuses, bounds and goes on with when its clients misbehave. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askHttp, type HttpAsk } from './ask-http.ts';
import { startTestEngine, storeAddress, type TestEngine } from './test-engine.ts';

let engine: TestEngine;

beforeAll(async () => {
  engine = await startTestEngine({ readers: 2, waitingMax: 2, stalledClientMsMax: 500 });
});
afterAll(async () => {
  await engine.remove();
});

const ask = (question: HttpAsk) => askHttp(storeAddress(engine.address), question);
const run = (sql: string, queryId = 'any') => ask({ body: sql, params: { query_id: queryId } });
const status = async () => JSON.parse((await ask({ path: '/engine/status' })).text);
const isRunning = async (queryId: string): Promise<boolean> =>
  JSON.parse((await ask({ path: '/engine/running', params: { query_id: queryId } })).text).running;
const kill = (queryId: string) => ask({ path: '/engine/kill', params: { query_id: queryId } });

const LONG = 'SELECT sum(sleepEachRow(0.1)) FROM numbers(600) SETTINGS max_block_size = 1';

test('a full queue is answered 503 with code 202, and waiting statements can be killed', async () => {
  const ids = ['l1', 'l2', 'l3', 'l4'];
  const long = ids.map((id) => run(LONG, id));
  await expect.poll(async () => (await status()).lanes.read).toEqual({ running: 2, waiting: 2 });
  const refused = await run('SELECT 1', 'fifth');
  expect([refused.status, refused.headers['x-clickhouse-exception-code']]).toEqual([503, '202']);
  expect((await run('KILL QUERY WHERE 0 ASYNC', 'control')).status).toBe(200);
  await Promise.all(ids.map(kill));
  for (const answer of await Promise.all(long)) {
    expect(answer.headers['x-clickhouse-exception-code']).toBe('394');
  }
  expect((await run('SELECT 1')).text).toBe('1\n');
});

test('readers do not hold up an insert', async () => {
  const long = [run(LONG, 'r1'), run(LONG, 'r2')];
  await expect.poll(async () => (await status()).lanes.read.running).toBe(2);
  await run('CREATE TABLE default.quick (a UInt8) ENGINE = MergeTree ORDER BY a', 'c');
  expect((await run('INSERT INTO default.quick VALUES (1)', 'i')).status).toBe(200);
  await Promise.all([kill('r1'), kill('r2'), ...long]);
});

test('planning that takes long holds up nobody', async () => {
  const scalar = `SELECT (${LONG})`;
  const long = run(scalar, 'scalar');
  await expect.poll(() => isRunning('scalar')).toBe(true);
  expect((await run('SELECT 1')).text).toBe('1\n');
  expect(await isRunning('scalar')).toBe(true);
  await kill('scalar');
  await long;
});

test('an insert whose client is gone runs to its end', async () => {
  await run('CREATE TABLE default.slow (a UInt64) ENGINE = MergeTree ORDER BY a', 'c');
  const leave = new AbortController();
  const insert = ask({
    body: 'INSERT INTO default.slow SELECT number + sleepEachRow(0.05) FROM numbers(20) SETTINGS max_block_size = 1',
    params: { query_id: 'slow' },
    signal: leave.signal,
  });
  const left = expect(insert).rejects.toThrow();
  await expect.poll(() => isRunning('slow')).toBe(true);
  leave.abort();
  await left;
  await expect.poll(() => isRunning('slow'), { timeout: 10_000 }).toBe(false);
  expect((await run('SELECT count() FROM default.slow')).text).toBe('20\n');
});

test('a client that leaves in the middle of an answer frees its place', async () => {
  const leave = new AbortController();
  const huge = ask({
    body: 'SELECT number FROM numbers(100000000000)',
    params: { query_id: 'huge' },
    signal: leave.signal,
  });
  await expect.poll(() => isRunning('huge')).toBe(true);
  await sleep(200);
  leave.abort();
  await huge.catch(() => undefined);
  await expect.poll(() => isRunning('huge'), { timeout: 10_000 }).toBe(false);
  expect((await status()).lanes.read).toEqual({ running: 0, waiting: 0 });
});

test('half a gigabyte of answer passes in constant memory', async () => {
  await run('SELECT number, toString(number) FROM numbers(100000) FORMAT CSVWithNames');
  const before = (await status()).rss_bytes;
  const { promise, resolve } = Promise.withResolvers<number>();
  let most = 0;
  const watch = setInterval(async () => {
    most = Math.max(most, (await status()).rss_bytes);
  }, 50);
  const { request } = await import('node:http');
  let bytes = 0;
  const body = 'SELECT number, toString(number) FROM numbers(10000000) FORMAT JSONEachRow';
  request({ ...engine.address, method: 'POST', path: '/' }, (response) => {
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    response.once('end', () => resolve(bytes));
  }).end(body);
  expect(await promise).toBe(477_777_780);
  clearInterval(watch);
  expect(most - before).toBeLessThan(300_000_000);
});

test.for([
  ['decompress=1', 501],
  ['bad%20name=1', 400],
] as const)('a parameter that cannot be honoured is an error: %s', async ([params, expected]) => {
  const [name = '', value = ''] = decodeURIComponent(params).split('=');
  expect((await ask({ body: 'SELECT 1', params: { [name]: value } })).status).toBe(expected);
});

test.for([
  ['INTO OUTFILE', "SELECT 1 INTO OUTFILE '/tmp/x'", 500],
  ['KILL … SYNC, which never returns in chdb', 'KILL QUERY WHERE 0 SYNC', 501],
  ['a statement over 16 MB', `SELECT '${'x'.repeat(17_000_000)}'`, 413],
] as const)('%s is refused', async ([, sql, expected]) => {
  expect((await run(sql)).status).toBe(expected);
});
