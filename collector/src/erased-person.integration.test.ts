/** A person who is deleted, on the real engine: nothing of theirs is left, and no total moves. */
import { storeWith } from '@ai-cost-profiler/clickhouse/test-store-with.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { erasePerson } from './erase/erase-person.ts';
import { CONTENT_RULE } from './ledger-work.ts';
import { ANN, id, MARKER, OPERATOR, TestErasures, traffic } from './test-erasures.ts';
import { chat } from './test-road.ts';

const DAY_MS = 86_400_000;
/** Changes of tables before which a process dies. */
const DEATHS = [2];

let at: TestErasures;
beforeAll(async () => {
  at = await TestErasures.start([
    ...['acme', 'globex', 'sealed'],
    ...DEATHS.map((changes) => `person-${changes}`),
  ]);
}, 120_000);
afterAll(() => at.remove());

/** By user, how many spans have a sketch of their prompt. */
async function sketchesOf(tenant: string): Promise<Record<string, number>> {
  const rows = await at.ledger.store.query<{ user: string; spans: number }>(
    `SELECT user, toUInt32(count()) AS spans FROM aicost.spans
     WHERE tenant = {tenant:String} AND (prompt_sketch != '' OR prompt_boundaries != '' OR prompt_maker != '') GROUP BY user`,
    { tenant },
  );
  return Object.fromEntries(rows.map(({ user, spans }) => [user, spans]));
}

/** An alert of a budget for each user, and how it stands. */
async function alertOf(user: string): Promise<void> {
  const key = { tenant: 'acme', dimension: 'user', key: user };
  await at.ledger.store.insertRows('aicost.alerts', [{ ...key, message_id: 'one' }]);
  const status = { ...key, budget_id: 'b', state: 'ok', recorded_at: new Date().toISOString() };
  await at.ledger.store.insertRows('aicost.budget_status', [status]);
}

it('on a cluster it is refused, saying what can be done, and nothing is noted', async () => {
  const { store } = at.ledger;
  const onCluster = storeWith(store, { cluster: 'prod' });
  const asked = { tenant: 'acme', user: ANN, confirm: 'acme' };
  expect(() => at.open(onCluster).deletePerson(OPERATOR, asked)).toThrow(
    expect.objectContaining({
      code: 'tenant_conflict',
      message: expect.stringMatching(/retention/),
    }),
  );
  expect(await store.query('SELECT user FROM aicost.erasing')).toEqual([]);
});

const isRight = async () => expect((await at.retention.verify()).difference).toBeNull();

it('what a person said and who they are is nowhere to be found, and no total moves', async () => {
  const [others, before] = [await at.everything('globex'), await at.sumsOf('acme')];
  expect(await at.placesOf(ANN, 'acme')).toEqual(
    expect.arrayContaining(['spans.user', 'spans.finish_reason', 'spans.error_type']),
  );
  expect(await at.placesOf(MARKER, 'acme')).toContain('spans.attributes');
  expect(await sketchesOf('acme')).toEqual({ '': 5, [ANN]: 2, bob: 1 });
  await alertOf(ANN);
  const said: object[] = [];
  const asked = { tenant: 'acme', user: ANN, confirm: 'acme' };
  const erased = await at.open().deletePerson(OPERATOR, asked)((progress) => said.push(progress));
  expect(erased).toMatchObject({ spans: 5, entries: 5, rollup_months: 1, resealed_days: [] });
  expect(said).toContainEqual({ step: 'ledger', rows: 5 });
  expect(await at.placesOf(ANN, 'acme')).toEqual([]);
  expect(await at.placesOf(MARKER, 'acme')).toEqual([]);
  expect(await sketchesOf('acme')).toEqual({ '': 2, bob: 1 });
  expect(await at.placesOf('of bob', 'acme')).toEqual(
    expect.arrayContaining(['spans.attributes', 'spans.events', 'spans.status_message']),
  );
  expect(await at.sumsOf('acme')).toEqual(before);
  expect(await at.everything('globex')).toBe(others);
  expect(await at.usersOf('cost_daily', 'acme')).toEqual(['', '(deleted)', 'bob']);
  await isRight();
});

it('settle finds nothing to correct afterwards, and a late call of the trace is of nobody either', async () => {
  const late = { span: 9, trace: 1, attributes: chat(5), fields: { parentSpanId: id(1) } };
  for (const tenant of ['acme', 'globex']) await at.ledger.send([late], tenant);
  await at.retention.settleLater();
  expect(await at.sumsOf('acme')).toEqual(await at.sumsOf('globex'));
  expect(await at.usersOf('ledger', 'acme')).toEqual(['', '(deleted)', 'bob']);
});

it('the audit log tells who asked, when, and what was done, and does not name the person', async () => {
  const rows = at.control.history().filter(({ kind }) => kind === 'person_deletion');
  expect(rows.map(({ actor, tenant, payload }) => [actor, tenant, JSON.parse(payload)])).toEqual([
    ['key:op', 'acme', { user_hash: expect.stringMatching(/^[0-9a-f]{64}$/), state: 'begun' }],
    ['key:op', 'acme', expect.objectContaining({ state: 'done', spans: 5, entries: 5 })],
  ]);
});

it.for(DEATHS)(
  'a person whose deletion died before change %i is gone after the next start',
  async (changes) => {
    const tenant = `person-${changes}`;
    await at.ledger.send(traffic(), tenant);
    await at.retention.settleLater();
    const before = await at.sumsOf(tenant);
    await expect(at.deletePerson(tenant, ANN, at.open(at.dying(changes)))).rejects.toThrow(
      'killed',
    );
    expect(await at.sumsOf(tenant)).toEqual(before);
    await at.open(at.ledger.store, await at.openControl()).resume();
    expect(await at.placesOf(ANN, tenant)).toEqual([]);
    expect(await at.placesOf(MARKER, tenant)).toEqual([]);
    expect(await at.sumsOf(tenant)).toEqual(before);
  },
);

it('what failed is gone on with soon, and tables are not compared before', async () => {
  const tenant = 'failed';
  await at.ledger.send(traffic(), tenant);
  await at.retention.settleLater();
  const failing = at.open(at.dying(2, 1));
  await expect(at.deletePerson(tenant, ANN, failing)).rejects.toThrow('killed');
  const report = await failing.compare(() => at.retention.verify());
  expect(report.difference).toBeNull();
  expect(await at.placesOf(ANN, tenant)).toEqual([]);
});

it('an erasure whose intent is gone finds nobody', async () => {
  const before = await at.everything('globex');
  const erasure = { id: 'over', tenant: 'globex', user: ANN, actor: 'key:op' };
  const erased = await erasePerson(
    at.ledger.store,
    { erasure, rule: CONTENT_RULE },
    () => undefined,
  );
  expect(erased).toMatchObject({ spans: 0, entries: 0 });
  expect(await at.everything('globex')).toBe(before);
});

it('a day whose spans have expired is sealed again, and the seal holds', async () => {
  at.retention.kept.set('sealed', { spans: 1, content: null, ledger: null });
  at.ledger.clockMs += 3 * DAY_MS;
  await at.retention.settleLater();
  await at.retention.pass();
  expect(await at.retention.rows('spans', 'sealed')).toEqual({});
  const before = await at.sumsOf('sealed');
  const erased = await at.deletePerson('sealed', ANN);
  expect(erased).toMatchObject({ spans: 0, entries: 5, resealed_days: ['2026-08-20'] });
  expect(await at.placesOf(ANN, 'sealed')).toEqual([]);
  expect(await at.sumsOf('sealed')).toEqual(before);
  const report = await at.retention.verify();
  expect(report.difference).toBeNull();
  expect(report.checked.sealed).toBeGreaterThan(0);
});

it('a user whose id is a number or a pattern is found, and counts stay what they are', async () => {
  for (const user of ['1002', 'a.*b\\Q(x)']) {
    const tenant = `odd-${user.length}`;
    const attributes = chat(1002, { 'user.id': user, 'enduser.id': user });
    await at.ledger.send(
      [
        { span: 1, attributes },
        { span: 2, attributes: chat(7, { 'user.id': 'axxb' }) },
      ],
      tenant,
    );
    await at.retention.settleLater();
    await at.deletePerson(tenant, user);
    expect(await at.usersOf('spans', tenant)).toEqual(['(deleted)', 'axxb']);
    const [span] = await at.ledger.store.query<{ u: string; e: string; tokens: string }>(
      `SELECT attributes['user.id'] AS u, attributes['enduser.id'] AS e, attributes['gen_ai.usage.input_tokens'] AS tokens
       FROM aicost.spans WHERE tenant = {tenant:String} AND user = '(deleted)'`,
      { tenant },
    );
    expect(span).toEqual({ u: '(deleted)', e: '(deleted)', tokens: '1002' });
  }
});

it('after all of it spans, ledger, rollups and seals tell the same', isRight);
