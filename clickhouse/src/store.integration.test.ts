/** The store on the engine, as embedded and as a server. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestEngine, storeAddress, type TestEngine } from './engine/test-engine.ts';
import { createStore, type Store } from './store.ts';

let engine: TestEngine;

beforeAll(async () => {
  engine = await startTestEngine({ readers: 2, waitingMax: 1 });
});
afterAll(async () => {
  await engine.remove();
});

describe.for(['embedded', 'server'] as const)('%s', (kind) => {
  let store: Store;

  beforeAll(async () => {
    const address = storeAddress(engine.address);
    store = createStore({ kind, database: `store_${kind}`, ...address });
    await store.createDatabase();
    await store.createDatabase();
    await store.command(
      `CREATE TABLE t (id UInt64, usd Nullable(Decimal(38, 18)), at DateTime64(9, 'UTC'),
         tags Map(String, String)) ENGINE = MergeTree ORDER BY id`,
    );
  });
  afterAll(async () => {
    await store.close();
  });

  test('numbers, money and times come back exactly as they went in', async () => {
    const row = {
      id: '18446744073709551615',
      usd: '99999999999999999999.000000000000000001',
      at: '2026-08-20T12:00:00.123456789Z',
      tags: { "a'b": 'c\\d\ne' },
    };
    await store.insertRows('t', [row, { ...row, id: '1', usd: null, tags: {} }]);
    const sql = 'SELECT * FROM t WHERE at = parseDateTime64BestEffort({at:String}, 9) ORDER BY id';
    expect(await store.query(sql, { at: row.at })).toEqual([
      { ...row, id: '1', usd: null, tags: {} },
      row,
    ]);
    const [sums] = await store.query<{ n: string; usd: string }>(
      'SELECT count() AS n, sum(usd) AS usd FROM t',
    );
    expect(sums).toEqual({ n: '2', usd: row.usd });
  });

  test('a row with an unknown field is refused, and nothing of its batch is kept', async () => {
    const insert = store.insertRows('t', [{ id: 5 }, { id: 6, nope: 1 }]);
    await expect(insert).rejects.toMatchObject({ code: 117, answered: true, retryable: false });
    expect(await store.query('SELECT id FROM t WHERE id IN (5, 6)')).toEqual([]);
    await expect(store.insertRows('t', [])).resolves.toBeUndefined();
  });

  test('rows and bytes stream, and a failure half way is an error', async () => {
    let rows = 0;
    for await (const row of store.queryStream<{ number: string }>(
      'SELECT number FROM numbers(50000)',
    )) {
      rows += row.number === String(rows) ? 1 : 0;
    }
    expect(rows).toBe(50_000);
    const bytes = await store.raw('SELECT number FROM numbers({n:UInt32})', 'RowBinary', {
      n: 1000,
    });
    expect(Buffer.concat(await bytes.toArray()).length).toBe(8_000);
    const failing =
      'SELECT throwIf(number = 3000000) FROM numbers(10000000) SETTINGS max_threads = 1';
    const consume = async (): Promise<void> => {
      for await (const chunk of await store.raw(failing, 'TSV')) {
        expect(chunk).toBeInstanceOf(Buffer);
      }
    };
    await expect(consume()).rejects.toThrow();
    await expect(store.query(failing)).rejects.toMatchObject({ name: 'StoreError' });
  });

  test('a call that takes too long ends, says that nobody answered, and frees its place', async () => {
    const long = 'SELECT sum(sleepEachRow(0.1)) FROM numbers(600) SETTINGS max_block_size = 1';
    const queryId = `long-${kind}`;
    const call = store.query(long, {}, { queryId, timeoutMs: 200 });
    await expect(call).rejects.toMatchObject({ answered: false, retryable: true });
    const isFree = async () => (await status()).lanes.read.running;
    await expect.poll(isFree, { timeout: 10_000 }).toBe(0);
  });

  test('errors carry the code, and whether to try again', async () => {
    await expect(store.query('SELECT * FROM nowhere')).rejects.toMatchObject({
      ...{ code: 60, answered: true, retryable: false },
    });
    const small = { settings: { max_memory_usage: 1_000_000 } };
    const large = store.query('SELECT groupArray(number) FROM numbers(10000000)', {}, small);
    await expect(large).rejects.toMatchObject({ code: 241, answered: true, retryable: true });
    await expect(store.ping()).resolves.toBeUndefined();
  });
});

async function status(): Promise<{ lanes: { read: { running: number } } }> {
  const store = storeAddress(engine.address);
  const { askHttp } = await import('./engine/ask-http.ts');
  return JSON.parse((await askHttp(store, { path: '/engine/status' })).text);
}

test('an embedded statement can be asked for and killed by its query id', async () => {
  const store = createStore({
    kind: 'embedded',
    database: 'default',
    ...storeAddress(engine.address),
  });
  const long = 'SELECT sum(sleepEachRow(0.1)) FROM numbers(600) SETTINGS max_block_size = 1';
  const call = store.query(long, {}, { queryId: 'mine' });
  const killed = expect(call).rejects.toMatchObject({ code: 394, answered: true });
  await expect.poll(() => store.isRunning('mine')).toBe(true);
  expect(await store.isRunning('other')).toBe(false);
  await store.kill('other');
  await store.kill('mine');
  await killed;
  expect(await store.isRunning('mine')).toBe(false);
  await store.close();
});

test('where nobody listens, and where something else answers, ClickHouse has not answered', async () => {
  const nobody = createStore({ kind: 'server', database: 'x', url: 'http://127.0.0.1:9' });
  await expect(nobody.query('SELECT 1')).rejects.toMatchObject({
    answered: false,
    retryable: true,
  });
  await expect(nobody.ping()).rejects.toMatchObject({ name: 'StoreError', answered: false });
  await nobody.close();
  const proxy = createServer((_, response) =>
    response.writeHead(502).end('<html>Bad gateway</html>'),
  );
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const { port } = proxy.address() as AddressInfo;
  const behind = createStore({ kind: 'server', database: 'x', url: `http://127.0.0.1:${port}` });
  await expect(behind.query('SELECT 1')).rejects.toMatchObject({
    answered: false,
    retryable: true,
  });
  await behind.close();
  proxy.close();
});
