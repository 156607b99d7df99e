/** Sessions over several requests, and the framed answers that go with ClickHouse's own clients. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askHttp } from './ask-http.ts';
import { startTestEngine, storeAddress, type TestEngine } from './test-engine.ts';

let engine: TestEngine;

beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(() => engine.remove());

const ask = (body: string, params: Record<string, string> = {}) =>
  askHttp(storeAddress(engine.address), { body, params });
const codeOf = async (body: string, params: Record<string, string>) =>
  (await ask(body, params)).headers['x-clickhouse-exception-code'];

describe('a session over several requests', () => {
  const mine = { session_id: 'mine' };

  test('keeps settings, temporary tables and the database, and keeps them from others', async () => {
    for (const sql of [
      'SET max_block_size = 4321',
      'CREATE TEMPORARY TABLE kept (a UInt8)',
      'USE system',
    ]) {
      expect(await ask(sql, mine)).toMatchObject({ status: 200 });
    }
    const asked =
      "SELECT getSetting('max_block_size'), currentDatabase(), (SELECT count() FROM kept)";
    expect((await ask(asked, mine)).text).toBe('4321\tsystem\t0\n');
    expect(await codeOf('SELECT * FROM kept', { session_id: 'yours' })).toBe('60');
    expect(await codeOf('SELECT * FROM kept', {})).toBe('60');
  });

  test('takes back what a request brought in its URL', async () => {
    const brought = { ...mine, max_block_size: '7', database: 'default' };
    const asked = "SELECT getSetting('max_block_size'), currentDatabase()";
    expect((await ask(asked, brought)).text).toBe('7\tdefault\n');
    expect((await ask(asked, mine)).text).toBe('4321\tsystem\n');
  });

  test('once it reads only, it stays so', async () => {
    const reading = { session_id: 'reading', readonly: '2' };
    const table = 'CREATE TABLE default.no (a UInt8) ENGINE = Memory';
    expect(await codeOf(table, reading)).toBe('164');
    expect(await codeOf('SET readonly = 0', reading)).toBe('164');
    expect(await codeOf(table, { session_id: 'reading' })).toBe('164');
  });

  test('is asked for by session_check, ended by close_session, and given a time that has a limit', async () => {
    expect(await codeOf('SELECT 1', { session_id: 'new', session_check: '1' })).toBe('372');
    expect((await ask('SELECT 1', { session_id: 'new', close_session: '1' })).text).toBe('1\n');
    expect(await codeOf('SELECT 1', { session_id: 'new', session_check: '1' })).toBe('372');
    expect(await codeOf('SELECT 1', { ...mine, session_timeout: '3601' })).toBe('374');
  });

  test('has one request at a time', async () => {
    const busy = { session_id: 'busy' };
    await ask('SELECT 1', busy);
    const long = ask(
      'SELECT sum(sleepEachRow(0.1)) FROM numbers(600) SETTINGS max_block_size = 1',
      {
        ...busy,
        query_id: 'long',
      },
    );
    await expect.poll(() => codeOf('SELECT 1', busy)).toBe('373');
    await askHttp(storeAddress(engine.address), {
      path: '/engine/kill',
      params: { query_id: 'long' },
    });
    await long;
    expect((await ask('SELECT 2', busy)).text).toBe('2\n');
  });

  test('beyond as many as are kept, the one that was idle longest ends', async () => {
    await ask('SELECT 1', { session_id: 'idle' });
    const many = Array.from({ length: 100 }, (_, index) => `many ${index}`);
    for (const session_id of many) await ask('SET max_threads = 1', { session_id });
    expect(await codeOf('SELECT 1', { session_id: 'idle', session_check: '1' })).toBe('372');
    expect((await ask('SELECT 1', { session_id: 'many 99', session_check: '1' })).text).toBe('1\n');
  });
});

test('compress=1 frames answers and errors alike', async () => {
  const answer = await ask('SELECT number FROM numbers(100000)', { compress: '1' });
  const sizes: number[] = [];
  for (let at = 0; at < answer.body.length; at += 16 + answer.body.readUInt32LE(at + 17)) {
    expect(answer.body.readUInt8(at + 16)).toBe(0x82);
    sizes.push(answer.body.readUInt32LE(at + 21));
  }
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(588_890);
  const error = await ask('SELECT nofunc()', { compress: '1' });
  expect(error.status).toBe(404);
  expect(error.body.readUInt8(16)).toBe(0x82);
});

test('an error in the middle of an answer ends the body with its block, encoded or not, and breaks it off', async () => {
  const sql = 'SELECT throwIf(number = 3000000) FROM numbers(10000000)';
  const answer = await ask(sql);
  expect(answer).toMatchObject({ status: 200, broken: true });
  const tag = String(answer.headers['x-clickhouse-exception-tag']);
  const end = answer.text.slice(answer.text.indexOf('\r\n__exception__\r\n'));
  expect(end).toMatch(new RegExp(`${tag}\r\nCode: 395\\. DB::Exception: .*${tag}\r\n__exc`, 's'));
});
