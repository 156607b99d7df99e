/** Every alert rule's query on the real engine: it gives alerts of labels and a number, and fires when it should. */
import { openTestLedger, type TestLedger } from '@ai-cost-profiler/collector/test-ledger.ts';
import { chat, type TestSpan } from '@ai-cost-profiler/collector/test-road.ts';
import type { AlertRule } from '@ai-cost-profiler/grafana/alerts/rule.ts';
import { ALERT_RULES } from '@ai-cost-profiler/grafana/alerts/rules.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askQuery } from './ask-panel.ts';
import { kindOf } from './frame-contract.ts';

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
  const { columns, rows } = await askQuery(ledger.store, rule.sql, { variables: {}, time });
  const kinds = columns.map(({ type }) => kindOf(type));
  expect(
    kinds.filter((kind) => kind === 'number'),
    rule.uid,
  ).toHaveLength(1);
  expect(
    kinds.filter((kind) => kind === 'text'),
    rule.uid,
  ).toHaveLength(kinds.length - 1);
  const { when, than } = rule.fires;
  const value = kinds.indexOf('number');
  const isBeyond = (row: readonly unknown[]): boolean =>
    row[value] !== null && (when === 'gt' ? Number(row[value]) > than : Number(row[value]) < than);
  return rows.filter(isBeyond).map((row) => row.filter((_, at) => at !== value).map(String));
}

async function firing(): Promise<Record<string, readonly (readonly string[])[]>> {
  const found: Record<string, readonly (readonly string[])[]> = {};
  for (const rule of ALERT_RULES) {
    const alerts = await alertsOf(rule);
    if (alerts.length > 0) found[rule.uid] = alerts;
  }
  return found;
}

const OWN = { 'gen_ai.request.model': 'our-own-7b', 'gen_ai.response.model': 'our-own-7b' };
const cached = (tokens: number) => ({ 'gen_ai.usage.cache_read.input_tokens': tokens });

test('nothing fires on an empty ledger', async () => {
  expect(await firing()).toEqual({});
});

test('no spans for hours, and none settled: who looks after it is told', async () => {
  ledger.clockMs = NOW_MS - 4 * HOUR_MS;
  await ledger.send([{ span: 1, startMs: ledger.clockMs, attributes: chat(100) }], 'quiet');
  await ledger.settle();
  expect(await firing()).toEqual({ 'aicost-stalled': [['quiet']], 'aicost-settle-behind': [[]] });
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
  await ledger.send([{ span: 1, startMs: NOW_MS, attributes: chat(100) }], 'quiet');
  await ledger.settle();
  expect(await firing()).toEqual({});
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
  await ledger.store.insertRows('alerts', [
    {
      tenant: 'careless',
      message_id: 'm',
      alert_id: 'a',
      budget_id: 'b',
      budget_name: 'team',
      event: 'fired',
      state: 'exceeded',
      reason: 'reached',
      amount_usd: '10',
      at: new Date(NOW_MS).toISOString(),
      recorded_at: new Date(NOW_MS).toISOString(),
    },
  ]);
  expect(await firing()).toEqual({
    'aicost-budget': [['careless', 'team', 'exceeded', '']],
    'aicost-spike': [['careless']],
    'aicost-runaway-trace': [['careless', (103).toString(16).padStart(32, '0')]],
    'aicost-runaway-session': [['careless', 'loop']],
    'aicost-unpriced': [['careless']],
    'aicost-error-waste': [['careless']],
    'aicost-cache-collapse': [['careless', 'gpt-4o-2024-08-06']],
  });
});
