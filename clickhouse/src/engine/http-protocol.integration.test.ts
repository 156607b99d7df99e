/** ClickHouse's HTTP protocol as this program uses it, on everything that speaks it. */
import { randomUUID } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askHttp, type HttpAnswer, type HttpAsk } from './ask-http.ts';
import { PROTOCOL_TARGETS, type ProtocolTarget } from './test-targets.ts';

const DATABASE = `protocol_${process.pid}`;

describe.for(PROTOCOL_TARGETS)('%s', ([, start]) => {
  let target: ProtocolTarget;

  const ask = (question: HttpAsk): Promise<HttpAnswer> => askHttp(target.http, question);
  /** A statement in the body, in the test's database. */
  const run = (sql: string, params: Record<string, string> = {}): Promise<HttpAnswer> =>
    ask({ body: sql, params: { database: DATABASE, ...params } });

  beforeAll(async () => {
    target = await start();
    await ask({ body: `CREATE DATABASE ${DATABASE}` });
    await run('CREATE TABLE t (id UInt64, s String) ENGINE = MergeTree ORDER BY id');
  });
  afterAll(async () => {
    await ask({ body: `DROP DATABASE ${DATABASE}` });
    await target.remove();
  });

  test('GET /ping and GET / say Ok.', async () => {
    for (const path of ['/ping', '/']) {
      expect(await ask({ path, method: 'GET' })).toMatchObject({ status: 200, text: 'Ok.\n' });
    }
  });

  test('a statement is taken from the URL, from the body, and from both together', async () => {
    const expected = { status: 200, text: '3\n' };
    expect(await ask({ method: 'GET', params: { query: 'SELECT 3' } })).toMatchObject(expected);
    expect(await ask({ body: 'SELECT 3 -- three;' })).toMatchObject(expected);
    expect(await ask({ params: { query: 'SELECT 1 +' }, body: '2;' })).toMatchObject(expected);
  });

  test.for([
    ['TabSeparated unless something is said', 'SELECT 1 AS a', {}, 'TabSeparated', '1\n'],
    [
      'the default_format',
      'SELECT 1 AS a',
      { default_format: 'JSONEachRow' },
      'JSONEachRow',
      '{"a":1}\n',
    ],
    [
      'the FORMAT of the statement',
      'SELECT 1 AS a FORMAT CSV',
      { default_format: 'JSON' },
      'CSV',
      '1\n',
    ],
    [
      'FORMAT before SETTINGS',
      'SELECT 1 AS a FORMAT CSV SETTINGS max_threads = 1',
      {},
      'CSV',
      '1\n',
    ],
    ['a column called format', "SELECT 'x' AS format", {}, 'TabSeparated', 'x\n'],
  ] as const)('the format is %s', async ([, sql, params, format, text]) => {
    const answer = await run(sql, params);
    expect(answer).toMatchObject({ status: 200, text });
    expect(answer.headers['x-clickhouse-format']).toBe(format);
  });

  test('the headers tell query id, time zone and what was read', async () => {
    const queryId = randomUUID();
    const sql = 'SELECT number FROM numbers(1000)';
    const { headers } = await run(sql, { query_id: queryId, wait_end_of_query: '1' });
    expect(headers['x-clickhouse-query-id']).toBe(queryId);
    expect(headers['x-clickhouse-timezone']).toBe('UTC');
    expect(JSON.parse(String(headers['x-clickhouse-summary']))).toMatchObject({
      read_rows: '1000',
      written_rows: '0',
    });
  });

  test.for([
    ['a syntax error', 'SELECT FROM WHERE', 400, '62'],
    ['an unknown table', 'SELECT * FROM nowhere', 404, '60'],
    ['an unknown function', 'SELECT nofunction(1)', 404, '46'],
    ['an unknown setting', 'SELECT 1 SETTINGS no_such_setting = 1', 404, '115'],
    ['text that is no number', "SELECT toUInt8('x')", 400, '6'],
    ['an error while it runs', "SELECT throwIf(1, 'no')", 500, '395'],
    ['a parameter without a value', 'SELECT {x:UInt8}', 500, '456'],
    ['several statements', 'SELECT 1; SELECT 2', 400, '62'],
    ['an empty statement', ' -- nothing\n', 400, '62'],
    [
      'too much time',
      'SELECT sleepEachRow(0.1) FROM numbers(100) SETTINGS max_block_size = 1, max_execution_time = 0.2',
      408,
      '159',
    ],
    [
      'too much memory',
      'SELECT groupArray(number) FROM numbers(10000000) SETTINGS max_memory_usage = 1000000',
      500,
      '241',
    ],
  ] as const)('%s is answered by status and code', async ([, sql, status, code]) => {
    const answer = await run(sql, { wait_end_of_query: '1' });
    expect([answer.status, answer.headers['x-clickhouse-exception-code']]).toEqual([status, code]);
    expect(answer.text).toMatch(
      new RegExp(`^Code: ${code}\\. DB::Exception: .*\\([A-Z_]+\\)`, 's'),
    );
  });

  test('an unknown database and an unknown setting of the URL are errors', async () => {
    expect(await run('SELECT 1', { database: 'nodb' })).toMatchObject({ status: 404 });
    expect(await run('SELECT 1', { no_such_setting: '1' })).toMatchObject({ status: 404 });
  });

  test('GET may not change anything', async () => {
    const query = 'INSERT INTO t VALUES (99, 0)';
    const answer = await ask({ method: 'GET', params: { database: DATABASE, query } });
    expect(answer.headers['x-clickhouse-exception-code']).toBe('164');
  });

  test('settings, parameters and temporary tables of one request never reach the next', async () => {
    const first = await run("SELECT getSetting('max_block_size'), {x:String}", {
      max_block_size: '1234',
      param_x: 'mine',
    });
    expect(first.text).toBe('1234\tmine\n');
    await run('SET max_block_size = 4321');
    await run('CREATE TEMPORARY TABLE mine (a UInt8)');
    for (let round = 0; round < 10; round += 1) {
      expect((await run("SELECT getSetting('max_block_size')")).text).not.toMatch(/1234|4321/);
      expect((await run('SELECT {x:String}')).status).toBe(500);
      expect((await run('SELECT * FROM mine')).status).toBe(404);
    }
  });

  test.for([
    ['plain', 'String', 'abc', 'abc'],
    ['a quote', 'String', "a'b", "a'b"],
    ['SQL', 'String', "'; DROP TABLE t; --", "'; DROP TABLE t; --"],
    ['escaped white space', 'String', 'a\\tb\\nc', 'a\tb\nc'],
    ['an escaped backslash', 'String', 'a\\\\b', 'a\\b'],
    ['other scripts', 'String', 'äß漢🙂', 'äß漢🙂'],
    ['the largest number', 'UInt64', '18446744073709551615', '18446744073709551615'],
    ['a list', 'Array(String)', "['a','b\\'c']", "['a','b\\'c']"],
    ['nothing', 'Nullable(String)', '\\N', 'ᴺᵁᴸᴸ'],
  ] as const)('a parameter keeps its value: %s', async ([, type, sent, expected]) => {
    const answer = await run(`SELECT {x:${type}} FORMAT TSVRaw`, { param_x: sent });
    expect(answer.text.replace(/\\N\n$/, 'ᴺᵁᴸᴸ\n')).toBe(`${expected}\n`);
  });

  test('parameters may be longer together than a statement may be by default', async () => {
    const ids = Array.from({ length: 10_000 }, (_, i) => `'${String(i).padStart(32, '0')}'`);
    const list = `[${ids.join(',')}]`;
    const sql = 'SELECT length({x:Array(String)}), has({y:Array(String)}, {z:String})';
    const answer = await run(sql, {
      param_x: list,
      param_y: list,
      param_z: ids[9_999]!.slice(1, -1),
    });
    expect(answer.text).toBe('10000\t1\n');
  });

  test('300 parametrised statements at once never mix their values', async () => {
    const ids = Array.from({ length: 300 }, (_, index) => String(index));
    const waiting = [...ids];
    const wrong: string[] = [];
    const worker = async () => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        const sql = "SELECT {x:String}, {y:UInt32}, getSetting('max_block_size') FROM numbers(1)";
        const answer = await run(sql, {
          param_x: `v${id}`,
          param_y: id,
          max_block_size: `${1e4 + Number(id)}`,
        });
        if (answer.text !== `v${id}\t${id}\t${1e4 + Number(id)}\n`) {
          wrong.push(answer.text);
        }
      }
    };
    await Promise.all(Array.from({ length: 12 }, worker));
    expect(wrong).toEqual([]);
  });

  test.for([
    ['lines in the body', 'INSERT INTO t FORMAT TSV', '1\ta\n2\t\\n\\n\n', '2'],
    [
      'JSON in the body',
      'INSERT INTO t (s, id) FORMAT JSONEachRow',
      '{"id":"3","s":"x\\n\\ny"}\n\n{"id":4}',
      '2',
    ],
    [
      'settings before the format',
      'INSERT INTO t SETTINGS async_insert = 0 FORMAT CSV',
      '5,"a\n\nb"\n',
      '1',
    ],
    ['values', 'INSERT INTO t (id, s) VALUES', "(6, 'a;b\n\nc'), (1+6, lower('X'))", '2'],
    ['the whole statement in the body', '', "INSERT INTO t VALUES (8, 'ü')", '1'],
    ['the whole statement with its lines', '', 'INSERT INTO t FORMAT TSV\n9\tz\n', '1'],
    [
      'a SELECT over input()',
      "INSERT INTO t SELECT n, 'i' FROM input('n UInt64') FORMAT CSV",
      '10\n11\n',
      '2',
    ],
    ['a SELECT', "INSERT INTO t SELECT number, '' FROM numbers(12, 3)", '', '3'],
    ['no rows', 'INSERT INTO t FORMAT JSONEachRow', '', '0'],
  ] as const)('INSERT takes %s', async ([, query, body, rows]) => {
    await run('TRUNCATE TABLE t');
    const params = {
      database: DATABASE,
      wait_end_of_query: '1',
      ...(query === '' ? {} : { query }),
    };
    const answer = await ask({ params, body });
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(JSON.parse(String(answer.headers['x-clickhouse-summary'])).written_rows).toBe(rows);
    expect((await run('SELECT count() FROM t')).text).toBe(`${rows}\n`);
  });

  test('Native data keeps every byte, 0x0A0A included, and gzip around it is taken off', async () => {
    await run('TRUNCATE TABLE t');
    // One column of 2570 (0x0A0A) rows: the row count itself is two line ends.
    const nasty = Buffer.from([10, 10, 0, 255, 39, 92, 13, 10, 10]);
    const rows = Array.from({ length: 1290 }, () =>
      Buffer.concat([Buffer.from([nasty.length]), nasty]),
    );
    const head = Buffer.from([1, 0x8a, 0x0a, 1, 's'.charCodeAt(0), 6, ...Buffer.from('String')]);
    const data = Buffer.concat([head, ...rows]);
    const params = { database: DATABASE, query: 'INSERT INTO t (s) FORMAT Native' };
    expect((await ask({ params, body: data })).text).toBe('');
    const gzipped = { params, body: gzipSync(data), headers: { 'content-encoding': 'gzip' } };
    expect((await ask(gzipped)).text).toBe('');
    const check = await run(`SELECT count(), uniqExact(s), any(hex(s)) FROM t`);
    expect(check.text).toBe(`2580\t1\t${nasty.toString('hex').toUpperCase()}\n`);
  });

  test('a large answer comes whole, in any format, and gzipped when that is asked for', async () => {
    const sql = 'SELECT number, toString(number) AS s FROM numbers(300000)';
    const plain = await run(`${sql} FORMAT CSVWithNames`);
    const lines = plain.text.split('\n');
    expect([lines.length, lines[0], lines[1], lines[300_000]]).toEqual([
      ...[300_002, '"number","s"', '0,"0"', '299999,"299999"'],
    ]);
    const gzipped = await ask({
      body: `${sql} FORMAT CSVWithNames`,
      params: { enable_http_compression: '1' },
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(gzipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(gzipped.body).equals(plain.body)).toBe(true);
    const parquet = await run(`${sql} FORMAT Parquet`);
    expect(parquet.body.subarray(-4).toString()).toBe('PAR1');
  });

  test('a failure in the middle of an answer is visible to the client', async () => {
    const sql = 'SELECT throwIf(number = 3000000) FROM numbers(10000000)';
    const answer = await run(sql, { max_threads: '1' });
    const seen = answer.broken || answer.status !== 200 || answer.text.includes('DB::Exception');
    expect(seen).toBe(true);
    const waited = await run(sql, { wait_end_of_query: '1' });
    expect([waited.status, waited.headers['x-clickhouse-exception-code']]).toEqual([500, '395']);
  });

  test('an id that runs is refused a second time, and a client that leaves stops its read', async () => {
    const queryId = randomUUID();
    const leave = new AbortController();
    const long = ask({
      body: 'SELECT sum(sleepEachRow(0.1)) FROM numbers(600) SETTINGS max_block_size = 1',
      params: { query_id: queryId, cancel_http_readonly_queries_on_client_close: '1' },
      signal: leave.signal,
    });
    const left = expect(long).rejects.toThrow();
    const second = () => run('SELECT 1', { query_id: queryId });
    await expect
      .poll(async () => (await second()).headers['x-clickhouse-exception-code'])
      .toBe('216');
    leave.abort();
    await left;
    await expect.poll(async () => (await second()).status, { timeout: 10_000 }).toBe(200);
  });
});
