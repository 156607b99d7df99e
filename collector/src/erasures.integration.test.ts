/** Tenants and persons that are deleted, on the real engine: nothing of theirs is left, and nothing of others moves. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '@ai-cost-profiler/clickhouse/store.ts';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KeyActor, KeyRecord, NewKey } from './access.ts';
import { createClickHouseControlStore } from './control/clickhouse-control-store.ts';
import { type ControlState, openControlState } from './control/control-state.ts';
import { ensureFingerprintSecret } from './control/fingerprint-secret.ts';
import { createKeyOperations } from './control/key-operations.ts';
import type { SqlUsers } from './control/sql-users.ts';
import { Erasures } from './erasures.ts';
import { TestRetention } from './retention/test-retention.ts';
import { TenantStates } from './tenant-states.ts';
import { openTestLedger, type TestLedger } from './test-ledger.ts';
import { chat, NOW_MS, type TestSpan } from './test-road.ts';

const OPERATOR: KeyActor = { name: 'key:op', tenant: 'default', scopes: new Set(['operator']) };
const ANN = 'ann@example.com';
const MARKER = 'zqxwhatannsaid';
const DAY_MS = 86_400_000;
/** Changes of tables before which a process dies. */
const PERSON_DEATHS = [2];
const TENANT_DEATHS = [3];
const TENANTS = [
  ...['acme', 'globex', 'gone', 'sealed'],
  ...PERSON_DEATHS.map((changes) => `person-${changes}`),
  ...TENANT_DEATHS.map((changes) => `tenant-${changes}`),
];

let ledger: TestLedger;
let retention: TestRetention;
let directory: string;
let control: ControlState;
let copies = 0;
/** Ids of keys whose ClickHouse user was dropped. */
const dropped: string[] = [];
const sqlUsers: SqlUsers = {
  create: async () => undefined,
  expire: async () => undefined,
  drop: async (keyId) => void dropped.push(keyId),
};

beforeAll(async () => {
  ledger = await openTestLedger();
  ledger.isContentStored = true;
  retention = new TestRetention(ledger);
  directory = await mkdtemp(join(tmpdir(), 'aicost-erasures-'));
  control = await openControl();
  await ensureFingerprintSecret(control, (size) => new Uint8Array(size).fill(3));
  for (const tenant of TENANTS) await ledger.send(traffic(), tenant);
  await retention.settleLater();
  await control.refresh();
}, 120_000);
afterAll(async () => {
  await ledger.remove();
  await rm(directory, { recursive: true });
});

/** As another process, or this one after a restart, knows it. */
async function openControl(): Promise<ControlState> {
  const state = await openControlState({
    store: createClickHouseControlStore(ledger.store),
    copyPath: join(directory, `control-${copies++}.json`),
    now: () => new Date(ledger.clockMs),
    randomInt: () => 0,
    log: pino({ level: 'silent' }),
  });
  await state.refresh();
  return state;
}

const id = (span: number) => (span + 1).toString(16).padStart(16, '0');

const said = (text: string) => ({ 'gen_ai.input.messages': text });

/** An agent that is asked by a user and fails, telling of it in its status and in an event. */
function agentOf(span: number, user: string, text: string): TestSpan {
  const attributes = { 'gen_ai.operation.name': 'invoke_agent', 'user.id': user, ...said(text) };
  const told = { key: 'text', value: { stringValue: text } };
  return {
    span,
    startMs: NOW_MS + span,
    attributes: chat(1000 + span, attributes),
    fields: {
      status: { code: 2, message: `${text}: no answer for ${user}` },
      events: [{ name: 'said', timeUnixNano: `${NOW_MS}000000`, attributes: [told] }],
    },
  };
}

/** A call below an agent, which alone tells whom it is for. */
const below = (trace: number, span: number, attributes: Record<string, unknown>): TestSpan => ({
  span,
  trace,
  startMs: NOW_MS + span,
  attributes: chat(100 + span, attributes),
  fields: { parentSpanId: id(trace) },
});

/** Two requests of ann, one of bob, and one of nobody. */
function traffic(): TestSpan[] {
  const mail = { 'app.mail': `To: ${ANN.toUpperCase()}; 7`, 'aicost.tag.owner': ANN };
  return [
    agentOf(1, ANN, MARKER),
    below(1, 2, { ...said(`${MARKER} 2`), ...mail }),
    below(1, 3, { ...said(`${MARKER} 3`), 'session.id': `chat of ${ANN}` }),
    agentOf(4, ANN, MARKER),
    below(4, 5, said(`${MARKER} 5`)),
    agentOf(6, 'bob', 'of bob'),
    below(6, 7, said('of bob')),
    { span: 8, attributes: chat(80, said('of nobody')) },
  ];
}

function open(store: Store = ledger.store, state: ControlState = control): Erasures {
  return new Erasures({
    store,
    control: state,
    states: new TenantStates(state),
    tenants: { mustExist: () => undefined },
    sqlUsers,
    underWayOf: () => 0,
    flushTotals: async () => undefined,
    exclusively: (work) => ledger.open.suspended(work),
    setAsideParts: () => 0,
    nowMs: () => ledger.clockMs,
    mayResume: true,
    log: pino({ level: 'silent' }),
  });
}

/** The engine's store, in a process that dies right before the nth change of a table. */
function dying(changes: number): Store {
  let left = changes;
  return new Proxy(ledger.store, {
    get: (store, name) => {
      const value: unknown = Reflect.get(store, name, store);
      if (name !== 'command') return typeof value === 'function' ? value.bind(store) : value;
      return (...given: Parameters<Store['command']>) => {
        if (/^ALTER/.test(given[0].trim()) && left-- <= 0) throw new Error('killed');
        return store.command(...given);
      };
    },
  });
}

const ignore = () => undefined;
const deleteTenant = (tenant: string, erasures = open()) =>
  erasures.deleteTenant(OPERATOR, { tenant, confirm: tenant })(ignore);
const deletePerson = (tenant: string, user: string, erasures = open()) =>
  erasures.deletePerson(OPERATOR, { tenant, user, confirm: tenant })(ignore);

const tables = async () =>
  (
    await ledger.store.query<{ name: string }>(
      `SELECT name FROM system.tables WHERE database = 'aicost' AND endsWith(engine, 'MergeTree') ORDER BY name`,
    )
  ).map(({ name }) => name);

/** Every row of a tenant in every table that has one, as text. */
async function everything(tenant: string): Promise<string> {
  const texts: string[] = [];
  for (const table of await tables()) {
    const columns = await ledger.store.query<{ name: string }>(
      `SELECT name FROM system.columns WHERE database = 'aicost' AND table = {table:String} AND name = 'tenant'`,
      { table },
    );
    if (columns.length === 0) continue;
    const rows = await ledger.store.query<{ row: string }>(
      `SELECT toString(tuple(*)) AS row FROM (SELECT * FROM aicost.${table} WHERE tenant = {tenant:String}) ORDER BY row`,
      { tenant },
    );
    texts.push(...rows.map(({ row }) => `${table} ${row}`));
  }
  return texts.join('\n');
}

/** Tables and columns in which a text stands anywhere, aliases and maps included. */
async function placesOf(text: string, tenant: string): Promise<string[]> {
  const columns = await ledger.store.query<{ table: string; names: string[] }>(
    `SELECT c.table AS table, groupArray(c.name) AS names FROM system.columns AS c
     INNER JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
     WHERE c.database = 'aicost' AND endsWith(t.engine, 'MergeTree') AND c.type LIKE '%String%'
     GROUP BY table ORDER BY table`,
  );
  const found: string[] = [];
  for (const { table, names } of columns) {
    const counts = names.map(
      (name) => `countIf(positionCaseInsensitive(toString(${name}), {text:String}) > 0)`,
    );
    const own = names.includes('tenant') ? 'WHERE tenant = {tenant:String}' : '';
    const [row] = await ledger.store.query<{ counts: string[] }>(
      `SELECT [${counts.join(', ')}] AS counts FROM aicost.${table} ${own}`,
      { text, tenant },
    );
    const held = names.filter((_, i) => row?.counts[i] !== '0');
    found.push(...held.map((name) => `${table}.${name}`));
  }
  return found;
}

async function sumsOf(tenant: string): Promise<unknown> {
  const sums = `sum(x.calls) AS calls, toString(sum(x.cost_usd)) AS cost, toString(sum(x.list_usd)) AS list,
    sum(x.in_uncached) AS tokens`;
  const of = (table: string) =>
    ledger.store.query(`SELECT ${sums} FROM aicost.${table} AS x WHERE tenant = {tenant:String}`, {
      tenant,
    });
  return Promise.all(['ledger', 'cost_hourly', 'cost_daily'].map(of));
}

const usersOf = async (table: string, tenant: string) =>
  (
    await ledger.store.query<{ user: string }>(
      `SELECT DISTINCT user FROM aicost.${table} WHERE tenant = {tenant:String} ORDER BY user`,
      { tenant },
    )
  ).map(({ user }) => user);

/** By user, how many spans have a sketch of their prompt. */
async function sketchesOf(tenant: string): Promise<Record<string, number>> {
  const rows = await ledger.store.query<{ user: string; spans: number }>(
    `SELECT user, toUInt32(count()) AS spans FROM aicost.spans
     WHERE tenant = {tenant:String} AND (prompt_sketch != '' OR prompt_boundaries != '' OR prompt_maker != '') GROUP BY user`,
    { tenant },
  );
  return Object.fromEntries(rows.map(({ user, spans }) => [user, spans]));
}

/** An alert of a budget for each user. */
async function alertOf(user: string): Promise<void> {
  const row = { tenant: 'acme', message_id: 'one', dimension: 'user', key: user };
  await ledger.store.insertRows('aicost.alerts', [row]);
}

const isRight = async () => expect((await retention.verify()).difference).toBeNull();

it('what a person said and who they are is nowhere to be found, and no total moves', async () => {
  const [others, before] = [await everything('globex'), await sumsOf('acme')];
  expect(await placesOf(ANN, 'acme')).toContain('spans.user');
  expect(await placesOf(MARKER, 'acme')).toContain('spans.attributes');
  expect(await sketchesOf('acme')).toEqual({ '': 5, [ANN]: 2, bob: 1 });
  await alertOf(ANN);
  const said: object[] = [];
  const asked = { tenant: 'acme', user: ANN, confirm: 'acme' };
  const erased = await open().deletePerson(OPERATOR, asked)((progress) => said.push(progress));
  expect(erased).toMatchObject({ spans: 5, entries: 5, rollup_months: 1, resealed_days: [] });
  expect(said).toContainEqual({ step: 'ledger', rows: 5 });
  expect(await placesOf(ANN, 'acme')).toEqual([]);
  expect(await placesOf(MARKER, 'acme')).toEqual([]);
  expect(await sketchesOf('acme')).toEqual({ '': 2, bob: 1 });
  expect(await placesOf('of bob', 'acme')).toEqual(
    expect.arrayContaining(['spans.attributes', 'spans.events', 'spans.status_message']),
  );
  expect(await sumsOf('acme')).toEqual(before);
  expect(await everything('globex')).toBe(others);
  expect(await usersOf('cost_daily', 'acme')).toEqual(['', '(deleted)', 'bob']);
  await isRight();
});

it('settle finds nothing to correct afterwards, and a late call of the trace is of nobody either', async () => {
  const late = { span: 9, trace: 1, attributes: chat(5), fields: { parentSpanId: id(1) } };
  for (const tenant of ['acme', 'globex']) await ledger.send([late], tenant);
  await retention.settleLater();
  expect(await sumsOf('acme')).toEqual(await sumsOf('globex'));
  expect(await usersOf('ledger', 'acme')).toEqual(['', '(deleted)', 'bob']);
});

it('the audit log tells who asked, when, and what was done, and does not name the person', async () => {
  const rows = control.history().filter(({ kind }) => kind === 'person_deletion');
  expect(rows.map(({ actor, tenant, payload }) => [actor, tenant, JSON.parse(payload)])).toEqual([
    ['key:op', 'acme', { user_hash: expect.stringMatching(/^[0-9a-f]{64}$/), state: 'begun' }],
    ['key:op', 'acme', expect.objectContaining({ state: 'done', spans: 5, entries: 5 })],
  ]);
});

it.for(PERSON_DEATHS)(
  'a person whose deletion died before change %i is gone after the next start',
  async (changes) => {
    const tenant = `person-${changes}`;
    await ledger.send(traffic(), tenant);
    await retention.settleLater();
    const before = await sumsOf(tenant);
    await expect(deletePerson(tenant, ANN, open(dying(changes)))).rejects.toThrow('killed');
    expect(await sumsOf(tenant)).toEqual(before);
    await open(ledger.store, await openControl()).resume();
    expect(await placesOf(ANN, tenant)).toEqual([]);
    expect(await placesOf(MARKER, tenant)).toEqual([]);
    expect(await sumsOf(tenant)).toEqual(before);
  },
);

it('a day whose spans have expired is sealed again, and the seal holds', async () => {
  retention.kept.set('sealed', { spans: 1, content: null, ledger: null });
  ledger.clockMs += 3 * DAY_MS;
  await retention.settleLater();
  await retention.pass();
  expect(await retention.rows('spans', 'sealed')).toEqual({});
  const before = await sumsOf('sealed');
  const erased = await deletePerson('sealed', ANN);
  expect(erased).toMatchObject({ spans: 0, entries: 5, resealed_days: ['2026-08-20'] });
  expect(await placesOf(ANN, 'sealed')).toEqual([]);
  expect(await sumsOf('sealed')).toEqual(before);
  const report = await retention.verify();
  expect(report.difference).toBeNull();
  expect(report.checked.sealed).toBeGreaterThan(0);
});

it('a user whose id is a number or a pattern is found, and counts stay what they are', async () => {
  for (const user of ['1002', 'a.*b\\Q(x)']) {
    const tenant = `odd-${user.length}`;
    const attributes = chat(1002, { 'user.id': user, 'enduser.id': user });
    await ledger.send(
      [
        { span: 1, attributes },
        { span: 2, attributes: chat(7, { 'user.id': 'axxb' }) },
      ],
      tenant,
    );
    await retention.settleLater();
    await deletePerson(tenant, user);
    expect(await usersOf('spans', tenant)).toEqual(['(deleted)', 'axxb']);
    const [span] = await ledger.store.query<{ u: string; e: string; tokens: string }>(
      `SELECT attributes['user.id'] AS u, attributes['enduser.id'] AS e, attributes['gen_ai.usage.input_tokens'] AS tokens
       FROM aicost.spans WHERE tenant = {tenant:String} AND user = '(deleted)'`,
      { tenant },
    );
    expect(span).toEqual({ u: '(deleted)', e: '(deleted)', tokens: '1002' });
  }
});

async function keyOf(tenant: string): Promise<KeyRecord> {
  const keys = createKeyOperations({
    state: control,
    now: () => new Date(ledger.clockMs),
    randomBytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
    onRetired: async () => undefined,
    sqlUsers,
  });
  const wanted: NewKey = { tenant, scopes: ['ingest', 'read'], name: null, sqlUser: true };
  return (await keys.create(OPERATOR, wanted)).record;
}

it('a deleted tenant is in no table, its keys are revoked, and others are what they were', async () => {
  const { id: keyId } = await keyOf('gone');
  const limit = {
    actor: 'key:op',
    tenant: 'gone',
    kind: 'tenant_limit',
    id: 'gone/x',
    deleted: false,
  };
  await control.append([{ ...limit, payload: '{"secret":"of gone"}' }]);
  const others = await everything('globex');
  const deleted = await deleteTenant('gone');
  expect(deleted).toMatchObject({
    tenant: 'gone',
    rows: { spans: 8, ledger: expect.any(Number), cost_daily: expect.any(Number), traces: 4 },
  });
  expect(
    (await everything('gone')).split('\n').filter((row) => !row.startsWith('control')),
  ).toEqual([]);
  expect(await placesOf('of gone', 'gone')).toEqual([]);
  expect(control.history().some(({ payload }) => payload.includes('of gone'))).toBe(false);
  expect(control.keys.get(keyId)?.revokedAt).not.toBeNull();
  expect(dropped).toEqual([keyId]);
  expect(await everything('globex')).toBe(others);
});

it('a deleted name is never used again, and every other collector learns it', async () => {
  await expect(keyOf('gone')).rejects.toMatchObject({ code: 'tenant_conflict' });
  const other = await openControl();
  expect(new TenantStates(other).of('gone')).toBe('deleted');
  expect(other.history().some(({ payload }) => payload.includes('of gone'))).toBe(false);
});

it('what a slow collector still stores for a deleted tenant goes with the next look', async () => {
  const others = await everything('globex');
  await ledger.send(traffic(), 'gone');
  expect(await everything('gone')).toContain('spans (');
  await open().resume();
  expect(await everything('gone')).not.toMatch(/^(spans|ledger|traces|cost_)/m);
  expect(await everything('globex')).toBe(others);
});

it.for(TENANT_DEATHS)(
  'a tenant whose deletion died before change %i is gone after the next start',
  async (changes) => {
    const tenant = `tenant-${changes}`;
    await ledger.send(traffic(), tenant);
    await retention.settleLater();
    const others = await everything('globex');
    await expect(deleteTenant(tenant, open(dying(changes)))).rejects.toThrow('killed');
    expect(new TenantStates(control).of(tenant)).toBe('deleting');
    const restarted = await openControl();
    await open(ledger.store, restarted).resume();
    expect(new TenantStates(restarted).of(tenant)).toBe('deleted');
    expect(await everything(tenant)).not.toMatch(/^(?!control)/m);
    expect(await everything('globex')).toBe(others);
    await control.refresh();
  },
);

it('a wrong confirmation changes nothing', async () => {
  const before = await everything('acme');
  const asked = { tenant: 'acme', confirm: 'globex' };
  expect(() => open().deleteTenant(OPERATOR, asked)).toThrow('expected the tenant');
  expect(() => open().deletePerson(OPERATOR, { ...asked, user: 'bob' })).toThrow(
    'expected the tenant',
  );
  expect(await everything('acme')).toBe(before);
});

it('after all of it spans, ledger, rollups and seals tell the same', isRight);
