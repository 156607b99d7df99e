/** What a period spent that nobody looked at before it ended: on the real engine, with a clock that the test sets. */
import { answerAlerts, readAlertsInput } from '@ai-cost-profiler/queries/alerts/alerts.ts';
import { BUDGET_BODY, type Budget } from '@ai-cost-profiler/queries/budgets/definition.ts';
import { createCursors } from '@ai-cost-profiler/queries/cursor.ts';
import { instantOfMs } from '@ai-cost-profiler/queries/parameters.ts';
import {
  type EmbeddedLedger,
  openEmbeddedLedger,
} from '@ai-cost-profiler/queries/testing/embedded-ledger.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DeletionFence } from '../deletion-fence.ts';
import { evaluateBudgets } from './evaluate-budgets.ts';
import { LastLooks } from './last-looks.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.parse('2026-08-10T12:00:00Z');
const BUDGET: Budget = {
  ...BUDGET_BODY.parse({
    ...{ name: 'day', amount_usd: '100', basis: 'all', burn_rules: [] },
    window: { kind: 'calendar', unit: 'day' },
  }),
  ...{ id: 'bud_1', tenant: 'acme', version: 1n },
};

let ledger: EmbeddedLedger;
let budgets = [BUDGET];
let lastLooks = new LastLooks();
let nowMs = START_MS;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
});
afterAll(() => ledger.close());
beforeEach(async () => {
  await ledger.clear();
  await ledger.store.command('TRUNCATE TABLE aicost.alerts');
  [budgets, lastLooks, nowMs] = [[BUDGET], new LastLooks(), START_MS];
});

const spend = (cost: string) =>
  ledger.insert([
    { tenant: 'acme', at: instantOfMs(nowMs - 1), figures: { calls: '1', cost_usd: cost } },
  ]);

/** A minute passes, and the budgets are looked at. */
async function look(): Promise<string[]> {
  nowMs += 60_000;
  const told: string[] = [];
  await evaluateBudgets(
    {
      store: ledger.store,
      budgets: { inForce: () => budgets, tenants: () => ['acme'] },
      isOwner: () => true,
      fence: new DeletionFence(),
      lastLooks,
      idSecretOf: (tenant) => Buffer.from(tenant),
      publishAlert: (_tenant, { state, event }) => told.push(`${state} ${event}`),
      nowMs: () => nowMs,
      onEvaluated: () => undefined,
    },
    new AbortController().signal,
  );
  return told;
}

const listed = () =>
  answerAlerts(
    ledger.store,
    { tenant: 'acme', operator: false },
    readAlertsInput(new URLSearchParams(), {
      cursors: createCursors(() => Buffer.from('a secret of alerts')),
      tenant: 'acme',
      nowNs: instantOfMs(nowMs + 1),
    }),
  );

describe('an alert of a period that has ended', () => {
  const NIGHT_MS = Date.parse('2026-08-11T00:00:00Z');
  const mark = (time: string) =>
    ledger.settledThrough(instantOfMs(Date.parse(time)), instantOfMs(Date.parse(time)));

  test('tells what the last minute of it spent, once', async () => {
    await spend('70');
    nowMs = NIGHT_MS - 90_000;
    expect(await look()).toEqual([]);
    nowMs = NIGHT_MS;
    await spend('20');
    expect(await look()).toEqual(['warning fired', 'warning resolved']);
    const rows = (await listed()).rows.map(({ reason, spent_usd, at, period_to }) => ({
      reason,
      spent_usd,
      at,
      period_to,
    }));
    const period_to = '2026-08-11T00:00:00Z';
    expect(rows).toEqual([
      { reason: 'period_ended', spent_usd: null, at: '2026-08-11T00:01:00Z', period_to },
      { reason: 'reached', spent_usd: '90', at: period_to, period_to },
    ]);
    // Who takes over knows of no look, but of what was told.
    await mark('2026-08-10T23:50:00Z');
    lastLooks = new LastLooks();
    expect(await look()).toEqual([]);
  });

  test('tells what it spent while nobody looked, though it was over when somebody did again', async () => {
    await mark('2026-08-10T12:00:00Z');
    await spend('110');
    nowMs = NIGHT_MS + 50 * HOUR_MS;
    const fired = ['exceeded fired', 'exceeded resolved', 'warning fired', 'warning resolved'];
    expect((await look()).sort()).toEqual(fired);
    expect(await look()).toEqual([]);
  });

  test('says nothing of a period before there was the budget', async () => {
    await mark('2026-08-10T12:00:00Z');
    const later = budgets;
    budgets = [];
    await spend('110');
    nowMs = NIGHT_MS;
    expect(await look()).toEqual([]);
    budgets = later;
    expect(await look()).toEqual([]);
  });
});
