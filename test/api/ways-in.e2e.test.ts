/**
 * Fences of what is no question with one answer: SQL, OTLP over every transport, and the live stream. Keys in every
 * state, of the right scope and of each other one.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Signal, Way } from '../otlp/conformance-case.ts';
import { sendRequest } from '../otlp/send-request.ts';
import { eventually } from '../start-collector.ts';
import { HOSTILE } from './hostile-values.ts';
import { type LiveStream, openLive } from './live-stream.ts';
import { callOf, sendSpans } from './marked-calls.ts';
import { usageOf } from './marked-usage.ts';
import { askJson, MARK, startTwoTenants, type TwoTenants } from './two-tenants.ts';

let world: TwoTenants;
/** Of every state that a key can be in, beside those of acme. */
let keys: Readonly<Record<string, string | undefined>>;

beforeAll(async () => {
  world = await startTwoTenants();
  const { url, key } = world.collector;
  const post = (path: string, body?: object) =>
    askJson<{ key: string }>(`${url}/api/v1/admin${path}`, {
      key,
      method: 'POST',
      ...(body && { body }),
    });
  const suspended = await post('/keys', { tenant: 'initech', scopes: ['ingest', 'read'] });
  await post('/tenants/initech/suspend');
  const only = await post('/keys', { tenant: 'default', scopes: ['operator'] });
  keys = { ...world.keys, operator: only.key, suspended: suspended.key };
});
afterAll(async () => {
  expect(await world.collector.stop(), world.collector.output().slice(-4000)).toBe(0);
});

describe('SQL', () => {
  const WAYS: Readonly<Record<string, (key: string) => [string, Record<string, string>]>> = {
    'x-api-key': (key) => ['', { 'x-api-key': key }],
    bearer: (key) => ['', { authorization: `Bearer ${key}` }],
    basic: (key) => ['', { authorization: `Basic ${btoa(`default:${key}`)}` }],
    'the header of ClickHouse': (key) => [
      '',
      { 'x-clickhouse-user': 'x', 'x-clickhouse-key': key },
    ],
    'the password in the URL': (key) => [`&user=default&password=${key}`, {}],
  };
  const ask = async (who: string, way: string) => {
    const key = keys[who];
    const [more, headers] = key === undefined ? ['', {}] : WAYS[way]!(key);
    const query = encodeURIComponent('SELECT count() FROM ledger');
    const response = await fetch(`${world.collector.sqlUrl}?query=${query}${more}`, { headers });
    const code = response.headers.get('x-clickhouse-exception-code');
    return { status: response.status, code, text: await response.text() };
  };

  test.for([
    ['none', 401],
    ['garbage', 401],
    ['expired', 401],
    ['revoked', 401],
    ['ingest', 403],
    ['read', 403],
    ['admin', 403],
    ['suspended', 403],
  ] as const)('is refused to a key that is %s, as ClickHouse refuses it', async ([who, status]) => {
    for (const way of Object.keys(WAYS)) {
      const got = await ask(who, way);
      expect([way, got]).toEqual([way, { status, code: '516', text: got.text }]);
      expect(got.text).toMatch(/^Code: 516\. DB::Exception: .*\(AUTHENTICATION_FAILED\)\n$/);
    }
  });

  test('is answered to an operator, over all tenants', async () => {
    for (const way of Object.keys(WAYS)) {
      expect([way, await ask('operator', way)]).toEqual([
        way,
        { status: 200, code: null, text: '3\n' },
      ]);
    }
  });
});

describe('OTLP', () => {
  const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics'];
  const WAYS: readonly Way[] = (['http/json', 'http/protobuf', 'grpc'] as const).map(
    (transport) => ({ transport, coding: 'none' }),
  );
  /** HTTP's status, or gRPC's. */
  const send = async (
    signal: Signal,
    way: Way,
    { key, mark }: { key: string | undefined; mark: string },
  ) => {
    const { url, grpcTarget } = world.collector;
    const receiver = { httpUrl: url, grpcUrl: `http://${grpcTarget}`, key: key ?? null };
    const payload = { kind: 'message', message: usageOf(signal, mark) } as const;
    const unused = { limitBytes: null, slowMs: null };
    const { status, grpcStatus } = await sendRequest({ signal, payload }, way, {
      ...receiver,
      ...unused,
    });
    return way.transport === 'grpc' ? grpcStatus : status;
  };
  const REFUSED = 'zqrefused';
  const TAKEN = 'zqtaken';
  const TABLES = ['spans', 'ledger', 'control_totals'] as const;
  const countOf = (service: string) => {
    const counts = TABLES.map((t) => `(SELECT count() FROM ${t} WHERE service LIKE '${service}%')`);
    return world.collector.sql(`SELECT ${counts.join(', ')}`);
  };
  const UNAUTHENTICATED = [401, 16];
  const FORBIDDEN = [403, 7];

  test.for([
    ['none', UNAUTHENTICATED],
    ['garbage', UNAUTHENTICATED],
    ['expired', UNAUTHENTICATED],
    ['revoked', UNAUTHENTICATED],
    ['read', FORBIDDEN],
    ['admin', FORBIDDEN],
    ['operator', FORBIDDEN],
    ['suspended', FORBIDDEN],
  ] as const)('is refused to a key that is %s', async ([who, [http, grpc]]) => {
    for (const signal of SIGNALS) {
      for (const way of WAYS) {
        const got = await send(signal, way, { key: keys[who], mark: `${REFUSED}-${who}` });
        const expected = way.transport === 'grpc' ? grpc : http;
        expect([signal, way.transport, got]).toEqual([signal, way.transport, expected]);
      }
    }
  });

  test('keeps of each signal what came with a right key, and nothing of what was refused', async () => {
    for (const signal of SIGNALS) {
      expect(await send(signal, WAYS[0]!, { key: keys['ingest'], mark: TAKEN })).toBe(200);
    }
    // The log event is a span too, and no charge before it is settled.
    const taken = await eventually(
      () => countOf(TAKEN),
      (counts) => counts === '2\t1\t1',
    );
    expect(taken).toBe('2\t1\t1');
    expect(await countOf(REFUSED)).toBe('0\t0\t0');
  });
});

describe('the live stream', () => {
  const streams: LiveStream[] = [];
  const open = async (
    key: string | undefined,
    { query = '', id = '' } = {},
  ): Promise<LiveStream> => {
    const headers = { 'x-api-key': key ?? '', ...(id === '' ? {} : { 'last-event-id': id }) };
    const stream = await openLive(`${world.collector.url}/api/v1/live${query}`, headers);
    streams.push(stream);
    return stream;
  };
  const sendNow = (key: string, mark: string, trace: string) => {
    const call = callOf(mark, { model: 'gpt-4o', atNs: BigInt(Date.now()) * 1_000_000n, trace });
    return sendSpans(world.collector.url, key, mark, [call]);
  };
  const idsOf = (text: string) => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id!);
  /** What a header may hold of them. */
  const inHeader = HOSTILE.map((value) => value.replaceAll(/[^\x20-\x7e]/g, '?'));
  const FILTERS = [
    'model',
    'user',
    'session',
    'feature',
    'service',
    'tool',
    'tag.team',
    'tag.__proto__',
  ];

  afterAll(() => {
    for (const stream of streams) stream.close();
  });

  test('tells nothing of another tenant, whatever it is asked for and from where on', async () => {
    const { keys: ofAcme, globex } = world;
    const ofGlobex = await open(globex.read);
    await sendNow(globex.ingest, MARK, '1'.repeat(32));
    const foreign = idsOf(await ofGlobex.until('event: call')).at(-1)!;
    const unknown = foreign.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    const acme = await open(ofAcme.read);
    const [resumed, lost] = [
      await open(ofAcme.read, { id: foreign }),
      await open(ofAcme.read, { id: unknown }),
    ];
    const hostileIds = await Promise.all(
      [...inHeader, 'x'.repeat(8_000)].map((id) => open(ofAcme.read, { id })),
    );
    const filtered = await Promise.all(
      FILTERS.map((name) => {
        const values = [...HOSTILE, `${name.replace('tag.', '')}-${MARK}`];
        const query = values.map((value) => `${name}=${encodeURIComponent(value)}`).join('&');
        return open(ofAcme.read, { query: `?${query}` });
      }),
    );
    for (const stream of streams)
      expect([stream.status, stream.type]).toEqual([200, 'text/event-stream; charset=utf-8']);
    await sendNow(globex.ingest, MARK, '2'.repeat(32));
    await sendNow(ofAcme.ingest!, 'acme', '3'.repeat(32));
    for (const stream of [acme, resumed, lost, ...hostileIds]) {
      expect(await stream.until('event: call')).toContain('feature-acme');
    }
    expect(await ofGlobex.until('2'.repeat(32))).toContain(MARK);
    expect(resumed.text().replaceAll(/^:\n\n/gm, '')).toBe(lost.text().replaceAll(/^:\n\n/gm, ''));
    for (const stream of streams.filter((one) => one !== ofGlobex)) {
      expect(stream.text()).toMatch(/^retry: 2000\nid: /);
      expect(stream.text()).not.toContain(MARK);
    }
    for (const stream of filtered) expect(stream.text()).not.toContain('event: call');
  });

  test('takes an id of any form as one that it does not know', async () => {
    for (const value of HOSTILE) {
      const query = `?${new URLSearchParams({ last_event_id: value })}`;
      const stream = await open(world.keys.read, { query });
      expect([value, stream.status]).toEqual([value, 200]);
      expect(await stream.until('event: reset')).toContain('unknown_id');
    }
    const long = await open(world.keys.read, { query: `?last_event_id=${'x'.repeat(65)}` });
    expect(long.status).toBe(400);
  });
});
