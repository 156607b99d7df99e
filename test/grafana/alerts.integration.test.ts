/** Every alert rule's query on the real engine: it gives alerts of labels and a number, and fires when it should. */
import { openTestLedger, type TestLedger } from '@ai-cost-profiler/collector/test-ledger.ts';
import { chat, type TestSpan } from '@ai-cost-profiler/collector/test-road.ts';
import type { AlertRule } from '@ai-cost-profiler/grafana/alerts/rule.ts';
import { ALERT_RULES } from '@ai-cost-profiler/grafana/alerts/rules.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alertFaults, firing } from './alert-frames.ts';
import { askQuery } from './ask-panel.ts';

const NOW_MS = Date.now();
const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
});
afterAll(() => ledger.remove());

/** An alert: the texts of a row that is beyond the limit. */
async function alertsOf(rule: AlertRule): Promise<readonly (readonly string[])[]> {
  const time = { fromMs: NOW_MS - rule.windowSeconds * 1000, toMs: NOW_MS, intervalMs: MINUTE_MS };
  const frame = await askQuery(ledger.store, rule.sql, { variables: {}, time });
  expect(alertFaults(frame), rule.uid).toEqual([]);
  return firing(rule, frame);
}

async function allFiring(): Promise<Record<string, readonly (readonly string[])[]>> {
  const found: Record<string, readonly (readonly string[])[]> = {};
  for (const rule of ALERT_RULES) {
    const alerts = await alertsOf(rule);
    if (alerts.length > 0) found[rule.uid] = alerts;
  }
  return found;
}

const OWN = { 'gen_ai.request.model': 'our-own-7b', 'gen_ai.response.model': 'our-own-7b' };
const cached = (tokens: number) => ({ 'gen_ai.usage.cache_read.input_tokens': tokens });

/** As the collector notes that a budget of `careless` is in a state. */
function budgetTold(name: string, state: string): Promise<void> {
  const at = new Date(NOW_MS).toISOString();
  const ids = { tenant: 'careless', message_id: name, alert_id: name, budget_id: name };
  const told = { event: 'fired', state, reason: 'reached', amount_usd: '10' };
  return ledger.store.insertRows('alerts', [
    { ...ids, ...told, budget_name: name, at, recorded_at: at },
  ]);
}

test('nothing fires on an empty ledger', async () => {
  expect(await allFiring()).toEqual({});
});

test('no spans where there were some at this time before, and none settled: who looks after it is told', async () => {
  const sent = async (agoMs: number, tenant: string, span: number): Promise<void> => {
    ledger.clockMs = NOW_MS - agoMs;
    await ledger.send([{ span, startMs: ledger.clockMs, attributes: chat(100) }], tenant);
  };
  const halfHourBefore = 15 * MINUTE_MS;
  await sent(7 * DAY_MS + halfHourBefore, 'weekly', 1);
  await sent(4 * DAY_MS, 'weekly', 2);
  await sent(DAY_MS + halfHourBefore, 'young', 3);
  // It worked yesterday at this time, and not a week ago: today it rests as it did then.
  await sent(7 * DAY_MS + 5 * HOUR_MS, 'resting', 4);
  await sent(DAY_MS + halfHourBefore, 'resting', 5);
  await sent(4 * HOUR_MS, 'idle', 6);
  await ledger.settle();
  expect(await allFiring()).toEqual({
    'aicost-stalled': [['weekly'], ['young']],
    'aicost-settle-behind': [[]],
  });
});

test('settle that stopped long ago is not forgotten', () => {
  const settle = ALERT_RULES.find(({ uid }) => uid === 'aicost-settle-behind');
  expect(settle?.sql).not.toContain('$__');
  expect(settle?.noRow).toBe('Alerting');
});

test('a day like the one before fires nothing', async () => {
  ledger.clockMs = NOW_MS;
  const calls = [0.1, 0.2, 0.3, 1.5, 5, 168.1, 168.3].map(
    (hoursAgo, at): TestSpan => ({
      span: 10 + at,
      startMs: NOW_MS - Math.floor(hoursAgo * HOUR_MS),
      attributes: { ...chat(200_000, cached(150_000)), 'session.id': 's' },
    }),
  );
  await ledger.send(calls, 'steady');
  for (const tenant of ['weekly', 'young']) {
    await ledger.send([{ span: 10, startMs: NOW_MS, attributes: chat(100) }], tenant);
  }
  await ledger.settle();
  expect(await allFiring()).toEqual({});
});

test('each rule names whom it is about', async () => {
  const at = (minutesAgo: number): number => NOW_MS - minutesAgo * MINUTE_MS;
  await ledger.send(
    [
      { span: 100, startMs: NOW_MS - 7 * DAY_MS - 5 * MINUTE_MS, attributes: chat(1_000) },
      { span: 101, startMs: at(300), attributes: chat(200_000, cached(150_000)) },
      { span: 102, startMs: at(5), attributes: { ...chat(12_000_000), 'session.id': 'loop' } },
      { span: 103, startMs: at(4), attributes: chat(800_000), fields: { status: { code: 2 } } },
      ...Array.from({ length: 21 }, (_, index) => ({
        span: 200 + index,
        startMs: at(3),
        attributes: chat(10, OWN),
      })),
    ],
    'careless',
  );
  await budgetTold('team', 'exceeded');
  await budgetTold('lab', 'burning');
  await budgetTold('tests', 'warning');
  expect(await allFiring()).toEqual({
    'aicost-budget': [
      ['careless', 'lab', 'burning', ''],
      ['careless', 'team', 'exceeded', ''],
    ],
    'aicost-budget-warning': [['careless', 'tests', 'warning', '']],
    'aicost-spike': [['careless']],
    'aicost-runaway-trace': [['careless', (103).toString(16).padStart(32, '0')]],
    'aicost-runaway-session': [['careless', 'loop']],
    'aicost-unpriced': [['careless']],
    'aicost-error-waste': [['careless']],
    'aicost-cache-collapse': [['careless', 'gpt-4o-2024-08-06']],
  });
});

test('spending from nothing is a spike, and a tenant with many runaway traces silences no other', async () => {
  // 4,800,000 tokens cost 12 USD, 4,400,000 cost 11 USD.
  const traces = (from: number, count: number, tokens: number): TestSpan[] =>
    Array.from({ length: count }, (_, index) => ({
      span: from + index,
      startMs: NOW_MS - 6 * MINUTE_MS,
      attributes: chat(tokens),
    }));
  await ledger.send(traces(300, 12, 4_800_000), 'noisy');
  await ledger.send(traces(400, 1, 4_400_000), 'other');
  const fired = await allFiring();
  expect(fired['aicost-spike']).toEqual([['careless'], ['noisy'], ['other']]);
  const of = (fired['aicost-runaway-trace'] ?? []).map(([tenant]) => tenant);
  expect(of.filter((tenant) => tenant === 'noisy')).toHaveLength(10);
  expect(of).toContain('other');
});

test('a call that failed at first and then did not is no waste', async () => {
  const dear = { span: 500, startMs: NOW_MS - 6 * MINUTE_MS, attributes: chat(800_000) };
  await ledger.send([{ ...dear, fields: { status: { code: 2 } } }], 'mended');
  expect((await allFiring())['aicost-error-waste']).toContainEqual(['mended']);
  ledger.clockMs += 1;
  await ledger.send([dear], 'mended');
  expect((await allFiring())['aicost-error-waste']).not.toContainEqual(['mended']);
});
