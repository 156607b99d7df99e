/** What panels answer at the edges: of time, of tenants, of depth, of amounts. Each test has a tenant of its own. */
import { openTestLedger, type TestLedger } from '@ai-cost-profiler/collector/test-ledger.ts';
import { chat, type TestSpan } from '@ai-cost-profiler/collector/test-road.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askDashboard, type Row } from './ask-dashboard.ts';
import { DASHBOARDS } from './dashboard-model.ts';
import type { Variables } from './interpolate.ts';

const NOW_MS = Date.now();
const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];
const TIME = { fromMs: NOW_MS - HOUR_MS, toMs: NOW_MS, intervalMs: MINUTE_MS };
const MINI = { 'gen_ai.request.model': 'gpt-4o-mini', 'gen_ai.response.model': 'gpt-4o-mini' };
const OWN = { 'gen_ai.request.model': 'our-own-7b', 'gen_ai.response.model': 'our-own-7b' };
/** Of 100 tokens in and 10 out. */
const CALL_USD = 0.00035;

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
  ledger.clockMs = NOW_MS;
});
afterAll(() => ledger.remove());

const call = (span: number, agoMs: number, more: Partial<TestSpan> = {}): TestSpan => ({
  span,
  startMs: NOW_MS - agoMs,
  attributes: chat(100),
  ...more,
});
const ask = (
  uid: string,
  title: string,
  tenant: string | readonly string[],
  { chosen = {}, time = TIME }: { chosen?: Variables; time?: typeof TIME } = {},
): Promise<Row[]> => {
  const of = { tenant: [tenant].flat(), ...chosen };
  return askDashboard(ledger.store, [uid, title], { time, chosen: of });
};
const FLAME = 'Cost by span (billionths of a dollar)';
const traceOf = (span: number): string => (span + 1).toString(16).padStart(32, '0');

describe('a range that reaches into the future', () => {
  const time = { ...TIME, fromMs: NOW_MS - 2 * HOUR_MS, toMs: NOW_MS + 10 * HOUR_MS };
  // The engine's clock goes on while the tests run.
  const isShareOf = (whole: number, value: unknown): void => {
    expect(Number(value)).toBeLessThanOrEqual(whole * 1.000_001);
    expect(Number(value)).toBeGreaterThan(whole * 0.7);
  };

  test('has the pace of what of it is over, and is compared with as much', async () => {
    await ledger.send(
      [call(1, HOUR_MS), call(2, 3 * HOUR_MS, { attributes: chat(20) }), call(3, 8 * HOUR_MS)],
      'today',
    );
    const page = (uid: string, title: string) => ask(uid, title, 'today', { time });
    const [rate] = await page('aicost-spend', 'Run rate');
    isShareOf((CALL_USD * DAY_MS) / (2 * HOUR_MS), rate?.['A day']);
    // 20 tokens in and 10 out, three hours ago; the call of eight hours ago is not compared with.
    const [spend] = await page('aicost-spend', 'Spend');
    expect(spend?.['Spend']).toBe(CALL_USD);
    expect(spend?.['Change']).toBeCloseTo(CALL_USD / 0.00015 - 1, 9);
    const [hourly] = await page('aicost-live', 'Spend');
    isShareOf(CALL_USD / 2, hourly?.['An hour']);
    const [minutely] = await page('aicost-live', 'Calls');
    isShareOf(1 / 120, minutely?.['A minute']);
  });
});

describe('the forecast', () => {
  const now = new Date(NOW_MS);
  const monthMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
  const leftMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1) - NOW_MS;
  const forecast = async (tenant: string): Promise<Row | undefined> =>
    (await ask('aicost-spend', 'Forecast to month end', tenant))[0];
  const isOfMonth = (agoMs: number): boolean => NOW_MS - agoMs >= monthMs;

  test('goes by the time since the first call, where that is less than a week', async () => {
    const agoMs = 20 * HOUR_MS;
    await ledger.send([call(10, agoMs)], 'young');
    // The rollup knows the hour of the first call.
    const paceMs = NOW_MS - Math.floor((NOW_MS - agoMs) / HOUR_MS) * HOUR_MS;
    const soFar = isOfMonth(agoMs) ? CALL_USD : 0;
    const wanted = soFar + (CALL_USD / paceMs) * leftMs;
    expect(Number((await forecast('young'))?.['Forecast']) / wanted).toBeCloseTo(1, 1);
  });

  test('is what was spent, after a week without a call', async () => {
    const agoMs = 10 * DAY_MS;
    await ledger.send([call(11, agoMs)], 'silent');
    const soFar = isOfMonth(agoMs) ? CALL_USD : null;
    expect(await forecast('silent')).toEqual({ Forecast: soFar, 'So far': soFar });
  });

  test('is none while a twentieth of a week is not over', async () => {
    await ledger.send([call(12, 2 * HOUR_MS)], 'new');
    expect(await forecast('new')).toMatchObject({ Forecast: null });
  });
});

describe('a trace', () => {
  test('of one id in two tenants is two traces', async () => {
    for (const tenant of ['one', 'two']) await ledger.send([call(20, MINUTE_MS)], tenant);
    const chosen = { trace_id: traceOf(20) };
    const both = (title: string) => ask('aicost-trace', title, ['one', 'two'], { chosen });
    const [root] = await both(FLAME);
    expect(root).toMatchObject({ level: '0', value: String(2 * CALL_USD * 1e9) });
    const spans = await both('Spans');
    expect(spans.map((row) => [row['Tenant'], row['Calls'], row['Cost']])).toEqual([
      ['one', '1', CALL_USD],
      ['two', '1', CALL_USD],
    ]);
    expect(await both('Trace')).toHaveLength(1);
    const rows = await ask('aicost-trace', 'Costliest traces of the range', ['one', 'two']);
    expect(rows.map((row) => [row['Trace'], row['Tenant']])).toEqual([
      [chosen.trace_id, 'one'],
      [chosen.trace_id, 'two'],
    ]);
  });

  test('has a frame for less than a millionth of a dollar, and says only of no entry that there is none', async () => {
    // One token of 0.15 USD a million.
    const tiny = { ...chat(1, MINI), 'gen_ai.usage.output_tokens': 0 };
    await ledger.send([call(21, MINUTE_MS, { attributes: tiny })], 'tiny');
    await ledger.send([call(22, MINUTE_MS, { attributes: chat(10, OWN) })], 'tiny');
    const flame = async (span: number) => {
      const chosen = { trace_id: traceOf(span) };
      const rows = await ask('aicost-trace', FLAME, 'tiny', { chosen });
      return rows.map((row) => [row['label'], row['value']]);
    };
    expect(await flame(21)).toEqual([
      ['all', '150'],
      ['chat gpt-4o', '150'],
    ]);
    expect(await flame(22)).toEqual([['all', '0']]);
    expect(await flame(23)).toEqual([[expect.stringContaining('choose a trace'), '0']]);
  });

  test('tells what is too deep from what has no span', async () => {
    const chain = Array.from({ length: 66 }, (_, depth) => ({
      ...call(100 + depth, MINUTE_MS, { trace: 100 }),
      attributes: depth === 65 ? chat(100) : {},
      fields: {
        name: `step ${depth}`,
        ...(depth > 0 && { parentSpanId: (100 + depth).toString(16).padStart(16, '0') }),
      },
    }));
    await ledger.send(chain, 'deep');
    const rows = await ask('aicost-trace', FLAME, 'deep', { chosen: { trace_id: traceOf(100) } });
    expect(rows.map((row) => row['label'])).toEqual(['all', '(deeper)']);
  });
});

test('lists of requests follow the filters of their page', async () => {
  const featured = (feature: string) => ({
    attributes: { ...chat(100), 'aicost.feature': feature, 'gen_ai.agent.name': 'finder' },
  });
  await ledger.send(
    [
      call(30, MINUTE_MS, featured('search')),
      call(31, MINUTE_MS, { ...featured('chat'), trace: 31, fields: { status: { code: 2 } } }),
    ],
    'filtered',
  );
  const chosen = { feature: ['search'] };
  for (const [uid, title] of [
    ['aicost-agents', 'Costliest runs of agents'],
    ['aicost-users', 'Costliest requests'],
  ] as const) {
    const rows = await ask(uid, title, 'filtered', { chosen });
    expect(rows.map((row) => row['Trace'])).toEqual([traceOf(30)]);
  }
  const failed = 'Costliest traces with a failed call';
  expect(await ask('aicost-waste', failed, 'filtered', { chosen })).toEqual([]);
  expect(await ask('aicost-waste', failed, 'filtered')).toHaveLength(1);
});

test('a call is found by the feature that it inherits', async () => {
  const failed = {
    fields: { status: { code: 2 }, parentSpanId: (36).toString(16).padStart(16, '0') },
  };
  const prompt = JSON.stringify([
    {
      role: 'user',
      parts: [{ type: 'text', content: 'How long is a piece of string? '.repeat(40) }],
    },
  ]);
  await ledger.send(
    [
      call(35, MINUTE_MS, { trace: 35, attributes: { 'aicost.feature': 'search' } }),
      ...[36, 37].map((span) => ({
        ...call(span, (38 - span) * MINUTE_MS, { trace: 35, ...failed }),
        attributes: { ...chat(100), 'gen_ai.input.messages': prompt },
      })),
    ],
    'inheriting',
  );
  const chosen = { feature: ['search'] };
  const page = async (title: string) =>
    (await ask('aicost-waste', title, 'inheriting', { chosen }))[0];
  expect(await page('Failed calls')).toEqual({ Cost: 2 * CALL_USD, Calls: '2' });
  expect(await page('Failed and tried again')).toEqual({ Cost: CALL_USD, Calls: '1' });
  expect(await page('Prompts sent again')).toEqual({ Cost: CALL_USD, Calls: '1' });
  // Who told no user is none.
  const same = await ask('aicost-prompts', 'Prompts that are the same', 'inheriting', { chosen });
  expect(same).toMatchObject([{ Calls: '2', Users: '0', Spend: 2 * CALL_USD }]);
});

test('every link to a trace names its tenant', () => {
  const links = DASHBOARDS.flatMap(({ panels }) => panels)
    .flatMap(({ fieldConfig }) => fieldConfig?.overrides ?? [])
    .flatMap(({ properties }) => properties.filter(({ id }) => id === 'links'))
    .map(({ value }) => JSON.stringify(value))
    .filter((text) => text.includes('/d/aicost-trace?'));
  expect(links.length).toBeGreaterThan(5);
  for (const link of links) expect(link).toContain('var-tenant=');
});

test('a share of cached input is the same on every page, whatever was cached', async () => {
  const cached = {
    ...chat(100, { 'gen_ai.usage.cache_read.input_tokens': 60 }),
    'aicost.feature': 'talk',
    'gen_ai.prompt.name': 'hello',
  };
  await ledger.send([call(40, MINUTE_MS, { attributes: cached })], 'caching');
  // As audio that a cache gave: such calls come with audio input of realtime models.
  await ledger.store.command(
    `INSERT INTO aicost.landing (row_kind, entry_kind, entry_id, tenant, trace_id, span_id, start_time, recorded_at, model, feature, prompt, calls, in_cache_read_audio, cost_usd, writer_id, batch_seq)
    SELECT 'entry', 'charge', generateUUIDv4(), tenant, trace_id, 'audio', start_time, recorded_at, model, feature, prompt, 1, 100, 0.1, 'test', 1 FROM aicost.ledger WHERE tenant = 'caching'`,
  );
  const share = async (uid: string, title: string, field: string): Promise<number> =>
    Number((await ask(uid, title, 'caching'))[0]?.[field]);
  expect(await share('aicost-spend', 'Input from cache', 'Share')).toBe(0.8);
  expect(await share('aicost-waste', 'Input that no cache gave, by model', 'Share')).toBe(0.8);
  expect(await share('aicost-prompts', 'Prompts and their versions', 'Cached')).toBe(0.8);
});
