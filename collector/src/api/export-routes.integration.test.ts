import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { formatUsd, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { answerBreakdown } from '@ai-cost-profiler/queries/breakdown/breakdown.ts';
import { readBreakdownInput } from '@ai-cost-profiler/queries/breakdown/input.ts';
import {
  type EmbeddedLedger,
  openEmbeddedLedger,
} from '@ai-cost-profiler/queries/testing/embedded-ledger.ts';
import { entries, MODEL_BEYOND_LIMIT } from '@ai-cost-profiler/queries/testing/random-ledger.ts';
import express from 'express';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Authenticate, Principal } from '../access.ts';
import type { Listener } from '../bind.ts';
import { createLog } from '../log.ts';
import { Problem } from '../problems.ts';
import { requestIds } from '../request-id.ts';
import { readCsv } from '../test-csv.ts';
import { listenForTest } from '../test-listen.ts';
import { deadline } from './deadline.ts';
import { answerErrors } from './errors.ts';
import { exportRoutes } from './export-routes.ts';
import type { ReadByteStore } from './reader-store.ts';

let ledger: EmbeddedLedger;
let listener: Listener;
let origin: string;
/** What the routes ask; a test may put something before the engine. */
let raw: ReadByteStore['raw'];

const KEYS: Record<string, boolean> = { 'acme-read': false, 'globex-read': false, 'acme-op': true };
const authenticate: Authenticate = (headers) => {
  const key = String(headers['x-api-key']);
  if (!(key in KEYS)) throw new Problem('key_missing');
  const tenant = key.split('-')[0] as Principal['tenant'];
  return { tenant, scopes: new Set([KEYS[key] ? 'operator' : 'read']), keyId: 'k' };
};

/** A week of random entries with hostile names, and a correction of one call. */
const WEEK = 'from=2026-03-27T00:00:00Z&to=2026-04-03T00:00:00Z';
/** Of which the first and the last hour are in part. */
const ODD_RANGE = 'from=2026-03-28T10:00:00.5Z&to=2026-03-30T07:12:03.000000001Z';
/** A day of many rows. */
const LATER = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';
const MANY = 80_000;
const TABLES = ['ledger', 'focus', 'costs'] as const;
const FORMATS = ['csv', 'ndjson', 'parquet'] as const;
/** The ledger tells names that the rollups do not keep: beside a session, the breakdown asks the ledger too. */
const BY_LEDGER = ['', '&session=a&session=&model=a&model=', '&session=b&session=c&tag.team=a'];
const FILTERS = {
  ledger: BY_LEDGER,
  focus: BY_LEDGER,
  costs: ['', '&model=a&model=', '&session=a&session=b', '&session=beyond&model=beyond'],
};
const COST = { ledger: 'cost_usd', costs: 'cost_usd', focus: 'BilledCost' } as const;

beforeAll(async () => {
  ledger = await openEmbeddedLedger();
  // Two deliveries, so that there are several parts; each costs the same however many rows it has.
  const lists = fc.sample(entries, { numRuns: 12, seed: 7 });
  await ledger.insert(lists.slice(0, 6).flat());
  await ledger.insert([...lists.slice(6).flat(), MODEL_BEYOND_LIMIT]);
  const at = `toDateTime64('2026-03-28 10:00:00.5', 9, 'UTC')`;
  await ledger.store.command(`INSERT INTO aicost.landing (row_kind, entry_kind, entry_id, reverses, writer_id, batch_seq, tenant,
    start_time, trace_id, model, provider, feature, calls, in_uncached, cost_usd, list_usd, note, unpriced_calls, tags)
    SELECT 'entry', 'reversal', generateUUIDv4(), generateUUIDv4(), 'w', 2, 'acme', ${at}, 'aa', '=cmd|calc', 'openai', '@f', -1, -7,
      toDecimal128('-0.000000000000000003', 18), toDecimal128('-0.5', 18), '-said "so"\r\n, twice', 0,
      map('aicost/feature', 'as its sender says', 'team', 'a')`);
  await ledger.store.command(`INSERT INTO aicost.landing (row_kind, writer_id, batch_seq, tenant, start_time, end_time, received_at, trace_id,
    span_id, span_role, name, attributes, response_model)
    SELECT 'span', 'w', number + 1, ['acme', 'globex'][number % 2 + 1], ${at}, ${at}, ${at}, 'aa', lower(hex(number)), 'leaf', '+chat',
      map('k"', '=1+1'), if(number = 0, 'a-model', '') FROM numbers(4)`);
  const many = `toDateTime64('2026-08-20 12:00:00', 9, 'UTC') + intDiv(number, 100)`;
  await ledger.store.command(`INSERT INTO aicost.landing (row_kind, entry_kind, entry_id, writer_id, batch_seq, tenant, start_time, trace_id,
    span_id, model, provider, calls, in_uncached, cost_usd, list_usd)
    SELECT 'entry', 'charge', generateUUIDv4(), 'x', 1, 'acme', ${many}, lower(hex(sipHash128(number))), hex(number), 'm', 'p', 1, 10,
      toDecimal128('0.000001', 18), toDecimal128('0.000001', 18) FROM numbers(${MANY})`);
  raw = ledger.store.raw.bind(ledger.store);
  const store: ReadByteStore = {
    database: ledger.store.database,
    query: (...asked) => ledger.store.query(...asked),
    raw: (...asked) => raw(...asked),
    kill: (queryId) => ledger.store.kill(queryId),
  };
  const app = express().set('query parser', 'simple');
  app.use(requestIds(() => randomBytes(8).toString('hex')));
  app.use('/api', deadline(60_000));
  const now = () => new Date('2026-08-21T00:00:00Z');
  app.use(exportRoutes({ store, authenticate, secret: () => Buffer.alloc(32, 1), now }));
  const log = createLog('silent', new Writable({ write: (_chunk, _encoding, done) => done() }));
  app.use(answerErrors(log, () => undefined));
  listener = await listenForTest(app);
  origin = `http://127.0.0.1:${listener.address.port}`;
});
afterAll(async () => {
  await listener.close(AbortSignal.abort());
  await ledger.close();
});

function open(path: string, key = 'acme-read', method = 'GET'): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-api-key': key };
    const asked = request(`${origin}/api/v1/export/${path}`, { headers, method, agent: false });
    asked.once('error', reject).once('response', resolve).end();
  });
}

interface Exported {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly trailers: IncomingMessage['trailers'];
  readonly body: Buffer;
}

async function get(path: string, key?: string): Promise<Exported> {
  const response = await open(path, key);
  const body = Buffer.concat(await response.toArray());
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    trailers: response.trailers,
    body,
  };
}

const sha256 = (body: Buffer) => createHash('sha256').update(body).digest('hex');

type Row = Readonly<Record<string, unknown>>;

/** Rows as another program reads them; Parquet by the engine, which has a reader of it. */
async function read(format: string, body: Buffer, columns = '*'): Promise<Row[]> {
  if (format === 'csv') return readCsv(body.toString());
  if (format === 'ndjson') {
    const lines = body.toString().split('\n');
    expect(lines.pop()).toBe('');
    return lines.map((line) => JSON.parse(line));
  }
  const path = join(tmpdir(), `aicost-export-${randomBytes(6).toString('hex')}.parquet`);
  await writeFile(path, body);
  try {
    return await ledger.store.query<Row>(`SELECT ${columns} FROM file({path:String}, Parquet)`, {
      path,
    });
  } finally {
    await rm(path);
  }
}

function sum(rows: readonly Row[], column: string): string {
  const amounts = rows.map((row) => row[column] ?? '').filter((value) => value !== '');
  return formatUsd(amounts.reduce<bigint>((total, value) => total + parseUsd(String(value)), 0n));
}

function breakdown(query: string) {
  const input = readBreakdownInput(new URLSearchParams(query), 0n);
  return answerBreakdown(ledger.store, { tenant: 'acme', operator: false }, input);
}

/** Waits until the engine runs nothing but this question. */
async function expectIdleEngine(): Promise<void> {
  const running = () =>
    ledger.store.query<{ others: string }>(
      'SELECT toString(count() - 1) AS others FROM system.processes',
    );
  await expect.poll(running, { timeout: 15_000 }).toEqual([{ others: '0' }]);
}

test.for(TABLES)('exports of %s sum to the breakdown, digit for digit', async (table) => {
  for (const query of [...FILTERS[table].map((filter) => WEEK + filter), ODD_RANGE]) {
    const { totals } = await breakdown(query);
    for (const format of FORMATS) {
      const asked = `${table}?${query}&format=${format}`;
      const { status, trailers, body } = await get(asked);
      expect(status, asked).toBe(200);
      expect(trailers['x-checksum-sha256'], asked).toBe(sha256(body));
      const rows = await read(format, body);
      expect(trailers['x-row-count'], asked).toBe(String(rows.length));
      expect(sum(rows, COST[table]), asked).toBe(totals.cost_usd ?? '0');
      if (table === 'ledger') expect(sum(rows, 'calls'), asked).toBe(String(totals.calls));
      if (table === 'focus') expect(sum(rows, 'ListCost'), asked).toBe(totals.list_usd ?? '0');
      if (query === WEEK) expect(rows.length, asked).toBeGreaterThan(10);
    }
  }
});

describe.for(FORMATS)('an export as %s', (format) => {
  test('of nothing is whole: no row, and a header where there is one', async () => {
    const { body, trailers } = await get(
      `ledger?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z&format=${format}`,
    );
    expect(trailers).toMatchObject({ 'x-checksum-sha256': sha256(body), 'x-row-count': '0' });
    expect(await read(format, body)).toEqual([]);
    expect(body.length > 0).toBe(format !== 'ndjson');
  });

  test('of many rows is one file, read back row by row', async () => {
    const { body, trailers } = await get(`ledger?${LATER}&format=${format}`);
    expect(trailers['x-row-count']).toBe(String(MANY));
    if (format === 'parquet') {
      expect(body.subarray(0, 4).toString()).toBe('PAR1');
      expect(await read(format, body, 'toString(count()) AS rows, sum(cost_usd) AS usd')).toEqual([
        { rows: String(MANY), usd: '0.08' },
      ]);
    } else {
      const lines = body.toString('latin1').split('\n');
      expect(lines).toHaveLength(MANY + (format === 'csv' ? 2 : 1));
    }
  });

  test('of spans tells their attributes and what is missing', async () => {
    const { body } = await get(`spans?${WEEK}&format=${format}`);
    const rows = await read(format, body);
    expect(rows).toHaveLength(2);
    const missing = { csv: '', ndjson: undefined, parquet: null }[format];
    expect(rows[0]).toMatchObject({ tenant: 'acme', span_id: '00', model: 'a-model' });
    expect(rows[0]?.['feature']).toBe(missing);
    const attributes = rows[0]?.['attributes'];
    expect(format === 'csv' ? JSON.parse(String(attributes)) : attributes).toEqual({
      'k"': '=1+1',
    });
    expect(String(rows[0]?.['start_time'])).toMatch(/^2026-03-28T10:00:00\.5/);
  });

  test('is of the tenant of the key alone, unless an operator asks for another', async () => {
    const path = `ledger?${WEEK}&format=${format}`;
    const tenants = async (query: string, key: string) =>
      new Set(
        (await read(format, (await get(path + query, key)).body)).map((row) => row['tenant']),
      );
    expect(await tenants('', 'acme-read')).toEqual(new Set(['acme']));
    expect(await tenants('', 'globex-read')).toEqual(new Set(['globex']));
    expect(await tenants('&tenant=globex', 'acme-op')).toEqual(new Set(['globex']));
    expect((await get(`${path}&tenant=globex`)).status).toBe(403);
  });
});

test('a CSV cell is never a formula, and a number stays one', async () => {
  const { body } = await get(`ledger?${WEEK}&format=csv&model=%3Dcmd%7Ccalc`);
  expect(readCsv(body.toString())).toMatchObject([
    {
      model: "'=cmd|calc",
      feature: "'@f",
      note: `'-said "so"\r\n, twice`,
      calls: '-1',
      cost_usd: '-0.000000000000000003',
    },
  ]);
  const rows = readCsv((await get(`ledger?${WEEK}&format=csv`)).body.toString());
  const values = rows
    .flatMap((row) => Object.values(row))
    .filter((value) => /^[=+@\t\r\n-]/.test(value));
  expect(values.filter((value) => !/^-[\d.]+$/.test(value))).toEqual([]);
});

test('FOCUS rows have what FOCUS demands, and a correction says that it is one', async () => {
  const { body, headers } = await get(`focus?${WEEK}&format=ndjson`);
  const rows = await read('ndjson', body);
  const [correction, ...others] = rows.filter((row) => row['ChargeClass'] !== null);
  expect(others).toEqual([]);
  expect(correction).toMatchObject({
    ChargeClass: 'Correction',
    BilledCost: '-0.000000000000000003',
    ListCost: '-0.5',
    SkuId: 'openai/=cmd|calc',
    ChargePeriodStart: '2026-03-28T10:00:00Z',
    ChargePeriodEnd: '2026-03-28T11:00:00Z',
    BillingPeriodStart: '2026-03-01T00:00:00Z',
    BillingPeriodEnd: '2026-04-01T00:00:00Z',
    PricingQuantity: '-7',
    PricingUnit: 'Tokens',
    // No name twice, where a sender has taken one of ours.
    Tags: '{"aicost/feature":"@f","team":"a"}',
  });
  const never =
    'BilledCost EffectiveCost ListCost ContractedCost BillingCurrency BillingAccountId ChargeCategory ChargeDescription ProviderName PublisherName InvoiceIssuerName ServiceCategory ServiceName SkuId SkuPriceId PricingQuantity PricingUnit PricingCategory';
  for (const row of rows)
    for (const name of never.split(' ')) expect(row[name], name).not.toBeNull();
  const { totals } = await breakdown(WEEK);
  expect(headers['x-export-unpriced-calls']).toBe(String(totals.unpriced_calls));
});

describe('an export that was cut off', () => {
  const KINDS =
    'ledger?format=ndjson ledger?format=csv focus?format=csv spans?format=ndjson costs?format=ndjson costs?format=csv costs?format=csv&user=u1';
  const pathOf = (kind: string) => `${kind}&from=2026-03-27T00:00:00Z&to=now-100d`;
  /** By kind, as each was before rows of writers that had been there and of a new one came in. */
  const firsts = new Map<string, Exported>();
  beforeAll(async () => {
    for (const kind of KINDS.split(' ')) firsts.set(kind, await get(pathOf(kind)));
    await ledger.store.command(`INSERT INTO aicost.landing (row_kind, entry_kind, entry_id, writer_id, batch_seq, tenant, start_time,
        span_id, received_at, cost_usd, unpriced_calls) SELECT if(number % 2 = 0, 'span', 'entry'), 'charge', generateUUIDv4(),
        ['w', 'x', 'new'][number % 3 + 1], 11, 'acme', toDateTime64('2026-03-28 10:00:01', 9, 'UTC'), 'new', now(), 1, 1
        FROM numbers(12) SETTINGS max_insert_threads = 1`);
  });

  test.for(KINDS.split(' '))('%s goes on at any byte, whatever came meanwhile', async (kind) => {
    const first = firsts.get(kind)!;
    expect(first.status).toBe(200);
    const token = String(first.headers['x-export-resume']);
    const places = fc.integer({ min: 0, max: first.body.length });
    for (const at of [...fc.sample(places, { numRuns: 2, seed: 3 }), first.body.length]) {
      const rest = await get(`${pathOf(kind)}&resume=${token}&offset_bytes=${at}`);
      expect(rest.body.equals(first.body.subarray(at))).toBe(true);
      // The checksum of the whole among them.
      expect(rest.trailers).toEqual(first.trailers);
      const unpriced = 'x-export-unpriced-calls';
      expect(rest.headers[unpriced]).toBe(first.headers[unpriced]);
    }
  });

  test('goes on for nobody else, for no other question, and with no other token', async () => {
    const token = String((await get(`ledger?${WEEK}`)).headers['x-export-resume']);
    const other = `${token.slice(0, -2)}${token.endsWith('A') ? 'BA' : 'AA'}`;
    const ask = (path: string, key?: string) => get(`${path}&offset_bytes=0`, key);
    for (const { status, body } of [
      await ask(`ledger?${WEEK}&resume=${token}`, 'globex-read'),
      await ask(`ledger?${WEEK}&model=a&resume=${token}`),
      await ask(`spans?${WEEK}&resume=${token}`),
      await ask(`ledger?${WEEK}&resume=${other}`),
      await ask(`ledger?${WEEK}&resume=`),
      await ask(`ledger?${WEEK}&format=parquet&resume=${token}`),
      await get(`ledger?${WEEK}&resume=${token}`),
      await get(`ledger?${WEEK}&offset_bytes=1`),
    ]) {
      expect([status, JSON.parse(body.toString()).code]).toEqual([400, 'parameter_invalid']);
    }
    expect((await ask(`ledger?${WEEK}&resume=${token}`)).status).toBe(200);
  });
});

describe('an export that nobody reads to its end', () => {
  test.for(['ndjson', 'csv', 'parquet'])(
    'as %s leaves no statement and no file behind',
    async (format) => {
      const response = await open(`ledger?${LATER}&format=${format}`);
      await new Promise((resolve) => response.once('data', resolve));
      response.destroy();
      await expectIdleEngine();
      const [disk] = await ledger.store.query<{ path: string }>(
        "SELECT path FROM system.disks WHERE name = 'default'",
      );
      const spool = await readdir(join(disk!.path, '../spool'));
      expect(spool.filter((name) => !name.endsWith('.pipe'))).toEqual([]);
    },
  );

  test('keeps its place: another of the tenant is asked to come again, and other tenants get theirs', async () => {
    const held = await open(`ledger?${LATER}`);
    const refused = await get(`ledger?${LATER}`);
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '10']);
    expect((await get(`ledger?${WEEK}`, 'globex-read')).status).toBe(200);
    // The text is that of a collector that is full: nobody learns whether others export.
    expect(JSON.parse(refused.body.toString()).detail).toContain('1 of a tenant, 2 of all');
    held.destroy();
    await expect
      .poll(async () => (await get(`ledger?${WEEK}`)).status, { timeout: 15_000 })
      .toBe(200);
  });
});

test('a failure in the middle ends the connection: a cut file is not taken for a whole one', async () => {
  const engine = raw;
  raw = async () =>
    (async function* () {
      yield Buffer.from('{"a":1}\n');
      throw new Error('the engine died');
    })();
  try {
    await expect(get(`ledger?${WEEK}`)).rejects.toThrow(/aborted/);
  } finally {
    raw = engine;
  }
});

test.for([
  ['ledger?format=xml', /format is "xml": expected one of csv, ndjson, parquet/],
  ['ledger?by=model', /by is "model"/],
  ['ledger?from=now&to=now-1d', /to is "now-1d"/],
  ['focus?offset_bytes=-1', /offset_bytes is "-1": expected a whole number/],
] as const)('%s is a problem that names the field', async ([path, detail]) => {
  const { status, body } = await get(path);
  expect(status).toBe(400);
  expect(JSON.parse(body.toString()).detail).toMatch(detail);
});

test('HEAD tells the headers and begins nothing', async () => {
  const response = await open(`ledger?${WEEK}&format=csv`, 'acme-read', 'HEAD');
  expect(response.headers['content-disposition']).toMatch(
    /^attachment; filename="ledger-[\w.-]+\.csv"$/,
  );
  expect(await response.toArray()).toEqual([]);
});
